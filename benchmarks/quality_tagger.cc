// Slot F1 of the trained tagger on SNIPS and restaurant8k: exact spans, test sets.
//   bench_quality_tagger        ($GANGLION_DATA, default ../shared/data)
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/test_paths.h"
#include "text/json.h"
#include "text/utf8.h"
#include "training/tagger.h"
#include "training/tagger_score.h"

namespace ganglion {
namespace {

// The next word of a line at `offset`, which moves past it; empty at the line's end.
std::string_view next_word(std::string_view bytes, size_t& offset) {
  while (offset < bytes.size() && bytes[offset] == ' ') ++offset;
  const size_t end = std::min(bytes.find_first_of(" \n", offset), bytes.size());
  const std::string_view word = bytes.substr(offset, end - offset);
  offset = end;
  return word;
}

// seq.in holds words, seq.out their tags, a sentence a line: joined into CoNLL.
Result<std::vector<TaggedText>> load_snips(const std::filesystem::path& folder) {
  GANGLION_ASSIGN(const std::string words, read_file(folder / "seq.in"));
  GANGLION_ASSIGN(const std::string tags, read_file(folder / "seq.out"));
  std::string conll;
  size_t w = 0;
  size_t t = 0;
  for (; w < words.size() && t < tags.size(); ++w, ++t) {
    while (true) {
      const std::string_view word = next_word(words, w);
      const std::string_view tag = next_word(tags, t);
      if (word.empty() && tag.empty()) break;
      conll += fmt::format("{}\t{}\n", word, tag);
    }
    conll += '\n';
  }
  return parse_conll(conll, folder.string());
}

Result<TaggedText> restaurant_text(const json::object& row) {
  TaggedText out;
  GANGLION_ASSIGN(const json::object* input, json_object(row, "userInput"));
  GANGLION_ASSIGN(out.text, json_string(*input, "text"));
  const CodePointIndex positions(out.text);
  if (const auto context = json_object(row, "context"); context.ok()) {
    if (const auto slots = json_array(**context, "requestedSlots"); slots.ok()) {
      for (const json::value& slot : **slots) out.context.emplace_back(slot.as_string());
    }
  }
  if (!row.contains("labels")) return out;
  for (const json::value& label : row.at("labels").as_array()) {
    const json::object& span = label.at("valueSpan").as_object();
    const auto offset = [&](std::string_view key) {  // zero is left out of the file
      return span.contains(key) ? static_cast<size_t>(span.at(key).as_int64()) : 0;
    };
    out.spans.push_back({positions.byte_at(offset("startIndex")),
                         positions.byte_at(offset("endIndex")),
                         std::string(label.at("slot").as_string())});
  }
  return out;
}

Result<std::vector<TaggedText>> load_restaurant(const std::filesystem::path& file) {
  GANGLION_ASSIGN(const std::string bytes, read_file(file));
  GANGLION_ASSIGN(const json::value rows, parse_json(bytes, file.string()));
  std::vector<TaggedText> texts;
  for (const json::value& row : rows.as_array()) {
    GANGLION_ASSIGN(TaggedText text, restaurant_text(row.as_object()));
    texts.push_back(std::move(text));
  }
  return texts;
}

double median_us(const TaggerModel& model, std::span<const TaggedText> texts) {
  std::vector<double> times;
  for (const TaggedText& text : texts) {
    const auto start = std::chrono::steady_clock::now();
    const auto spans = model.tag(text.text, text.context);
    const auto stop = std::chrono::steady_clock::now();
    times.push_back(std::chrono::duration<double, std::micro>(stop - start).count());
  }
  std::nth_element(times.begin(), times.begin() + static_cast<std::ptrdiff_t>(times.size() / 2),
                   times.end());
  return times[times.size() / 2];
}

Status report(std::string_view name, const Result<std::vector<TaggedText>>& train,
              const Result<std::vector<TaggedText>>& test) {
  if (!train.ok()) return train.error();
  if (!test.ok()) return test.error();
  SilentProgress progress;
  const auto start = std::chrono::steady_clock::now();
  GANGLION_ASSIGN(const TaggerModel model, train_tagger(*train, {}, progress));
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  const TaggerScore score = score_tagger(model, *test);
  fmt::print("| {} | {} | {} | {:.4f} | {:.4f} | {:.4f} | {:.0f} | {:.0f} |\n", name, train->size(),
             test->size(), score.all.precision(), score.all.recall(), score.all.f1(), seconds,
             median_us(model, *test));
  return {};
}

int run() {
  const auto snips = shared_data_path("intent/snips");
  const auto restaurant = shared_data_path("extraction/restaurant8k");
  if (!snips || !restaurant) {
    fmt::print(stderr, "intent/snips or extraction/restaurant8k is not below $GANGLION_DATA\n");
    return 1;
  }
  fmt::print("| set | train | test | precision | recall | slot F1 | training s | p50 µs |\n");
  fmt::print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  for (const Status& status :
       {report("SNIPS", load_snips(*snips / "train"), load_snips(*snips / "test")),
        report("restaurant8k", load_restaurant(*restaurant / "train_0.json"),
               load_restaurant(*restaurant / "test.json"))}) {
    if (status.ok()) continue;
    fmt::print(stderr, "error: {}\n", status.error().message);
    return 1;
  }
  return 0;
}

}  // namespace
}  // namespace ganglion

int main() { return ganglion::run(); }
