// What guessing tokens gains (engine/ngram_proposer.h), as tables for docs/performance.md.
//   bench_speculation MODEL.gguf TOKENIZER TASKS.jsonl [THREADS [ROUNDS]]
// TASKS.jsonl has lines {"kind", "prompt", "answer"}, as benchmarks/extraction_tasks.py makes them.
// The answers are forced: whatever MODEL's weights are, every token costs the passes of its shapes,
// and a guess is right where a model that writes the answer would have written it. TOKENIZER, as
// `ganglion debug tokens --model` takes it, cuts the texts, for models whose own vocabulary is made
// up; it must have no more tokens than the model.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/file.h"
#include "engine/generation.h"
#include "evaluation/engine_benchmark.h"
#include "models/load_tokenizer.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr size_t kRows[] = {1, 2, 3, 4, 6, 8, 12, 16};  // of a pass
constexpr size_t kPasses = 5;
constexpr size_t kDepth = 200;    // tokens in front of them
constexpr float kCertain = 1e9F;  // a logit

struct Task {
  std::string kind;
  std::vector<int32_t> prompt;
  std::vector<int32_t> answer;  // with the token that ends it
};

// Another session, but that its logits want what the answer goes on with.
class ForcedSession final : public Session {
 public:
  ForcedSession(std::unique_ptr<Session> session, const Task& task)
      : session_(std::move(session)), task_(task) {}

  size_t num_passes() const { return num_passes_; }  // whose logits were wanted for every token

  size_t length() const override { return session_->length(); }
  size_t capacity() const override { return session_->capacity(); }
  Status append(std::span<const int32_t> tokens, LogitRows rows,
                std::vector<float>& logits) override {
    GANGLION_TRY(session_->append(tokens, rows, logits));
    if (rows == LogitRows::kNone) return {};
    const size_t num_rows = rows == LogitRows::kAll ? tokens.size() : 1;
    if (rows == LogitRows::kAll) ++num_passes_;
    const size_t row_size = logits.size() / num_rows;
    const size_t num_written = length() + 1 - num_rows - task_.prompt.size();
    for (size_t i = 0; i < num_rows && num_written + i < task_.answer.size(); ++i) {
      logits[i * row_size + static_cast<size_t>(task_.answer[num_written + i])] = kCertain;
    }
    return {};
  }
  Status look_ahead(const TokenTree& tree, std::span<const TreeLogit> wanted,
                    std::vector<float>& logits) override {
    return session_->look_ahead(tree, wanted, logits);
  }
  void truncate(size_t length) override { session_->truncate(length); }
  Status drop(size_t begin, size_t end) override { return session_->drop(begin, end); }
  std::unique_ptr<Session> fork() override {
    return std::make_unique<ForcedSession>(session_->fork(), task_);
  }
  size_t reuse(std::span<const int32_t> tokens) override { return session_->reuse(tokens); }

 private:
  std::unique_ptr<Session> session_;
  const Task& task_;
  size_t num_passes_ = 0;
};

// Of the tasks of a kind.
struct Counts {
  size_t num_tasks = 0;
  size_t num_tokens = 0;
  size_t num_passes = 0;
  size_t num_proposed = 0;
  size_t num_accepted = 0;
  std::vector<double> plain_s;  // of each round
  std::vector<double> guessed_s;

  void add(const Counts& other) {
    num_tasks += other.num_tasks;
    num_tokens += other.num_tokens;
    num_passes += other.num_passes;
    num_proposed += other.num_proposed;
    num_accepted += other.num_accepted;
    for (size_t i = 0; i < plain_s.size(); ++i) {
      plain_s[i] += other.plain_s[i];
      guessed_s[i] += other.guessed_s[i];
    }
  }
};

// The line's texts as the model's tokens: cut together, as a model learned from such.
Result<Task> read_task(const json::value& line, const Tokenizer& tokenizer,
                       const Tokenizer& of_model) {
  if (!line.is_object()) return fail(ErrorCode::kMalformed, "expected an object");
  const json::object& object = line.get_object();
  GANGLION_ASSIGN(const std::string_view kind, json_string(object, "kind"));
  GANGLION_ASSIGN(const std::string_view prompt, json_string(object, "prompt"));
  GANGLION_ASSIGN(const std::string_view answer, json_string(object, "answer"));
  std::vector<int32_t> alone;
  std::vector<int32_t> whole;
  tokenizer.encode(prompt, {}, alone);
  tokenizer.encode(std::string(prompt).append(answer), {}, whole);
  const auto cut = std::mismatch(alone.begin(), alone.end(), whole.begin(), whole.end()).second;
  if (cut == whole.begin()) return fail(ErrorCode::kMalformed, "the prompt has no tokens");
  Task task = {std::string(kind), {whole.begin(), cut}, {cut, whole.end()}};
  task.answer.push_back(of_model.special_tokens().end);
  return task;
}

Result<std::vector<Task>> read_tasks(const std::filesystem::path& path, const Tokenizer& tokenizer,
                                     const Tokenizer& of_model) {
  std::vector<Task> tasks;
  GANGLION_ASSIGN(const std::string bytes, read_file(path));
  std::string_view rest = bytes;
  for (uint64_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    GANGLION_ASSIGN(const json::value line,
                    parse_json_line(rest.substr(0, end), path.string(), number));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    Result<Task> task = read_task(line, tokenizer, of_model);
    if (!task.ok()) return at_place(fmt::format("{}:{}", path.string(), number), task.error());
    tasks.push_back(*std::move(task));
  }
  return tasks;
}

// Seconds of writing the answer.
Result<double> write_answer(const LanguageModel& model, const Task& task, size_t num_proposed,
                            Counts& counts) {
  GANGLION_ASSIGN(std::unique_ptr<Session> inner, model.start({}));
  ForcedSession session(std::move(inner), task);
  GenerationOptions options;
  options.sampling.temperature = 0;
  options.max_proposed_tokens = num_proposed;
  GANGLION_ASSIGN(const GeneratedText text, generate(model, session, task.prompt, options));
  if (text.tokens.size() + 1 != task.answer.size()) {
    return fail(ErrorCode::kConflict, "{} tokens were written instead of {}", text.tokens.size(),
                task.answer.size() - 1);
  }
  if (num_proposed > 0) {
    counts.num_passes += session.num_passes();
    counts.num_proposed += text.timings.num_proposed_tokens;
    counts.num_accepted += text.timings.num_accepted_tokens;
  }
  return static_cast<double>(text.timings.generation_ns) * 1e-9;
}

Status measure_round(const LanguageModel& model, std::span<const Task> tasks,
                     std::map<std::string, Counts>& kinds) {
  for (auto& [kind, counts] : kinds) {
    counts.plain_s.push_back(0);
    counts.guessed_s.push_back(0);
  }
  for (size_t i = 0; i < tasks.size(); ++i) {
    Counts& counts = kinds[tasks[i].kind];
    for (const bool guesses : {i % 2 == 0, i % 2 == 1}) {
      const size_t num_proposed = guesses ? GenerationOptions().max_proposed_tokens : 0;
      GANGLION_ASSIGN(const double seconds, write_answer(model, tasks[i], num_proposed, counts));
      (guesses ? counts.guessed_s : counts.plain_s).back() += seconds;
    }
    counts.num_tokens += tasks[i].answer.size();
  }
  return {};
}

void print_counts(const std::string& name, const Counts& counts) {
  const size_t num_rounds = counts.plain_s.size();
  const double num_tokens =
      static_cast<double>(counts.num_tokens) / static_cast<double>(num_rounds);
  std::vector<double> ratios;
  for (size_t i = 0; i < num_rounds; ++i) {
    ratios.push_back(counts.plain_s[i] / counts.guessed_s[i]);
  }
  const Spread ratio = spread_of(ratios);
  fmt::print("| {} | {} | {:.0f} | {:.1f} | {:.1f} | {:.2f} {:.2f} {:.2f} | {:.0f} % | {:.2f} |\n",
             name, counts.num_tasks, num_tokens, num_tokens / spread_of(counts.plain_s).median,
             num_tokens / spread_of(counts.guessed_s).median, ratio.min, ratio.median, ratio.max,
             100.0 * static_cast<double>(counts.num_accepted) /
                 static_cast<double>(std::max<size_t>(counts.num_proposed, 1)),
             static_cast<double>(counts.num_tokens) / static_cast<double>(counts.num_passes));
}

Status measure_tasks(const LanguageModel& model, std::span<const Task> tasks, size_t num_rounds) {
  std::map<std::string, Counts> kinds;
  for (const Task& task : tasks) ++kinds[task.kind].num_tasks;
  for (size_t round = 0; round < num_rounds; ++round) {
    GANGLION_TRY(measure_round(model, tasks, kinds));
  }
  fmt::print(
      "| answers | tasks | tokens | tokens/s one by one | guessing | ratio | accepted | tokens a "
      "pass |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  Counts all;
  all.plain_s.resize(num_rounds);
  all.guessed_s.resize(num_rounds);
  for (const auto& [kind, counts] : kinds) {
    print_counts(kind, counts);
    all.add(counts);
  }
  if (kinds.size() > 1) print_counts("together", all);
  return {};
}

// Medians of passes of several tokens, all with logits, in turn.
Status measure_passes(const LanguageModel& model) {
  GANGLION_ASSIGN(const auto session, model.start({}));
  std::vector<float> logits;
  GANGLION_TRY(session->append(std::vector<int32_t>(kDepth, 5), LogitRows::kNone, logits));
  std::map<size_t, std::vector<double>> seconds;
  for (size_t pass = 0; pass < kPasses + 1; ++pass) {
    for (const size_t rows : kRows) {
      const int64_t start_ns = system_clock().steady_ns();
      GANGLION_TRY(session->append(std::vector<int32_t>(rows, 7), LogitRows::kAll, logits));
      if (pass > 0) {
        seconds[rows].push_back(static_cast<double>(system_clock().steady_ns() - start_ns) * 1e-9);
      }
      session->truncate(kDepth);
    }
  }
  fmt::print("| tokens of a pass | ms | passes of one |\n| ---: | ---: | ---: |\n");
  const double one = spread_of(seconds[1]).median;
  for (const auto& [rows, times] : seconds) {
    const double median = spread_of(times).median;
    fmt::print("| {} | {:.1f} | {:.2f} |\n", rows, 1e3 * median, median / one);
  }
  fmt::print("\n");
  return {};
}

Status run(int argc, char** argv) {
  LanguageModelOptions options;
  if (argc > 4) options.num_threads = static_cast<size_t>(std::atoi(argv[4]));
  const size_t num_rounds =
      argc > 5 ? std::max<size_t>(1, static_cast<size_t>(std::atoi(argv[5]))) : 3;
  GANGLION_ASSIGN(const auto model, load_language_model(argv[1], options));
  if (model->tokenizer() == nullptr ||
      model->tokenizer()->special_tokens().end == SpecialTokens::kNone) {
    return fail(ErrorCode::kUnsupported, "{}: no vocabulary with a token that ends texts", argv[1]);
  }
  GANGLION_ASSIGN(const auto tokenizer, load_tokenizer(argv[2]));
  if (tokenizer->vocabulary_size() > model->tokenizer()->vocabulary_size()) {
    return fail(ErrorCode::kConflict, "the tokenizer has more tokens than the model");
  }
  GANGLION_ASSIGN(const std::vector<Task> tasks,
                  read_tasks(argv[3], *tokenizer, *model->tokenizer()));
  GANGLION_TRY(measure_passes(*model));
  return measure_tasks(*model, tasks, num_rounds);
}

}  // namespace
}  // namespace ganglion

int main(int argc, char** argv) {
  if (argc < 4 || argc > 6) {
    fmt::print(stderr, "usage: {} MODEL.gguf TOKENIZER TASKS.jsonl [THREADS [ROUNDS]]\n", argv[0]);
    return 2;
  }
  const ganglion::Status status = ganglion::run(argc, argv);
  if (!status.ok()) fmt::print(stderr, "error: {}\n", status.error().message);
  return status.ok() ? 0 : 1;
}
