// What sessions of one model save by sharing, as a table for docs/performance.md.
//   bench_shared_sessions MODEL.gguf [THREADS]
// Times are the processor's, of all threads: other programs on the machine do not count.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <ctime>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "base/rng.h"
#include "engine/label_scores.h"
#include "engine/language_model.h"

namespace ganglion {
namespace {

constexpr size_t kPrefix = 2000;  // tokens
constexpr size_t kNewTokens = 50;
constexpr size_t kBranches = 16;
constexpr size_t kLabels = 20;
constexpr size_t kLabelPrompt = 300;
constexpr size_t kStreams = 8;
constexpr size_t kSteps = 16;

std::vector<int32_t> random_tokens(const LanguageModel& model, size_t count, uint64_t seed) {
  Rng rng(seed);
  std::vector<int32_t> tokens(count);
  for (int32_t& token : tokens) {
    token = static_cast<int32_t>(rng.below(model.description().vocabulary_size));
  }
  return tokens;
}

double seconds_of(const std::function<Status()>& body, Status& status) {
  const std::clock_t start = std::clock();
  status = body();
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// Reads what is not known of `tokens`.
Status read(Session& session, std::span<const int32_t> tokens) {
  std::vector<float> logits;
  const size_t known = session.reuse(tokens.first(tokens.size() - 1));
  return session.append(tokens.subspan(known), LogitRows::kLast, logits);
}

Status measure_prefix(const LanguageModel& model) {
  std::vector<int32_t> tokens = random_tokens(model, kPrefix + kNewTokens, 1);
  GANGLION_ASSIGN(const auto first, model.start({}));
  GANGLION_ASSIGN(const auto second, model.start({}));
  Status status;
  const double cold = seconds_of([&] { return read(*first, tokens); }, status);
  if (!status.ok()) return status;
  const std::vector<int32_t> end = random_tokens(model, kNewTokens, 2);
  std::copy(end.begin(), end.end(), tokens.begin() + kPrefix);
  const double warm = seconds_of([&] { return read(*second, tokens); }, status);
  if (!status.ok()) return status;
  fmt::print("| first token, {} tokens known and {} new | {:.3f} s, cold {:.3f} s | 1/{:.1f} |\n",
             kPrefix, kNewTokens, warm, cold, cold / warm);
  return {};
}

Status measure_branches(const LanguageModel& model) {
  GANGLION_ASSIGN(const auto trunk, model.start({}));
  const uint64_t before = model.cache_bytes();
  GANGLION_TRY(read(*trunk, random_tokens(model, kPrefix, 3)));
  const uint64_t one = model.cache_bytes() - before;
  std::vector<std::unique_ptr<Session>> branches;
  std::vector<float> logits;
  for (size_t i = 0; i < kBranches; ++i) {
    branches.push_back(trunk->fork());
    GANGLION_TRY(branches.back()->append(random_tokens(model, 1, i), LogitRows::kNone, logits));
  }
  const uint64_t all = model.cache_bytes() - before;
  fmt::print("| {} branches of {} tokens, one token each | {:.1f} MiB, one {:.1f} MiB | {:.2f} |\n",
             kBranches, kPrefix, static_cast<double>(all) / (1 << 20),
             static_cast<double>(one) / (1 << 20),
             static_cast<double>(all) / static_cast<double>(one));
  return {};
}

// Labels of three tokens, half of which begin as another does.
Status measure_labels(const LanguageModel& model) {
  std::vector<std::vector<int32_t>> labels;
  for (size_t i = 0; i < kLabels; ++i) {
    labels.push_back(random_tokens(model, 3, 100 + i));
    if (i % 2 == 1) labels[i][0] = labels[i - 1][0];
  }
  GANGLION_ASSIGN(const auto session, model.start({}));
  Status status;
  const std::vector<int32_t> prompt = random_tokens(model, kLabelPrompt, 4);
  const double alone = seconds_of([&] { return read(*session, prompt); }, status);
  if (!status.ok()) return status;
  const auto score = [&]() -> Status {
    GANGLION_TRY(score_labels(*session, labels));
    return {};
  };
  const double scoring = seconds_of(score, status);
  if (!status.ok()) return status;
  fmt::print(
      "| {} labels behind a prompt of {} tokens | {:.3f} s, the prompt {:.3f} s | {:.2f} |\n",
      kLabels, kLabelPrompt, alone + scoring, alone, (alone + scoring) / alone);
  return {};
}

Status measure_streams(const LanguageModel& model) {
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<std::vector<float>> logits(kStreams);
  for (size_t i = 0; i < kStreams; ++i) {
    GANGLION_ASSIGN(auto session, model.start({}));
    GANGLION_TRY(read(*session, random_tokens(model, 20, 10 + i)));
    sessions.push_back(std::move(session));
  }
  const std::vector<int32_t> token = {1};
  const auto steps_of = [&](size_t num_sessions) -> Status {
    for (size_t step = 0; step < kSteps; ++step) {
      std::vector<SessionStep> steps;
      for (size_t i = 0; i < num_sessions; ++i) {
        steps.push_back({sessions[i].get(), token, LogitRows::kLast, &logits[i]});
      }
      GANGLION_TRY(model.append_all(steps));
    }
    return {};
  };
  Status status;
  const double one = seconds_of([&] { return steps_of(1); }, status);
  if (!status.ok()) return status;
  const double all = seconds_of([&] { return steps_of(kStreams); }, status);
  if (!status.ok()) return status;
  fmt::print(
      "| {} streams together, {} tokens each | {:.3f} s, one stream {:.3f} s | {:.2f} times "
      "its tokens/s |\n",
      kStreams, kSteps, all, one, kStreams * one / all);
  return {};
}

Status run(int argc, char** argv) {
  LanguageModelOptions options;
  if (argc > 2) options.num_threads = static_cast<size_t>(std::atoi(argv[2]));
  GANGLION_ASSIGN(const auto model, load_language_model(argv[1], options));
  fmt::print("| {} | processor time or memory | ratio |\n| --- | --- | --- |\n",
             model->description().name);
  GANGLION_TRY(measure_prefix(*model));
  GANGLION_TRY(measure_branches(*model));
  GANGLION_TRY(measure_labels(*model));
  return measure_streams(*model);
}

}  // namespace
}  // namespace ganglion

int main(int argc, char** argv) {
  if (argc < 2 || argc > 3) {
    fmt::print(stderr, "usage: {} MODEL.gguf [THREADS]\n", argv[0]);
    return 2;
  }
  const ganglion::Status status = ganglion::run(argc, argv);
  if (!status.ok()) fmt::print(stderr, "error: {}\n", status.error().message);
  return status.ok() ? 0 : 1;
}
