// National identifiers, driven by the table in identifier_rules.cc. At each word that can start
// one, words joined by single separators are added one by one while their lengths and separators
// are a prefix of some grouping in the table; a full match is compacted and checked.
#include <algorithm>
#include <array>
#include <unordered_map>

#include "base/hash.h"
#include "guard/detector.h"
#include "guard/identifier_rules.h"

namespace ganglion {
namespace {

constexpr size_t kMaxGroups = 7;
constexpr size_t kMaxCharacters = 16;

using GroupingKey = uint64_t;

GroupingKey extend(GroupingKey key, char separator, size_t length) {
  return mix64(key * 131 + static_cast<unsigned char>(separator) * 64 + length + 1);
}

struct GroupingEntry {
  bool is_prefix = false;                       // more groups may follow
  std::vector<const IdentifierRule*> complete;  // in table order
};

using GroupingIndex = std::unordered_map<GroupingKey, GroupingEntry>;

void add_grouping(GroupingIndex& index, std::string_view grouping, const IdentifierRule& rule) {
  GroupingKey key = 0;
  char separator = '\0';
  size_t length = 0;
  for (const char c : grouping) {
    if (c >= '0' && c <= '9') {
      length = length * 10 + static_cast<size_t>(c - '0');
      continue;
    }
    key = extend(key, separator, length);
    index[key].is_prefix = true;
    separator = c;
    length = 0;
  }
  index[extend(key, separator, length)].complete.push_back(&rule);
}

GroupingIndex build_index() {
  GroupingIndex index;
  for (const IdentifierRule& rule : identifier_rules()) {
    std::string_view rest = rule.groupings;
    while (!rest.empty()) {
      const std::string_view grouping = rest.substr(0, rest.find('|'));
      rest.remove_prefix(std::min(rest.size(), grouping.size() + 1));
      add_grouping(index, grouping, rule);
    }
  }
  return index;
}

// Letters first: "RSS MRA …" (upper case) and "X-1234567-L".
bool can_start(const Lexeme& lexeme, std::string_view word) {
  if (!lexeme.is_ascii() || lexeme.size() > kMaxCharacters) return false;
  if (lexeme.has_digit()) return true;
  if (lexeme.size() == 1) return true;
  const bool is_upper = lexeme.kinds == Lexeme::kUpper;
  return is_upper && (word.size() == 3 || word.size() == 6);
}

// 0 when the evidence is not enough to believe `rule`.
double believed_score(const IdentifierRule& rule, Evidence evidence, bool formatted) {
  const bool strong = rule.strength == CheckStrength::kStrong;
  const bool medium = rule.strength == CheckStrength::kMedium;
  switch (evidence) {
    case Evidence::kOwn:
      return 0.99;
    case Evidence::kIdentity:
      return strong ? 0.95 : medium ? 0.9 : 0.86;
    case Evidence::kNone:
      if (strong) return 0.92;
      if (medium) return 0.88;
      return formatted && rule.strength == CheckStrength::kWeak ? 0.85 : 0;
    case Evidence::kOther:
    case Evidence::kReference:
      break;
  }
  return strong ? 0.7 : 0;
}

class IdentifierDetector final : public Detector {
 public:
  IdentifierDetector() : index_(build_index()) {}

  std::string_view name() const override { return "national identifiers"; }

  Status detect(const ScannedText& scan, std::vector<Finding>& findings) const override {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    for (size_t first = 0; first < lexemes.size(); ++first) {
      if (can_start(lexemes[first], scan.word(lexemes[first]))) {
        grow(scan, first, findings);
      }
    }
    return {};
  }

 private:
  void grow(const ScannedText& scan, size_t first, std::vector<Finding>& findings) const {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    std::array<char, kMaxCharacters> compact{};
    size_t size = 0;
    GroupingKey key = 0;
    char separator = '\0';
    bool has_digit = false;
    for (size_t i = first; i < lexemes.size() && i < first + kMaxGroups; ++i) {
      const Lexeme& lexeme = lexemes[i];
      if (!lexeme.is_ascii() || size + lexeme.size() > kMaxCharacters) return;
      key = extend(key, separator, lexeme.size());
      const auto entry = index_.find(key);
      if (entry == index_.end()) return;
      for (const char c : scan.word(lexeme)) {
        compact[size++] = static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c);
      }
      has_digit = has_digit || lexeme.has_digit();
      if (has_digit) {
        check(scan, {compact.data(), size}, first, i, entry->second, findings);
      }
      separator = lexeme.gap;
      if (!entry->second.is_prefix || separator == '\0') return;
    }
  }

  static void check(const ScannedText& scan, std::string_view compact, size_t first, size_t last,
                    const GroupingEntry& entry, std::vector<Finding>& findings) {
    const size_t begin = scan.lexemes()[first].begin;
    const size_t end = scan.lexemes()[last].end;
    for (const IdentifierRule* rule : entry.complete) {
      const bool valid = rule->is_valid(compact);
      const bool valid_after_cue =
          !valid && rule->is_valid_after_cue != nullptr && rule->is_valid_after_cue(compact);
      if (!valid && !valid_after_cue) continue;
      if (!scan.stands_alone(begin, end, rule->cue)) continue;
      const Evidence evidence = scan.evidence(rule->cue, begin, end);
      if (valid_after_cue && evidence != Evidence::kOwn) continue;
      if (last != first && evidence != Evidence::kOwn && continues(scan, first, last)) continue;
      const double score = believed_score(*rule, evidence, last != first);
      if (score > 0) findings.push_back({rule->type, begin, end, score});
    }
  }

  // Whether the groups go on with another number before or after: a part of something longer.
  static bool continues(const ScannedText& scan, size_t first, size_t last) {
    const std::vector<Lexeme>& lexemes = scan.lexemes();
    const char separator = lexemes[first].gap;
    const bool before =
        first > 0 && lexemes[first - 1].is_digits() && lexemes[first - 1].gap == separator;
    const bool after = last + 1 < lexemes.size() && lexemes[last + 1].is_digits() &&
                       lexemes[last].gap == separator;
    return before || after;
  }

  GroupingIndex index_;
};

}  // namespace

std::unique_ptr<Detector> make_identifier_detector() {
  return std::make_unique<IdentifierDetector>();
}

}  // namespace ganglion
