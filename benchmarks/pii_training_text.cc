// Writes the training texts of the name tagger, one JSON object a line, to standard output.
//
//   bench_pii_training_text [--texts N] [--seed S]
//
// Reads models/pii-tagger/ and the training tickets and articles of examples/support; run from the
// repository root. models/README.md has the whole recipe.
#include <fmt/core.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "guard/synthetic/text_grammar.h"
#include "text/json.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

// Applies `change` to the stretches between the borders of values, so that they stay known.
template <typename Change>
AnnotatedText change_text(const AnnotatedText& source, Change change) {
  AnnotatedText changed;
  size_t done = 0;
  for (const LabelledValue& value : source.values) {
    changed.text += change(source.text.substr(done, value.begin - done));
    const size_t begin = changed.text.size();
    changed.text += change(source.text.substr(value.begin, value.end - value.begin));
    changed.values.push_back({value.type, begin, changed.text.size()});
    done = value.end;
  }
  changed.text += change(source.text.substr(done));
  return changed;
}

std::string ascii_upper(std::string text) {
  for (char& c : text) {
    if (c >= 'a' && c <= 'z') c = static_cast<char>(c - 32);
  }
  return text;
}

// People write in small letters, and sometimes shout.
AnnotatedText vary_case(const AnnotatedText& text, Rng& rng) {
  const uint64_t kind = rng.below(100);
  if (kind < 14) return change_text(text, [](const std::string& part) { return to_lower(part); });
  if (kind < 17) return change_text(text, ascii_upper);
  return text;
}

void print_line(const AnnotatedText& text) {
  const CodePointIndex index(text.text);
  json::array spans;
  for (const LabelledValue& value : text.values) {
    if (value.type != PiiType::kPerson && value.type != PiiType::kAddress) continue;
    spans.push_back({{"start", index.code_point_at(value.begin)},
                     {"end", index.code_point_at(value.end)},
                     {"type", pii_type_name(value.type)}});
  }
  fmt::print("{}\n", to_json_text(json::object{{"text", text.text}, {"spans", spans}}));
}

Result<TextGrammar> read_grammar() {
  std::string text;
  for (const char* file : {"models/pii-tagger/lists.txt", "models/pii-tagger/sentences.txt"}) {
    GANGLION_ASSIGN(const std::string part, read_file(file));
    text += part;
  }
  return TextGrammar::parse(text, "models/pii-tagger");
}

// The tickets of the training split with their names and addresses.
Result<std::vector<AnnotatedText>> read_tickets() {
  const std::string file = "examples/support/tickets/train.jsonl";
  GANGLION_ASSIGN(const std::string bytes, read_file(file));
  std::vector<AnnotatedText> tickets;
  for (std::string_view rest = bytes; !rest.empty();) {
    const std::string_view line = rest.substr(0, rest.find('\n'));
    rest.remove_prefix(std::min(rest.size(), line.size() + 1));
    GANGLION_ASSIGN(const json::value value, parse_json(line, file));
    const json::object& object = value.as_object();
    AnnotatedText ticket{std::string(object.at("text").as_string()), {}};
    const CodePointIndex index(ticket.text);
    for (const json::value& span : object.at("pii").as_array()) {
      const auto type = pii_type_from_name(span.as_object().at("type").as_string());
      if (type != PiiType::kPerson && type != PiiType::kAddress) continue;
      const auto begin = static_cast<size_t>(span.as_object().at("start").to_number<int64_t>());
      const auto end = static_cast<size_t>(span.as_object().at("end").to_number<int64_t>());
      ticket.values.push_back({*type, index.byte_at(begin), index.byte_at(end)});
    }
    tickets.push_back(std::move(ticket));
  }
  return tickets;
}

// Paragraphs of the help pages: they hold no names.
Result<std::vector<AnnotatedText>> read_articles() {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator("examples/support/articles")) {
    files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  std::vector<AnnotatedText> paragraphs;
  for (const auto& file : files) {
    GANGLION_ASSIGN(const std::string page, read_file(file));
    for (std::string_view rest = page; !rest.empty();) {
      const std::string_view paragraph = rest.substr(0, rest.find("\n\n"));
      rest.remove_prefix(std::min(rest.size(), paragraph.size() + 2));
      if (!paragraph.empty()) paragraphs.push_back({std::string(paragraph), {}});
    }
  }
  return paragraphs;
}

// The ticket with other names and addresses in the same places.
AnnotatedText with_other_values(const AnnotatedText& ticket, const TextGrammar& grammar, Rng& rng) {
  AnnotatedText changed;
  size_t done = 0;
  for (const LabelledValue& value : ticket.values) {
    const std::string_view old =
        std::string_view(ticket.text).substr(value.begin, value.end - value.begin);
    const bool single = old.find(' ') == std::string_view::npos;
    const bool name = value.type == PiiType::kPerson;
    changed.text.append(ticket.text, done, value.begin - done);
    const size_t begin = changed.text.size();
    changed.text += grammar.write(!name ? "address_any" : single ? "first" : "full", rng).text;
    changed.values.push_back({value.type, begin, changed.text.size()});
    done = value.end;
  }
  changed.text.append(ticket.text, done);
  return changed;
}

// Three texts in four from the grammar, the others tickets (with their own values every third time)
// and paragraphs of help pages.
Status write_texts(size_t num_texts, uint64_t seed) {
  GANGLION_ASSIGN(const TextGrammar grammar, read_grammar());
  GANGLION_ASSIGN(const auto tickets, read_tickets());
  GANGLION_ASSIGN(const auto articles, read_articles());
  Rng rng(seed);
  for (size_t i = 0; i < num_texts; ++i) {
    const uint64_t kind = rng.below(16);
    AnnotatedText text;
    if (kind < 11) {
      text = grammar.write("text", rng);
    } else if (kind == 11) {
      text = articles[rng.below(articles.size())];
    } else {
      text = tickets[rng.below(tickets.size())];
      if (rng.below(3) != 0) text = with_other_values(text, grammar, rng);
    }
    print_line(vary_case(text, rng));
  }
  return {};
}

}  // namespace
}  // namespace ganglion

int main(int argc, char** argv) {
  size_t num_texts = 20000;
  uint64_t seed = 7;
  for (int i = 1; i + 1 < argc; i += 2) {
    const std::string_view name = argv[i];
    const uint64_t value = std::strtoull(argv[i + 1], nullptr, 10);
    if (name == "--texts") num_texts = value;
    if (name == "--seed") seed = value;
  }
  const auto status = ganglion::write_texts(num_texts, seed);
  if (!status.ok()) fmt::print(stderr, "error: {}\n", status.error().message);
  return status.ok() ? 0 : 1;
}
