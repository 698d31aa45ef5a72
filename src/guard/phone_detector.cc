// Telephone numbers: international (+, 00), North American, and national ones with a trunk 0 or a
// cue. There is no check digit; the shape and the words around decide.
#include <algorithm>
#include <array>

#include "guard/detector.h"

namespace ganglion {
namespace {

constexpr size_t kMaxDigits = 15;  // ITU-T E.164
constexpr size_t kMaxGroups = 8;

struct Groups {
  std::array<uint8_t, kMaxGroups> sizes{};
  size_t count = 0;
  size_t digits = 0;
  char first = '\0';  // first digit of the number
  size_t begin = 0;
  size_t end = 0;
  bool plus = false;
  bool bracket = false;
};

bool is_phone_gap(std::string_view gap) {
  if (gap.empty() || gap.size() > 3) return false;
  return gap.find_first_not_of(" -./()\xC2\xA0") == std::string_view::npos &&
         gap.find("((") == std::string_view::npos && gap != "  " && gap != "   ";
}

// How many digits `word` starts with when nothing follows but an extension ("2294x751"); else 0.
size_t leading_digits(std::string_view word) {
  const size_t digits = std::min(word.size(), word.find_first_not_of("0123456789"));
  if (digits == word.size()) return digits;
  const bool extension = (word[digits] | 32) == 'x' && word.size() - digits <= 6 &&
                         word.find_first_not_of("0123456789", digits + 1) == std::string_view::npos;
  return extension ? digits : 0;
}

// Groups of digits from word `first` on, as far as they can belong to one number.
Groups read_groups(const ScannedText& scan, size_t first) {
  const std::vector<Lexeme>& lexemes = scan.lexemes();
  const std::string_view text = scan.text();
  Groups groups;
  groups.begin = lexemes[first].begin;
  if (groups.begin > 0 && text[groups.begin - 1] == '(') {
    groups.bracket = true;
    --groups.begin;
  }
  if (groups.begin > 0 && text[groups.begin - 1] == '+') {
    groups.plus = true;
    --groups.begin;
  }
  for (size_t i = first; i < lexemes.size() && groups.count < kMaxGroups; ++i) {
    const Lexeme& lexeme = lexemes[i];
    const size_t num_digits = leading_digits(scan.word(lexeme));
    if (num_digits == 0 || groups.digits + num_digits > kMaxDigits) break;
    if (i > first) {
      const std::string_view gap = text.substr(groups.end, lexeme.begin - groups.end);
      if (!is_phone_gap(gap)) break;
    }
    if (groups.count == 0) groups.first = text[lexeme.begin];
    groups.sizes[groups.count++] = static_cast<uint8_t>(num_digits);
    groups.digits += num_digits;
    groups.end = lexeme.end;
    if (!lexeme.is_digits()) break;  // the extension ends it
  }
  return groups;
}

// 415-555-2671, (415) 555 2671, 1-415-555-2671; area code and exchange start with 2 to 9.
bool is_north_american(const ScannedText& scan, const Groups& groups, size_t first) {
  const size_t lead = groups.count == 4 && groups.sizes[0] == 1 && groups.first == '1' ? 1 : 0;
  if (groups.count != lead + 3 || groups.sizes[lead] != 3 || groups.sizes[lead + 1] != 3 ||
      groups.sizes[lead + 2] != 4) {
    return false;
  }
  const std::string_view text = scan.text();
  return text[scan.lexemes()[first + lead].begin] >= '2' &&
         text[scan.lexemes()[first + lead + 1].begin] >= '2';
}

// " x123", " ext. 12": the end of the extension, or `end`.
size_t extension_end(const ScannedText& scan, size_t next, size_t end) {
  const std::vector<Lexeme>& lexemes = scan.lexemes();
  if (next >= lexemes.size() || lexemes[next].begin > end + 2) return end;
  const std::string_view word = scan.word(lexemes[next]);
  if (word.size() > 1 && word.size() <= 6 && (word[0] | 32) == 'x' &&
      word.find_first_not_of("0123456789", 1) == std::string_view::npos) {
    return lexemes[next].end;
  }
  const bool label = word == "ext" || word == "Ext" || word == "x" || word == "extension";
  const bool number = label && next + 1 < lexemes.size() && lexemes[next + 1].is_digits() &&
                      lexemes[next + 1].size() <= 5 &&
                      lexemes[next + 1].begin <= lexemes[next].end + 2;
  return number ? lexemes[next + 1].end : end;
}

// Whether the number goes on from groups before it: the middle of an IBAN.
bool follows_digits(const ScannedText& scan, size_t first) {
  if (first == 0) return false;
  const Lexeme& before = scan.lexemes()[first - 1];
  return before.has_digit() && before.size() >= 3 &&
         (before.gap == ' ' || before.gap == '-' || before.gap == '.');
}

// 0 when the shape and the words around do not make a telephone number.
double phone_score(const ScannedText& scan, const Groups& groups, size_t first) {
  if (groups.digits < 7) return 0;
  const Evidence evidence = scan.evidence(kCuePhone, groups.begin, groups.end);
  if (groups.plus) return groups.digits >= 8 ? 0.95 : 0;
  if (evidence == Evidence::kOwn) return groups.digits <= 8 && groups.count == 1 ? 0.7 : 0.9;
  if (evidence == Evidence::kReference || evidence == Evidence::kOther) return 0;
  if (follows_digits(scan, first)) return 0;
  if (is_north_american(scan, groups, first)) {
    return evidence == Evidence::kIdentity ? 0.6 : 0.84;
  }
  const std::string_view text = scan.text();
  const size_t start = scan.lexemes()[first].begin;
  const bool trunk = groups.first == '0' && text[start + 1] != '\0';
  if (!trunk) return groups.bracket && groups.digits >= 8 ? 0.7 : 0;
  const bool international = text.substr(start, 2) == "00" && groups.digits >= 10;
  const bool national = text[start + 1] >= '1' && text[start + 1] <= '9' && groups.digits >= 9 &&
                        groups.digits <= 12 && groups.sizes[0] >= 2;
  return international || national ? 0.8 : 0;
}

class PhoneDetector final : public Detector {
 public:
  std::string_view name() const override { return "telephone numbers"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    for (size_t i = 0; i < lexemes.size(); ++i) {
      if (!lexemes[i].is_digits()) continue;
      const Groups groups = read_groups(scan, i);
      const double score = phone_score(scan, groups, i);
      if (score == 0 || !stands_apart(scan, groups)) continue;
      const size_t next = i + groups.count;
      findings.push_back(
          {PiiType::kPhone, groups.begin, extension_end(scan, next, groups.end), score});
      i = next - 1;
    }
    return {};
  }

 private:
  static bool stands_apart(const ScannedText& scan, const Groups& groups) {
    if (groups.plus || groups.bracket) return true;
    return scan.stands_alone(groups.begin, groups.end, kCuePhone);
  }
};

}  // namespace

std::unique_ptr<Detector> make_phone_detector() { return std::make_unique<PhoneDetector>(); }

}  // namespace ganglion
