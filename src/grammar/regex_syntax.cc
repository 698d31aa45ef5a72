#include "grammar/regex_syntax.h"

#include <algorithm>
#include <optional>

#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kMaxPatternBytes = 4096;
constexpr uint32_t kMaxDepth = 50;
constexpr uint32_t kMaxCount = 1000;
constexpr size_t kMaxRanges = 200'000;  // \p{L} alone has hundreds
constexpr char32_t kLastCodePoint = 0x10FFFF;

CodePointSet normalised(CodePointSet set) {
  std::sort(set.begin(), set.end(),
            [](const CodePointRange& a, const CodePointRange& b) { return a.first < b.first; });
  CodePointSet merged;
  for (const CodePointRange& range : set) {
    if (!merged.empty() && range.first <= merged.back().last + 1) {
      merged.back().last = std::max(merged.back().last, range.last);
    } else {
      merged.push_back(range);
    }
  }
  return merged;
}

CodePointSet complement(const CodePointSet& set) {
  CodePointSet out;
  char32_t next = 0;
  for (const CodePointRange& range : normalised(set)) {
    if (range.first > next) out.push_back({next, range.first - 1});
    next = range.last + 1;
  }
  if (next <= kLastCodePoint) out.push_back({next, kLastCodePoint});
  return out;
}

// \d, \w, \s and their complements, as ECMA-262 defines them without the u flag.
std::optional<CodePointSet> class_escape(char32_t letter) {
  const CodePointSet digits = {{'0', '9'}};
  const CodePointSet word = {{'0', '9'}, {'A', 'Z'}, {'_', '_'}, {'a', 'z'}};
  const CodePointSet space = {
      {'\t', '\r'},     {' ', ' '},       {0xA0, 0xA0},     {0x1680, 0x1680}, {0x2000, 0x200A},
      {0x2028, 0x2029}, {0x202F, 0x202F}, {0x205F, 0x205F}, {0x3000, 0x3000}, {0xFEFF, 0xFEFF}};
  switch (letter) {
    case 'd':
      return digits;
    case 'D':
      return complement(digits);
    case 'w':
      return word;
    case 'W':
      return complement(word);
    case 's':
      return space;
    case 'S':
      return complement(space);
    default:
      return std::nullopt;
  }
}

class Parser {
 public:
  explicit Parser(std::string_view pattern) : pattern_(pattern) {}

  Result<RegexSyntax> run() {
    if (pattern_.size() > kMaxPatternBytes) {
      return fail(ErrorCode::kLimit, "expected at most {} bytes, found {}", kMaxPatternBytes,
                  pattern_.size());
    }
    if (const size_t bad = find_invalid_utf8(pattern_); bad != std::string_view::npos) {
      return fail(ErrorCode::kMalformed, "byte {}: invalid UTF-8", bad);
    }
    GANGLION_ASSIGN(syntax_.root, parse_alternation(0));
    if (!at_end()) return malformed("expected the end, found ')' without '('");
    return std::move(syntax_);
  }

 private:
  bool at_end() const { return offset_ >= pattern_.size(); }
  char peek() const { return at_end() ? '\0' : pattern_[offset_]; }
  bool accept(std::string_view text) {
    if (!pattern_.substr(offset_).starts_with(text)) return false;
    offset_ += text.size();
    return true;
  }
  char32_t next_code_point() {
    const DecodedCodePoint point = decode_utf8(pattern_, offset_);
    offset_ += point.num_bytes;
    return point.value;
  }
  Error malformed(std::string_view what) const {
    return fail(ErrorCode::kMalformed, "byte {}: {}", offset_, what);
  }
  Error unsupported(std::string_view what) const {
    return fail(ErrorCode::kUnsupported,
                "byte {}: {} is not supported; the language must be regular", offset_, what);
  }

  uint32_t add(RegexNode node) {
    syntax_.nodes.push_back(std::move(node));
    return static_cast<uint32_t>(syntax_.nodes.size() - 1);
  }
  uint32_t add_set(CodePointSet set) {
    syntax_.sets.push_back(normalised(std::move(set)));
    RegexNode node{.kind = RegexNodeKind::kSet, .children = {}};
    node.set = static_cast<uint32_t>(syntax_.sets.size() - 1);
    return add(std::move(node));
  }
  uint32_t add_assertion(RegexNodeKind kind) { return add({.kind = kind, .children = {}}); }

  Result<uint32_t> parse_alternation(uint32_t depth) {
    if (depth > kMaxDepth) {
      return fail(ErrorCode::kLimit, "byte {}: groups nest deeper than {}", offset_, kMaxDepth);
    }
    RegexNode node{.kind = RegexNodeKind::kAlternation, .children = {}};
    do {
      GANGLION_ASSIGN(const uint32_t branch, parse_concatenation(depth));
      node.children.push_back(branch);
    } while (accept("|"));
    return node.children.size() == 1 ? node.children[0] : add(std::move(node));
  }

  Result<uint32_t> parse_concatenation(uint32_t depth) {
    RegexNode node{.kind = RegexNodeKind::kConcatenation, .children = {}};
    while (!at_end() && peek() != '|' && peek() != ')') {
      GANGLION_ASSIGN(const uint32_t atom, parse_atom(depth));
      GANGLION_ASSIGN(const uint32_t repeated, parse_quantifier(atom));
      node.children.push_back(repeated);
    }
    return node.children.size() == 1 ? node.children[0] : add(std::move(node));
  }

  Result<uint32_t> parse_atom(uint32_t depth) {
    if (accept("(")) return parse_group(depth);
    if (accept("[")) return parse_class();
    if (accept("\\")) return parse_escape();
    if (accept("^")) return add_assertion(RegexNodeKind::kTextStart);
    if (accept("$")) return add_assertion(RegexNodeKind::kTextEnd);
    if (accept(".")) return add_set(complement({{'\n', '\n'}, {'\r', '\r'}, {0x2028, 0x2029}}));
    if (peek() == '*' || peek() == '+' || peek() == '?' || peek() == '{') {
      return malformed("a quantifier needs something before it");
    }
    const char32_t c = next_code_point();
    return add_set({{c, c}});
  }

  Result<uint32_t> parse_group(uint32_t depth) {
    const size_t start = offset_ - 1;
    if (accept("?:")) {
    } else if (accept("?=") || accept("?!") || accept("?<=") || accept("?<!")) {
      return unsupported("look-around");
    } else if (accept("?<")) {
      const size_t close = pattern_.find('>', offset_);
      if (close == std::string_view::npos) return malformed("expected '>' after the group's name");
      offset_ = close + 1;
    } else if (peek() == '?') {
      return unsupported("this kind of group");
    }
    GANGLION_ASSIGN(const uint32_t inner, parse_alternation(depth + 1));
    if (!accept(")")) {
      return fail(ErrorCode::kMalformed, "byte {}: '(' is never closed", start);
    }
    return inner;
  }

  Result<uint32_t> parse_escape() {
    if (accept("b")) return add_assertion(RegexNodeKind::kWordBoundary);
    if (accept("B")) return add_assertion(RegexNodeKind::kNoWordBoundary);
    if (peek() >= '1' && peek() <= '9') return unsupported("a back-reference");
    if (peek() == 'k') return unsupported("a back-reference");
    if (auto set = class_escape(static_cast<unsigned char>(peek()))) {
      ++offset_;
      return add_set(std::move(*set));
    }
    if (peek() == 'p' || peek() == 'P') {
      GANGLION_ASSIGN(CodePointSet set, parse_category());
      return add_set(std::move(set));
    }
    GANGLION_ASSIGN(const char32_t c, parse_character_escape());
    return add_set({{c, c}});
  }

  // After the backslash: p{…} or P{…}.
  Result<CodePointSet> parse_category() {
    const size_t start = offset_ - 1;
    const bool negated = peek() == 'P';
    ++offset_;
    const size_t close = pattern_.find('}', offset_);
    if (peek() != '{' || close == std::string_view::npos) {
      return malformed("expected a category in braces, as in \\p{Letter}");
    }
    std::string_view name = pattern_.substr(offset_ + 1, close - offset_ - 1);
    offset_ = close + 1;
    for (const std::string_view prefix : {"gc=", "General_Category="}) {
      if (name.starts_with(prefix)) name.remove_prefix(prefix.size());
    }
    CodePointSet set;
    for (const auto& [first, last] : code_points_of_category(name)) set.push_back({first, last});
    if (set.empty()) {
      return fail(
          ErrorCode::kUnsupported,
          "byte {}: expected a general category such as \\p{{L}} or \\p{{Letter}}, found {}", start,
          pattern_.substr(start, offset_ - start));
    }
    num_ranges_ += set.size();
    if (num_ranges_ > kMaxRanges) {
      return fail(ErrorCode::kLimit, "byte {}: the classes have more than {} ranges in all", start,
                  kMaxRanges);
    }
    return negated ? complement(set) : set;
  }

  // After the backslash: one code point.
  Result<char32_t> parse_character_escape() {
    if (at_end()) return malformed("the pattern ends after a backslash");
    const char32_t c = next_code_point();
    switch (c) {
      case 't':
        return U'\t';
      case 'n':
        return U'\n';
      case 'r':
        return U'\r';
      case 'f':
        return U'\f';
      case 'v':
        return U'\v';
      case '0':
        return U'\0';
      case 'x':
        return parse_hex(2);
      case 'u':
        return accept("{") ? parse_braced_hex() : parse_hex(4);
      default:
        break;
    }
    const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
    const bool is_digit = c >= '0' && c <= '9';
    if (is_letter || is_digit) {
      offset_ -= 1;
      return unsupported(fmt::format("the escape \\{}", static_cast<char>(c)));
    }
    return c;
  }

  Result<char32_t> parse_hex(size_t num_digits) {
    char32_t value = 0;
    for (size_t i = 0; i < num_digits; ++i) {
      const auto digit = hex_digit(peek());
      if (!digit) return malformed(fmt::format("expected {} hexadecimal digits", num_digits));
      value = value * 16 + *digit;
      ++offset_;
    }
    return value;
  }

  Result<char32_t> parse_braced_hex() {
    char32_t value = 0;
    size_t num_digits = 0;
    for (; peek() != '}'; ++num_digits) {
      const auto digit = hex_digit(peek());
      if (!digit || num_digits == 6) return malformed("expected 1 to 6 hexadecimal digits and '}'");
      value = value * 16 + *digit;
      ++offset_;
    }
    ++offset_;
    if (num_digits == 0 || value > kLastCodePoint) return malformed("expected a code point");
    return value;
  }

  static std::optional<char32_t> hex_digit(char c) {
    if (c >= '0' && c <= '9') return static_cast<char32_t>(c - '0');
    if (c >= 'a' && c <= 'f') return static_cast<char32_t>(c - 'a' + 10);
    if (c >= 'A' && c <= 'F') return static_cast<char32_t>(c - 'A' + 10);
    return std::nullopt;
  }

  Result<uint32_t> parse_class() {
    const size_t start = offset_ - 1;
    const bool negated = accept("^");
    CodePointSet set;
    while (!accept("]")) {
      if (at_end()) return fail(ErrorCode::kMalformed, "byte {}: '[' is never closed", start);
      GANGLION_TRY(parse_class_item(set));
    }
    return add_set(negated ? complement(set) : std::move(set));
  }

  // One code point, range or class escape inside [ ].
  Status parse_class_item(CodePointSet& set) {
    if (peek() == '\\' && offset_ + 1 < pattern_.size()) {
      if (auto escaped = class_escape(static_cast<unsigned char>(pattern_[offset_ + 1]))) {
        offset_ += 2;
        set.insert(set.end(), escaped->begin(), escaped->end());
        return {};
      }
      if (pattern_[offset_ + 1] == 'p' || pattern_[offset_ + 1] == 'P') {
        ++offset_;
        GANGLION_ASSIGN(const CodePointSet category, parse_category());
        set.insert(set.end(), category.begin(), category.end());
        return {};
      }
    }
    GANGLION_ASSIGN(const char32_t first, parse_class_character());
    char32_t last = first;
    const bool is_range =
        peek() == '-' && offset_ + 1 < pattern_.size() && pattern_[offset_ + 1] != ']';
    if (is_range) {
      ++offset_;
      GANGLION_ASSIGN(last, parse_class_character());
      if (last < first) return malformed("the range in [ ] is reversed");
    }
    set.push_back({first, last});
    return {};
  }

  Result<char32_t> parse_class_character() {
    if (!accept("\\")) return next_code_point();
    if (accept("b")) return U'\b';
    return parse_character_escape();
  }

  Result<uint32_t> parse_quantifier(uint32_t atom) {
    RegexNode node{.kind = RegexNodeKind::kRepetition, .children = {atom}};
    if (accept("*")) {
      node.max = kUnlimited;
    } else if (accept("+")) {
      node.min = 1;
      node.max = kUnlimited;
    } else if (accept("?")) {
      node.max = 1;
    } else if (accept("{")) {
      GANGLION_TRY(parse_counts(node));
    } else {
      return atom;
    }
    if (peek() == '?') return unsupported("a lazy quantifier");
    if (peek() == '*' || peek() == '+' || peek() == '{')
      return malformed("two quantifiers in a row");
    return add(std::move(node));
  }

  // After '{': m}, m,} or m,n}.
  Status parse_counts(RegexNode& node) {
    GANGLION_ASSIGN(node.min, parse_count());
    node.max = node.min;
    if (accept(",")) {
      if (peek() == '}') {
        node.max = kUnlimited;
      } else {
        GANGLION_ASSIGN(node.max, parse_count());
      }
    }
    if (!accept("}"))
      return malformed("expected '}' after the counts; write \\{ for the character");
    if (node.max < node.min) return malformed("the counts in { } are reversed");
    return {};
  }

  Result<uint32_t> parse_count() {
    if (peek() < '0' || peek() > '9')
      return malformed("expected a count; write \\{ for the character");
    uint32_t count = 0;
    while (peek() >= '0' && peek() <= '9') {
      count = count * 10 + static_cast<uint32_t>(pattern_[offset_++] - '0');
      if (count > kMaxCount) {
        return fail(ErrorCode::kLimit, "byte {}: expected a count of at most {}", offset_,
                    kMaxCount);
      }
    }
    return count;
  }

  std::string_view pattern_;
  size_t offset_ = 0;
  size_t num_ranges_ = 0;  // of categories
  RegexSyntax syntax_;
};

}  // namespace

Result<RegexSyntax> parse_regex(std::string_view pattern) { return Parser(pattern).run(); }

}  // namespace ganglion
