// Precision and recall of redaction.
//
//   bench_quality_redaction [--texts N] [--seed S] [--errors N]
//
// Part 1: texts written from benchmarks/redaction/evaluation.txt, with valid values of every
// checked type in several languages and ways of writing, and decoys. Part 2: the Presidio sample in
// $GANGLION_DATA (names and addresses only), when it is there. Run from the repository root.
#include <fmt/core.h>

#include <cstdlib>
#include <ctime>
#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/test_paths.h"
#include "guard/default_redactor.h"
#include "guard/pii_type.h"
#include "guard/redactor.h"
#include "guard/synthetic/text_grammar.h"
#include "text/json.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

struct Counts {
  uint64_t right = 0;
  uint64_t wrong = 0;
  uint64_t missed = 0;

  double precision() const { return ratio(right, right + wrong); }
  double recall() const { return ratio(right, right + missed); }
  static double ratio(uint64_t part, uint64_t whole) {
    return whole == 0 ? 1.0 : static_cast<double>(part) / static_cast<double>(whole);
  }
};

struct Options {
  size_t num_texts = 10000;
  uint64_t seed = 20261120;
  size_t num_errors = 0;  // shown
};

template <typename T>
T or_exit(Result<T> result) {
  if (!result.ok()) {
    fmt::print(stderr, "error: {}\n", result.error().message);
    std::exit(1);
  }
  return std::move(result).value();
}

// One opening, at most one other sentence, the sentence that counts, a closing.
AnnotatedText compose(const TextGrammar& grammar, std::string_view symbol, Rng& rng) {
  AnnotatedText text;
  const auto append = [&](std::string_view part) {
    const AnnotatedText piece = grammar.write(part, rng);
    const size_t shift = text.text.size();
    text.text += piece.text;
    for (LabelledValue value : piece.values) {
      text.values.push_back({value.type, value.begin + shift, value.end + shift});
    }
  };
  if (rng.below(2) == 0) {
    append("opening");
    text.text += rng.below(2) == 0 ? "\n\n" : " ";
  }
  if (rng.below(3) == 0) {
    append("noise");
    text.text += " ";
  }
  append(symbol);
  if (rng.below(2) == 0) {
    text.text += rng.below(2) == 0 ? "\n" : " ";
    append("closing");
  }
  return text;
}

class Evaluation {
 public:
  Evaluation(const Redactor& redactor, size_t num_errors)
      : redactor_(redactor), errors_left_(num_errors) {}

  void add(const AnnotatedText& labelled) {
    const std::clock_t start = std::clock();
    const Redaction redaction = or_exit(redactor_.redact(labelled.text, nullptr));
    seconds_ += static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;  // processor time
    bytes_ += labelled.text.size();
    const CodePointIndex index(labelled.text);
    std::vector<bool> used(labelled.values.size());
    for (const RedactedSpan& span : redaction.spans) {
      bool right = false;
      for (size_t i = 0; i < used.size() && !right; ++i) {
        const LabelledValue& value = labelled.values[i];
        right = !used[i] && value.type == span.type &&
                index.code_point_at(value.begin) == span.start &&
                index.code_point_at(value.end) == span.end;
        used[i] = used[i] || right;
      }
      Counts& counts = counts_[span.type];
      ++(right ? counts.right : counts.wrong);
      if (!right) show("wrong", span.type, labelled.text, redaction.text);
    }
    for (size_t i = 0; i < used.size(); ++i) {
      if (used[i]) continue;
      ++counts_[labelled.values[i].type].missed;
      show("missed", labelled.values[i].type, labelled.text, redaction.text);
    }
  }

  // Returns whether every checked type has P and R of at least 0.99.
  bool print(size_t num_texts) const {
    bool kept = true;
    Counts checked;
    fmt::print(
        "| type | values | wrong | precision | recall |\n"
        "| --- | ---: | ---: | ---: | ---: |\n");
    for (const auto& [type, counts] : counts_) {
      fmt::print("| {} | {} | {} | {:.4f} | {:.4f} |\n", pii_type_name(type),
                 counts.right + counts.missed, counts.wrong, counts.precision(), counts.recall());
      if (!has_checksum(type)) continue;
      kept = kept && counts.precision() >= 0.99 && counts.recall() >= 0.99;
      checked.right += counts.right;
      checked.wrong += counts.wrong;
      checked.missed += counts.missed;
    }
    fmt::print("| all with a check digit | {} | {} | {:.4f} | {:.4f} |\n\n",
               checked.right + checked.missed, checked.wrong, checked.precision(),
               checked.recall());
    fmt::print("{} texts, {:.1f} us a text, {:.1f} us a KB\n", num_texts,
               1e6 * seconds_ / static_cast<double>(num_texts),
               1e6 * seconds_ / (static_cast<double>(bytes_) / 1024));
    return kept;
  }

 private:
  void show(std::string_view what, PiiType type, std::string_view text, std::string_view redacted) {
    if (errors_left_ == 0) return;
    --errors_left_;
    fmt::print("{} {}:\n  {}\n  {}\n", what, pii_type_name(type), text, redacted);
  }

  const Redactor& redactor_;
  size_t errors_left_;
  std::map<PiiType, Counts> counts_;
  double seconds_ = 0;
  uint64_t bytes_ = 0;
};

bool evaluate_generated(const Redactor& redactor, const Options& options) {
  const std::string file = "benchmarks/redaction/evaluation.txt";
  const std::string source = or_exit(read_file(file));
  const TextGrammar grammar = or_exit(TextGrammar::parse(source, file));
  std::vector<std::string> symbols;
  for (size_t i = 0; i < kNumPiiTypes; ++i) {
    std::string symbol = fmt::format("say_{}", pii_type_name(static_cast<PiiType>(i)));
    if (grammar.has_symbol(symbol)) symbols.push_back(std::move(symbol));
  }
  Rng rng(options.seed);
  Evaluation evaluation(redactor, options.num_errors);
  for (size_t i = 0; i < options.num_texts; ++i) {
    // One text in five holds decoys, one in ten a wrong check digit.
    const uint64_t kind = rng.below(10);
    const std::string_view symbol = kind < 2    ? std::string_view("decoy")
                                    : kind == 2 ? std::string_view("wrong")
                                                : std::string_view(symbols[i % symbols.size()]);
    evaluation.add(compose(grammar, symbol, rng));
  }
  return evaluation.print(options.num_texts);
}

// A word of the Presidio sample: letters and digits without a break.
struct Word {
  size_t begin;  // code points
  size_t end;
};

std::vector<Word> split_words(std::string_view text) {
  std::vector<Word> words;
  size_t position = 0;
  bool inside = false;
  for (size_t offset = 0; offset < text.size(); ++position) {
    const DecodedCodePoint c = decode_utf8(text, offset);
    const bool part = is_letter(c.value) || is_number(c.value);
    if (part && !inside) words.push_back({position, position});
    if (part) words.back().end = position + 1;
    inside = part;
    offset += c.num_bytes;
  }
  return words;
}

// Our type for a label of the sample; "" for what we do not look for.
std::string_view our_type(std::string_view label) {
  static const std::map<std::string_view, std::string_view> kTypes = {
      {"PERSON", "PERSON"},           {"ADDRESS", "ADDRESS"}, {"PHONE_NUMBER", "PHONE"},
      {"CREDIT_CARD", "CREDIT_CARD"}, {"US_SSN", "US_SSN"},   {"IP_ADDRESS", "IP_ADDRESS"},
      {"EMAIL_ADDRESS", "EMAIL"},     {"DATE_TIME", "DATE"},  {"DOMAIN_NAME", "URL"},
      {"LOCATION", "LOCATION"}};
  const auto entry = kTypes.find(label);
  return entry == kTypes.end() ? "" : entry->second;
}

std::string label_of(const json::array& spans, const Word& word) {
  for (const json::value& span : spans) {
    const json::object& object = span.as_object();
    const auto begin = static_cast<size_t>(object.at("start_position").to_number<int64_t>());
    const auto end = static_cast<size_t>(object.at("end_position").to_number<int64_t>());
    if (begin < word.end && word.begin < end) {
      return std::string(our_type(object.at("entity_type").as_string()));
    }
  }
  return "";
}

std::string found_type(const std::vector<RedactedSpan>& spans, const Word& word) {
  for (const RedactedSpan& span : spans) {
    if (span.start < word.end && word.begin < span.end) {
      const bool date = span.type == PiiType::kDateOfBirth;
      return std::string(date ? "DATE" : pii_type_name(span.type));
    }
  }
  return "";
}

void print_word_counts(const std::map<std::string, Counts>& counts) {
  fmt::print("\n| words of | gold | precision | recall | F2 |\n");
  fmt::print("| --- | ---: | ---: | ---: | ---: |\n");
  for (const auto& [type, count] : counts) {
    const double weighted = 4 * count.precision() + count.recall();
    const double f2 = weighted == 0 ? 0 : 5 * count.precision() * count.recall() / weighted;
    fmt::print("| {} | {} | {:.3f} | {:.3f} | {:.3f} |\n", type, count.right + count.missed,
               count.precision(), count.recall(), f2);
  }
}

// Words, as Presidio's own evaluation counts. A LOCATION (a town or country in running text) is no
// address of anyone: it counts neither way for ADDRESS, and has a row of what is masked.
void evaluate_presidio(const Redactor& redactor, size_t num_errors) {
  const auto path = shared_data_path("extraction/pii-presidio/generated_small.json");
  if (!path) {
    fmt::print("\nPresidio sample: not there, skipped (set GANGLION_DATA)\n");
    return;
  }
  const json::value sample = or_exit(parse_json(or_exit(read_file(*path)), path->string()));
  std::map<std::string, Counts> counts;
  for (const json::value& entry : sample.as_array()) {
    const std::string text(entry.as_object().at("full_text").as_string());
    const Redaction redaction = or_exit(redactor.redact(text, nullptr));
    bool wrong = false;
    for (const Word& word : split_words(text)) {
      const std::string gold = label_of(entry.as_object().at("spans").as_array(), word);
      const std::string found = found_type(redaction.spans, word);
      const bool place = gold == "LOCATION";
      if (gold.empty() && found.empty()) continue;
      wrong = wrong || (gold != found && !place);
      if (place) {
        ++(found.empty() ? counts["LOCATION"].missed : counts["LOCATION"].right);
        continue;
      }
      for (const std::string& row : {gold, std::string("all")}) {
        if (gold == found) ++counts[row].right;
      }
      if (gold == found) continue;
      if (!found.empty()) ++counts[found].wrong, ++counts["all"].wrong;
      if (!gold.empty()) ++counts[gold].missed, ++counts["all"].missed;
    }
    if (wrong && num_errors > 0) fmt::print("---\n{}\n  {}\n", text, redaction.text);
  }
  print_word_counts(counts);
}

Options read_options(int argc, char** argv) {
  Options options;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--texts") options.num_texts = value;
    if (name == "--seed") options.seed = value;
    if (name == "--errors") options.num_errors = value;
  }
  return options;
}

}  // namespace
}  // namespace ganglion

int main(int argc, char** argv) {
  using namespace ganglion;
  const Options options = read_options(argc, argv);
  const Redactor redactor = or_exit(load_default_redactor());
  const bool kept = evaluate_generated(redactor, options);
  evaluate_presidio(redactor, options.num_errors);
  return kept ? 0 : 3;
}
