#include "retrieval/porter2.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <span>
#include <string_view>
#include <utility>

namespace ganglion {
namespace {

struct Replacement {
  std::string_view from;
  std::string_view to;
};

constexpr auto kExceptions = std::to_array<Replacement>({{"skis", "ski"},
                                                         {"skies", "sky"},
                                                         {"dying", "die"},
                                                         {"lying", "lie"},
                                                         {"tying", "tie"},
                                                         {"idly", "idl"},
                                                         {"gently", "gentl"},
                                                         {"ugly", "ugli"},
                                                         {"early", "earli"},
                                                         {"only", "onli"},
                                                         {"singly", "singl"},
                                                         {"sky", "sky"},
                                                         {"news", "news"},
                                                         {"howe", "howe"},
                                                         {"atlas", "atlas"},
                                                         {"cosmos", "cosmos"},
                                                         {"bias", "bias"},
                                                         {"andes", "andes"}});

// Left alone after step 1a.
constexpr auto kFixedAfterStep1a = std::to_array<std::string_view>(
    {"inning", "outing", "canning", "herring", "earring", "proceed", "exceed", "succeed"});

// Longest first: the first that matches is the one that counts.
constexpr auto kStep2 = std::to_array<Replacement>(
    {{"ization", "ize"}, {"ational", "ate"}, {"fulness", "ful"}, {"ousness", "ous"},
     {"iveness", "ive"}, {"tional", "tion"}, {"biliti", "ble"},  {"lessli", "less"},
     {"entli", "ent"},   {"ation", "ate"},   {"alism", "al"},    {"aliti", "al"},
     {"ousli", "ous"},   {"iviti", "ive"},   {"fulli", "ful"},   {"enci", "ence"},
     {"anci", "ance"},   {"abli", "able"},   {"izer", "ize"},    {"ator", "ate"},
     {"alli", "al"},     {"bli", "ble"},     {"ogi", "og"},      {"li", ""}});

constexpr auto kStep3 = std::to_array<Replacement>({{"ational", "ate"},
                                                    {"tional", "tion"},
                                                    {"alize", "al"},
                                                    {"icate", "ic"},
                                                    {"iciti", "ic"},
                                                    {"ative", ""},
                                                    {"ical", "ic"},
                                                    {"ness", ""},
                                                    {"ful", ""}});

constexpr auto kStep4 = std::to_array<std::string_view>(
    {"ement", "ance", "ence", "able", "ible", "ment", "ant", "ent", "ism", "ate", "iti", "ous",
     "ive", "ize", "ion", "al", "er", "ic"});

constexpr std::string_view kDoubles[] = {"bb", "dd", "ff", "gg", "mm", "nn", "pp", "rr", "tt"};

// 'Y' is a y that counts as a consonant.
bool is_vowel(char c) {
  return c == 'a' || c == 'e' || c == 'i' || c == 'o' || c == 'u' || c == 'y';
}

bool is_valid_li_ending(char c) {
  return std::string_view("cdeghkmnrt").find(c) != std::string_view::npos;
}

class Stemmer {
 public:
  explicit Stemmer(std::string& word) : word_(word) {}

  void run() {
    mark_consonant_y();
    find_regions();
    step1a();
    if (std::ranges::find(kFixedAfterStep1a, word_) == kFixedAfterStep1a.end()) {
      step1b();
      step1c();
      step2();
      step3();
      step4();
      step5();
    }
    std::ranges::replace(word_, 'Y', 'y');
  }

 private:
  bool ends_with(std::string_view suffix) const {
    return std::string_view(word_).ends_with(suffix);
  }
  // Whether the last `length` characters lie in the region that begins at `region`.
  bool is_in(size_t region, size_t length) const { return word_.size() >= region + length; }
  void cut(size_t length) { word_.resize(word_.size() - length); }
  void replace(size_t length, std::string_view with) {
    cut(length);
    word_ += with;
  }
  bool has_vowel_before(size_t end) const {
    return std::any_of(word_.begin(), word_.begin() + static_cast<ptrdiff_t>(end), is_vowel);
  }

  void mark_consonant_y() {
    for (size_t i = 0; i < word_.size(); ++i) {
      if (word_[i] == 'y' && (i == 0 || is_vowel(word_[i - 1]))) word_[i] = 'Y';
    }
  }

  // The place after the first consonant that follows a vowel, from `begin` on.
  size_t region_after(size_t begin) const {
    for (size_t i = begin + 1; i < word_.size(); ++i) {
      if (!is_vowel(word_[i]) && is_vowel(word_[i - 1])) return i + 1;
    }
    return word_.size();
  }

  void find_regions() {
    r1_ = region_after(0);
    for (const std::string_view prefix : {"gener", "commun", "arsen"}) {
      if (word_.starts_with(prefix)) r1_ = prefix.size();
    }
    r2_ = r1_ < word_.size() ? region_after(r1_) : word_.size();
  }

  bool ends_with_short_syllable(size_t end) const {
    if (end == 2) return is_vowel(word_[0]) && !is_vowel(word_[1]);
    if (end < 3) return false;
    const char last = word_[end - 1];
    return !is_vowel(last) && last != 'w' && last != 'x' && last != 'Y' &&
           is_vowel(word_[end - 2]) && !is_vowel(word_[end - 3]);
  }
  bool is_short() const { return r1_ >= word_.size() && ends_with_short_syllable(word_.size()); }

  void step1a() {
    if (ends_with("sses")) {
      cut(2);
    } else if (ends_with("ied") || ends_with("ies")) {
      cut(word_.size() > 4 ? 2 : 1);
    } else if (ends_with("s") && !ends_with("us") && !ends_with("ss")) {
      if (has_vowel_before(word_.size() - 2)) cut(1);
    }
  }

  void step1b() {
    for (const std::string_view suffix : {"eedly", "eed"}) {
      if (!ends_with(suffix)) continue;
      if (is_in(r1_, suffix.size())) replace(suffix.size(), "ee");
      return;
    }
    for (const std::string_view suffix : {"ingly", "edly", "ing", "ed"}) {
      if (!ends_with(suffix)) continue;
      if (!has_vowel_before(word_.size() - suffix.size())) return;
      cut(suffix.size());
      repair_after_step1b();
      return;
    }
  }

  void repair_after_step1b() {
    if (ends_with("at") || ends_with("bl") || ends_with("iz")) {
      word_ += 'e';
    } else if (std::ranges::any_of(kDoubles, [this](auto pair) { return ends_with(pair); })) {
      cut(1);
    } else if (is_short()) {
      word_ += 'e';
    }
  }

  void step1c() {
    const size_t size = word_.size();
    if (size > 2 && (word_[size - 1] == 'y' || word_[size - 1] == 'Y') &&
        !is_vowel(word_[size - 2])) {
      word_[size - 1] = 'i';
    }
  }

  void step2() {
    for (const auto& [from, to] : kStep2) {
      if (!ends_with(from)) continue;
      if (!is_in(r1_, from.size())) return;
      const size_t before = word_.size() - from.size();
      if (from == "ogi" && (before == 0 || word_[before - 1] != 'l')) return;
      if (from == "li" && (before == 0 || !is_valid_li_ending(word_[before - 1]))) return;
      replace(from.size(), to);
      return;
    }
  }

  void step3() {
    for (const auto& [from, to] : kStep3) {
      if (!ends_with(from)) continue;
      if (is_in(from == "ative" ? r2_ : r1_, from.size())) replace(from.size(), to);
      return;
    }
  }

  void step4() {
    for (const std::string_view suffix : kStep4) {
      if (!ends_with(suffix)) continue;
      if (!is_in(r2_, suffix.size())) return;
      const size_t before = word_.size() - suffix.size();
      if (suffix == "ion" &&
          (before == 0 || (word_[before - 1] != 's' && word_[before - 1] != 't')))
        return;
      cut(suffix.size());
      return;
    }
  }

  void step5() {
    if (ends_with("e")) {
      if (is_in(r2_, 1) || (is_in(r1_, 1) && !ends_with_short_syllable(word_.size() - 1))) cut(1);
    } else if (ends_with("ll") && is_in(r2_, 1)) {
      cut(1);
    }
  }

  std::string& word_;
  size_t r1_ = 0;
  size_t r2_ = 0;
};

}  // namespace

void stem_english(std::string& word) {
  if (word.size() < 3) return;
  if (!std::ranges::all_of(word, [](char c) { return c >= 'a' && c <= 'z'; })) return;
  for (const auto& [from, to] : kExceptions) {
    if (word == from) {
      word = to;
      return;
    }
  }
  Stemmer(word).run();
}

}  // namespace ganglion
