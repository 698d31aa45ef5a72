#include "text/jinja/lexer.h"

#include <algorithm>
#include <array>

#include "text/jinja/string_literal.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

constexpr std::array<std::string_view, 27> kOperators = {
    "**", "//", "==", "!=", ">=", "<=", "+", "-", "*", "/", "%", "~", "[", "]",
    "(",  ")",  "{",  "}",  ">",  "<",  "=", ".", ":", "|", ",", ";", "!"};

bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_name_byte(char c) {
  return is_digit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         (c & 0x80) != 0;
}

char closing_of(char open) { return open == '(' ? ')' : open == '[' ? ']' : '}'; }

class Lexer {
 public:
  explicit Lexer(std::string_view source) : source_(source) {}

  Result<std::vector<Token>> run() {
    while (position_ < source_.size()) {
      GANGLION_TRY(lex_text());
    }
    add(TokenType::kEnd, source_.size());
    return std::move(tokens_);
  }

 private:
  char at(size_t offset) const { return offset < source_.size() ? source_[offset] : '\0'; }
  bool starts(std::string_view text) const { return source_.substr(position_).starts_with(text); }
  void add(TokenType type, size_t offset, std::string text = {}) {
    tokens_.push_back({type, offset, std::move(text)});
  }
  Error error(size_t offset, std::string_view what) const {
    return fail(ErrorCode::kMalformed, "{}: {}", place_of(source_, offset), what);
  }

  size_t find_tag(size_t from) const {
    for (size_t open = source_.find('{', from); open != std::string_view::npos;
         open = source_.find('{', open + 1)) {
      const char kind = at(open + 1);
      if (kind == '{' || kind == '%' || kind == '#') return open;
    }
    return source_.size();
  }

  // The text before a tag at `tag`, after what the tag's sign or lstrip_blocks takes off its end.
  void add_text(size_t tag, char kind, char sign) {
    std::string_view text = source_.substr(position_, tag - position_);
    if (sign == '-') {
      text = text.substr(0, trimmed_end(text));
    } else if (sign != '+' && (kind == '%' || kind == '#')) {
      const size_t newline = text.rfind('\n');
      const size_t line = newline == std::string_view::npos ? 0 : newline + 1;
      if ((line > 0 || at_line_start_) && skip_spaces(text, line) == text.size()) {
        text = text.substr(0, line);
      }
    }
    if (!text.empty()) add(TokenType::kText, position_, std::string(text));
  }

  Status lex_text() {
    const size_t tag = find_tag(position_);
    if (tag == source_.size()) {
      add(TokenType::kText, position_, std::string(source_.substr(position_)));
      position_ = tag;
      return {};
    }
    const char kind = at(tag + 1);
    const char sign = at(tag + 2) == '-' || at(tag + 2) == '+' ? at(tag + 2) : '\0';
    add_text(tag, kind, sign);
    position_ = tag + (sign == '\0' ? 2 : 3);
    if (kind == '#') return skip_comment(tag);
    if (kind == '%' && take_raw_tag("raw", false)) return lex_raw(tag);
    const bool output = kind == '{';
    add(output ? TokenType::kOutputBegin : TokenType::kStatementBegin, tag);
    return lex_code(output, tag);
  }

  // After the end of a tag: "-" takes all spaces that follow, a plain block end one newline.
  void finish_tag(char sign, bool trims_newline) {
    const size_t before = position_;
    if (sign == '-') {
      position_ = skip_spaces(source_, position_);
    } else if (sign != '+' && trims_newline && at(position_) == '\n') {
      ++position_;
    }
    at_line_start_ = position_ > before && source_[position_ - 1] == '\n';
  }

  // The sign of a tag's end that stands here ("%}", "-%}", "+%}"), with the tag's end passed over.
  bool take_end(std::string_view end, bool allows_plus, char& sign) {
    size_t length = end.size();
    sign = '\0';
    if (at(position_) == '-' || (allows_plus && at(position_) == '+')) {
      sign = at(position_);
      ++length;
    }
    if (source_.substr(position_ + (sign == '\0' ? 0 : 1), end.size()) != end) return false;
    position_ += length;
    return true;
  }

  Status skip_comment(size_t tag) {
    const size_t end = source_.find("#}", position_);
    if (end == std::string_view::npos) return error(tag, "the comment is never closed with #}");
    const char before = end > position_ ? source_[end - 1] : '\0';
    position_ = end + 2;
    finish_tag(before == '-' || before == '+' ? before : '\0', true);
    return {};
  }

  // `{% raw %}`'s word and end, if they stand here; position_ stays where they do not.
  bool take_raw_tag(std::string_view word, bool trims_newline) {
    const size_t begin = position_;
    position_ = skip_spaces(source_, position_);
    char sign = '\0';
    if (starts(word)) {
      position_ = skip_spaces(source_, position_ + word.size());
      if (take_end("%}", trims_newline, sign)) {
        finish_tag(sign, trims_newline);
        return true;
      }
    }
    position_ = begin;
    return false;
  }

  Status lex_raw(size_t tag) {
    const size_t text_begin = position_;
    for (size_t open = source_.find("{%", position_); open != std::string_view::npos;
         open = source_.find("{%", open + 1)) {
      const char sign = at(open + 2) == '-' || at(open + 2) == '+' ? at(open + 2) : '\0';
      const bool starts_line = at_line_start_;
      position_ = open + (sign == '\0' ? 2 : 3);
      if (!take_raw_tag("endraw", true)) continue;
      const size_t after = position_;
      const bool after_starts_line = at_line_start_;
      position_ = text_begin;
      at_line_start_ = starts_line;
      add_text(open, '%', sign);
      position_ = after;
      at_line_start_ = after_starts_line;
      return {};
    }
    return error(tag, "{% raw %} is never closed with {% endraw %}");
  }

  Status lex_code(bool output, size_t tag) {
    std::string expected_closings;  // of open brackets, innermost last
    while (position_ < source_.size()) {
      position_ = skip_spaces(source_, position_);
      char sign = '\0';
      if (expected_closings.empty() && take_end(output ? "}}" : "%}", !output, sign)) {
        add(output ? TokenType::kOutputEnd : TokenType::kStatementEnd, position_ - 2);
        finish_tag(sign, !output);
        return {};
      }
      GANGLION_TRY(lex_token(expected_closings));
    }
    return error(tag, output ? "the {{ here is never closed with }}"
                             : "the {% here is never closed with %}");
  }

  Status lex_token(std::string& expected_closings) {
    if (position_ >= source_.size()) return {};
    const char c = source_[position_];
    if (is_digit(c)) return lex_number();
    if (is_name_byte(c)) return lex_name();
    if (c == '\'' || c == '"') return lex_string(c);
    for (const std::string_view name : kOperators) {
      if (!starts(name)) continue;
      if (name.find_first_of("([{") == 0) expected_closings += closing_of(c);
      if (name.find_first_of(")]}") == 0) {
        if (expected_closings.empty() || expected_closings.back() != c) {
          return error(position_, fmt::format("unexpected '{}'", name));
        }
        expected_closings.pop_back();
      }
      add(TokenType::kOperator, position_, std::string(name));
      position_ += name.size();
      return {};
    }
    const DecodedCodePoint found = decode_utf8(source_, position_);
    return error(position_,
                 fmt::format("unexpected '{}'", source_.substr(position_, found.num_bytes)));
  }

  Status lex_name() {
    const size_t begin = position_;
    while (position_ < source_.size() && is_name_byte(source_[position_])) {
      const DecodedCodePoint found = decode_utf8(source_, position_);
      if (found.value > 0x7F && !is_letter(found.value) && !is_number(found.value) &&
          !is_nonspacing_mark(found.value)) {
        break;
      }
      position_ += found.num_bytes;
    }
    if (position_ == begin) return error(begin, "unexpected character");
    add(TokenType::kName, begin, std::string(source_.substr(begin, position_ - begin)));
    return {};
  }

  Status lex_string(char quote) {
    size_t end = position_ + 1;
    while (end < source_.size() && source_[end] != quote) end += source_[end] == '\\' ? 2 : 1;
    if (end >= source_.size())
      return error(position_, "the text here is never closed by its quote");
    auto text = unescape(source_.substr(position_ + 1, end - position_ - 1));
    if (!text.ok()) return error(position_, text.error().message);
    add(TokenType::kString, position_, std::move(text).value());
    position_ = end + 1;
    return {};
  }

  // Digits with single underscores within; where they end.
  size_t digits_end(size_t from) const {
    size_t end = from;
    while (is_digit(at(end)) || (end > from && at(end) == '_' && is_digit(at(end + 1)))) ++end;
    return end;
  }

  // Passed over one after "." (as in list.0.1), digits are never a fraction.
  bool follows_dot() const {
    return !tokens_.empty() && tokens_.back().type == TokenType::kOperator &&
           tokens_.back().text == "." && tokens_.back().offset + 1 == position_;
  }

  Status lex_number() {
    const size_t begin = position_;
    size_t end = digits_end(begin);
    bool is_float = false;
    if (!follows_dot()) {
      if (at(end) == '.' && is_digit(at(end + 1))) {
        end = digits_end(end + 1);
        is_float = true;
      }
      const size_t sign = at(end + 1) == '+' || at(end + 1) == '-' ? 1 : 0;
      if ((at(end) == 'e' || at(end) == 'E') && is_digit(at(end + 1 + sign))) {
        end = digits_end(end + 1 + sign);
        is_float = true;
      }
    }
    if (is_name_byte(at(end))) return error(begin, "a number is followed by letters");
    std::string text(source_.substr(begin, end - begin));
    text.erase(std::remove(text.begin(), text.end(), '_'), text.end());
    if (!is_float && text.size() > 1 && text[0] == '0' &&
        text.find_first_not_of('0') != std::string::npos) {
      return error(begin, "a whole number begins with 0");
    }
    add(is_float ? TokenType::kFloat : TokenType::kInteger, begin, std::move(text));
    position_ = end;
    return {};
  }

  std::string_view source_;
  size_t position_ = 0;
  bool at_line_start_ = true;  // the last tag ended with a newline
  std::vector<Token> tokens_;
};

}  // namespace

std::string normalize_source(std::string_view source) {
  std::string text;
  text.reserve(source.size());
  for (size_t i = 0; i < source.size(); ++i) {
    if (source[i] == '\r') {
      if (i + 1 < source.size() && source[i + 1] == '\n') continue;
      text += '\n';
    } else {
      text += source[i];
    }
  }
  if (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

Result<std::vector<Token>> lex(std::string_view source) { return Lexer(source).run(); }

std::string place_of(std::string_view source, size_t offset) {
  const std::string_view before = source.substr(0, offset);
  const size_t newline = before.rfind('\n');
  const size_t line_begin = newline == std::string_view::npos ? 0 : newline + 1;
  return fmt::format("{}:{}", std::count(before.begin(), before.end(), '\n') + 1,
                     count_code_points(before.substr(line_begin)) + 1);
}

bool is_python_space(char32_t code_point) {
  return is_space(code_point) || (code_point >= 0x1C && code_point <= 0x1F);
}

size_t skip_spaces(std::string_view text, size_t begin) {
  while (begin < text.size()) {
    const DecodedCodePoint found = decode_utf8(text, begin);
    if (!is_python_space(found.value)) break;
    begin += found.num_bytes;
  }
  return begin;
}

size_t trimmed_end(std::string_view text) {
  size_t end = text.size();
  while (end > 0) {
    size_t begin = end - 1;
    while (begin > 0 && (text[begin] & 0xC0) == 0x80) --begin;
    if (!is_python_space(decode_utf8(text, begin).value)) break;
    end = begin;
  }
  return end;
}

}  // namespace ganglion::jinja
