#include "guard/context.h"

#include <algorithm>

#include "base/hash.h"

namespace ganglion {
namespace {

constexpr size_t kReachBefore = 64;  // bytes
constexpr size_t kReachAfter = 40;
// A cue of the type itself wins over another that is nearer by at most this many bytes:
// "routing number of the order: …".
constexpr size_t kOwnAdvantage = 16;

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

bool joins(char c) {
  return c == '-' || c == '_' || c == '.' || c == '/' || c == '@' || c == '\\' || c == '+';
}

bool is_upper_byte(char c) {
  return (c >= 'A' && c <= 'Z') || static_cast<unsigned char>(c) >= 0x80;
}

// Whether a sentence or line ends between a cue and what it might speak of. A full stop after a
// word of up to three letters ("no. 123", "Ref. 7") ends none before a digit or a small letter; a
// line break right after the cue ("Order:\n123") ends none either.
bool is_cut(std::string_view between) {
  constexpr size_t kLabelEnd = 12;
  size_t word_size = kLabelEnd;  // of the letters before; the cue itself counts as long
  for (size_t i = 0; i + 1 < between.size(); ++i) {
    const char c = between[i];
    if (c == '\n' && (i > kLabelEnd || between[i + 1] == '\n')) return true;
    const bool stop =
        (c == '.' || c == '!' || c == '?') && (between[i + 1] == ' ' || between[i + 1] == '\n');
    const bool abbreviation = c == '.' && word_size <= 3;
    const char next = i + 2 < between.size() ? between[i + 2] : ' ';
    if (stop && (!abbreviation || is_upper_byte(next)) && i > 0) return true;
    word_size = is_word_byte(c) ? word_size + 1 : 0;
  }
  return false;
}

Evidence classify(CueMask own, size_t own_distance, CueMask nearest, size_t nearest_distance) {
  constexpr size_t kNever = static_cast<size_t>(-1);
  if (own_distance != kNever && own_distance <= nearest_distance + kOwnAdvantage) {
    return Evidence::kOwn;
  }
  if (nearest == 0) return Evidence::kNone;
  if ((nearest & own) != 0) return Evidence::kOwn;
  if ((nearest & kAnyNegativeCue) != 0) return Evidence::kReference;
  if ((nearest & (kAnyIdentifierCue | kCuePhone)) != 0) return Evidence::kOther;
  return Evidence::kIdentity;
}

}  // namespace

std::vector<CueHit> find_cues(std::string_view text, const std::vector<Lexeme>& lexemes) {
  constexpr size_t kMaxCueBytes = 32;
  std::vector<CueHit> cues;
  cues.reserve(lexemes.size() / 4);
  uint64_t previous = 0;  // hash of the word before, 0 when there is none
  for (const Lexeme& lexeme : lexemes) {
    if (lexeme.is_digits() || lexeme.size() > kMaxCueBytes) {
      previous = 0;
      continue;
    }
    char word[kMaxCueBytes];
    const std::string_view folded(
        word, fold_word(text.substr(lexeme.begin, lexeme.size()), word, sizeof word));
    const uint64_t hash = fnv1a64(folded);
    CueMask mask = cue_of_hash(hash);
    if (previous != 0) mask |= cue_of_hash(fnv1a64(folded, fnv1a64(" ", previous)));
    // "sin" is a word in English and Spanish; "SIN" and "sin:" are the Canadian number.
    const char after = lexeme.end < text.size() ? text[lexeme.end] : ' ';
    const bool labels = after == ':' || after == '=' || after == '"';
    const bool capitals = lexeme.kinds == Lexeme::kUpper;
    if (folded == "sin" && (labels || capitals)) mask |= kCueSin;
    if (mask != 0) cues.push_back({lexeme.begin, lexeme.end, mask});
    previous = hash;
  }
  return cues;
}

ScannedText::ScannedText(std::string_view text)
    : text_(text), lexemes_(split_lexemes(text)), cues_(find_cues(text, lexemes_)) {}

size_t ScannedText::first_cue_at_or_after(size_t byte) const {
  const auto hit = std::lower_bound(cues_.begin(), cues_.end(), byte,
                                    [](const CueHit& cue, size_t at) { return cue.begin < at; });
  return static_cast<size_t>(hit - cues_.begin());
}

Evidence ScannedText::evidence(CueMask own, size_t begin, size_t end) const {
  constexpr size_t kNever = static_cast<size_t>(-1);
  const CueMask relevant = own | kAnyIdentifierCue | kAnyNegativeCue | kCueIdentity | kCuePhone;
  size_t own_distance = kNever;
  size_t nearest_distance = kNever / 2;
  CueMask nearest = 0;
  const auto look = [&](const CueHit& cue, size_t distance) {
    if ((cue.mask & relevant) == 0) return;
    if (nearest == 0) {
      nearest = cue.mask & relevant;
      nearest_distance = distance;
    }
    if ((cue.mask & own) != 0 && own_distance == kNever) own_distance = distance;
  };
  const size_t here = first_cue_at_or_after(begin);
  for (size_t i = here; i-- > 0 && cues_[i].end + kReachBefore >= begin;) {
    if (cues_[i].end > begin) continue;
    const bool is_own = (cues_[i].mask & own) != 0;
    if (!is_own && is_cut(text_.substr(cues_[i].end, begin - cues_[i].end))) continue;
    look(cues_[i], begin - cues_[i].end);
  }
  if (nearest == 0) {
    for (size_t i = here; i < cues_.size() && cues_[i].begin <= end + kReachAfter; ++i) {
      if (cues_[i].begin < end) continue;
      const std::string_view between = text_.substr(end, cues_[i].begin - end);
      if (between.find_first_of("0123456789\n") != std::string_view::npos) break;
      if (between.find(". ") != std::string_view::npos) break;
      look(cues_[i], cues_[i].begin - end);
    }
  }
  return classify(own, own_distance, nearest, nearest_distance);
}

bool ScannedText::has_cue_before(CueMask mask, size_t begin, size_t reach) const {
  for (size_t i = first_cue_at_or_after(begin); i-- > 0 && cues_[i].end + reach >= begin;) {
    if ((cues_[i].mask & mask) != 0 && cues_[i].end <= begin) return true;
  }
  return false;
}

bool ScannedText::is_labelled_reference(size_t begin) const {
  constexpr size_t kMaxLabelBytes = 14;
  for (size_t i = first_cue_at_or_after(begin); i-- > 0;) {
    const CueHit& cue = cues_[i];
    if (cue.end + kMaxLabelBytes < begin) return false;
    if (cue.end > begin || (cue.mask & kAnyNegativeCue) == 0) continue;
    char folded[kMaxLabelBytes + 32];
    const size_t size =
        fold_word(text_.substr(cue.begin, begin - cue.begin), folded, sizeof folded);
    const std::string_view label(folded, size);
    for (const std::string_view mark : {":", "#", "=", "num", "no.", "nr", "id ", "n°"}) {
      if (label.find(mark) != std::string_view::npos) return true;
    }
  }
  return false;
}

bool ScannedText::stands_alone(size_t begin, size_t end, CueMask own) const {
  if (begin > 0) {
    const char before = text_[begin - 1];
    if (before == '$' || before == '+') return false;
    if (joins(before) && begin > 1 && is_word_byte(text_[begin - 2]) &&
        !has_cue_before(own, begin, 1)) {
      return false;
    }
  }
  if (end >= text_.size()) return true;
  return !joins(text_[end]) || end + 1 >= text_.size() || !is_word_byte(text_[end + 1]);
}

}  // namespace ganglion
