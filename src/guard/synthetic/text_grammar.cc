#include "guard/synthetic/text_grammar.h"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <optional>

#include "base/check.h"
#include "guard/synthetic/values.h"
#include "text/checksum.h"

namespace ganglion {
namespace {

constexpr int kMaxDepth = 16;

bool is_value_symbol(std::string_view symbol) {
  const auto type = pii_type_from_name(symbol);
  return type && *type != PiiType::kAddress && *type != PiiType::kPerson &&
         *type != PiiType::kReservedToken;
}

// "{~US_ABA}", "{!US_ABA}", "{PERSON=full}": how to write, what to write, and the label.
struct Placeholder {
  explicit Placeholder(std::string_view text) {
    if (!text.empty() && (text[0] == '~' || text[0] == '!')) {
      mark = text[0];
      text.remove_prefix(1);
    }
    const size_t equals = text.find('=');
    symbol = equals == std::string_view::npos ? text : text.substr(equals + 1);
    label = mark == '!' ? std::nullopt : pii_type_from_name(text.substr(0, equals));
  }

  char mark = '\0';
  std::string_view symbol;
  std::optional<PiiType> label;
};

// The line without its end, "\n" turned into a line break.
std::string unescape(std::string_view line) {
  std::string text;
  for (size_t i = 0; i < line.size(); ++i) {
    const bool line_break = line[i] == '\\' && i + 1 < line.size() && line[i + 1] == 'n';
    text.push_back(line_break ? '\n' : line[i]);
    i += line_break ? 1 : 0;
  }
  return text;
}

}  // namespace

Result<TextGrammar> TextGrammar::parse(std::string_view text, std::string_view source_name) {
  TextGrammar grammar;
  std::vector<std::pair<std::string, std::string>> to_check;  // place, alternative
  std::string symbol;
  bool several = false;  // alternatives a line
  size_t line_number = 0;
  while (!text.empty()) {
    const std::string_view line = text.substr(0, text.find('\n'));
    text.remove_prefix(std::min(text.size(), line.size() + 1));
    ++line_number;
    if (line.empty() || line.substr(0, 2) == "# ") continue;
    if (line[0] == '@') {
      several = line.back() == '|';
      symbol = line.substr(1, line.size() - (several ? 2 : 1));
      grammar.lists_[symbol];
      continue;
    }
    const std::string place = fmt::format("{}:{}", source_name, line_number);
    if (symbol.empty()) {
      return fail(ErrorCode::kMalformed, "{}: a line before the first \"@symbol\"", place);
    }
    for (std::string_view rest = line; !rest.empty();) {
      const std::string_view alternative = several ? rest.substr(0, rest.find('|')) : rest;
      rest.remove_prefix(std::min(rest.size(), alternative.size() + 1));
      grammar.lists_[symbol].push_back(unescape(alternative));
      to_check.emplace_back(place, grammar.lists_[symbol].back());
    }
  }
  for (const auto& [place, alternative] : to_check) {
    GANGLION_TRY(grammar.check_alternative(alternative, place));
  }
  for (const auto& [name, alternatives] : grammar.lists_) {
    if (alternatives.empty()) {
      return fail(ErrorCode::kMalformed, "{}: \"@{}\" has no alternatives", source_name, name);
    }
  }
  return grammar;
}

Status TextGrammar::check_alternative(std::string_view alternative, std::string_view place) const {
  for (size_t open = alternative.find('{'); open != std::string_view::npos;
       open = alternative.find('{', open + 1)) {
    const size_t close = alternative.find('}', open);
    if (close == std::string_view::npos) {
      return fail(ErrorCode::kMalformed, "{}: \"{{\" without \"}}\"", place);
    }
    const std::string_view symbol =
        Placeholder(alternative.substr(open + 1, close - open - 1)).symbol;
    if (!has_symbol(symbol) && !is_value_symbol(symbol) && !is_ascii_digits(symbol)) {
      return fail(ErrorCode::kMalformed, "{}: \"{{{}}}\" is not defined", place, symbol);
    }
  }
  return {};
}

bool TextGrammar::has_symbol(std::string_view symbol) const { return lists_.contains(symbol); }

AnnotatedText TextGrammar::write(std::string_view symbol, Rng& rng) const {
  AnnotatedText out;
  expand_symbol(symbol, false, 0, rng, out);
  return out;
}

void TextGrammar::expand_symbol(std::string_view text, bool labelled, int depth, Rng& rng,
                                AnnotatedText& out) const {
  GANGLION_ASSERT(depth < kMaxDepth);
  const Placeholder placeholder(text);
  const auto list = lists_.find(placeholder.symbol);
  const auto type = pii_type_from_name(placeholder.symbol);
  const size_t begin = out.text.size();
  if (list != lists_.end()) {
    const std::string& alternative = list->second[rng.below(list->second.size())];
    expand(alternative, labelled || placeholder.label.has_value(), depth + 1, rng, out);
  } else if (type && placeholder.mark == '!') {
    out.text += synthetic_wrong_value(*type, rng);
  } else if (type) {
    out.text += synthetic_value(*type, placeholder.mark == '~' || rng.below(2) == 0, rng);
  } else {
    size_t count = 0;
    const std::string_view digits = placeholder.symbol;
    std::from_chars(digits.data(), digits.data() + digits.size(), count);
    out.text += random_digits(count, rng);
  }
  if (placeholder.label && !labelled) {
    out.values.push_back({*placeholder.label, begin, out.text.size()});
  }
}

void TextGrammar::expand(std::string_view alternative, bool labelled, int depth, Rng& rng,
                         AnnotatedText& out) const {
  size_t done = 0;
  for (size_t open = alternative.find('{'); open != std::string_view::npos;
       open = alternative.find('{', done)) {
    const size_t close = alternative.find('}', open);
    out.text.append(alternative.substr(done, open - done));
    expand_symbol(alternative.substr(open + 1, close - open - 1), labelled, depth, rng, out);
    done = close + 1;
  }
  out.text.append(alternative.substr(done));
}

}  // namespace ganglion
