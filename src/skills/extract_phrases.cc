// Splitting, fixed phrases and UUIDs.
#include <algorithm>
#include <utility>

#include "models/tagger_features.h"
#include "skills/extract_phrases.h"

namespace ganglion {
namespace {

bool is_hex(char c) { return (c >= '0' && c <= '9') || ((c | 32) >= 'a' && (c | 32) <= 'f'); }

bool is_word_byte(char c) {
  return is_hex(c) || static_cast<unsigned char>(c) >= 0x80 || ((c | 32) >= 'a' && (c | 32) <= 'z');
}

}  // namespace

SplitText::SplitText(std::string_view content)
    : text(content),
      words(split_tagger_words(content)),
      hashes(hash_tagger_words(content, words)) {}

PhraseFinder::PhraseFinder(std::vector<FieldPhrase> phrases) {
  for (FieldPhrase& phrase : phrases) {
    SplitText part(phrase.phrase);
    if (part.hashes.empty()) continue;
    const uint64_t first = part.hashes[0];
    by_first_word_[first].push_back({std::move(part.hashes), std::move(phrase.value)});
  }
  for (auto& [first, list] : by_first_word_) {
    std::stable_sort(list.begin(), list.end(), [](const SplitPhrase& a, const SplitPhrase& b) {
      return a.words.size() > b.words.size();
    });
  }
}

std::vector<Candidate> PhraseFinder::find(const SplitText& split) const {
  std::vector<Candidate> found;
  const std::span<const uint64_t> hashes = split.hashes;
  for (size_t i = 0; i < hashes.size();) {
    size_t next = i + 1;
    const auto list = by_first_word_.find(hashes[i]);
    if (list != by_first_word_.end()) {
      for (const SplitPhrase& phrase : list->second) {
        const auto here = hashes.subspan(i, std::min(phrase.words.size(), hashes.size() - i));
        if (!std::equal(phrase.words.begin(), phrase.words.end(), here.begin(), here.end())) {
          continue;
        }
        next = i + phrase.words.size();
        found.push_back({split.words[i].begin, split.words[next - 1].end, phrase.value, 1.0});
        break;
      }
    }
    i = next;
  }
  return found;
}

std::vector<Candidate> find_uuids(const SplitText& split) {
  constexpr std::string_view kForm = "xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx";
  const std::string_view text = split.text;
  std::vector<Candidate> found;
  for (size_t dash = text.find('-'); dash != std::string_view::npos;
       dash = text.find('-', dash + 1)) {
    if (dash < 8 || dash - 8 + kForm.size() > text.size()) continue;
    const size_t begin = dash - 8;
    const size_t end = begin + kForm.size();
    const std::string_view part = text.substr(begin, kForm.size());
    const bool fits = std::equal(part.begin(), part.end(), kForm.begin(), [](char c, char form) {
      return form == '-' ? c == '-' : is_hex(c);
    });
    if (!fits || (begin > 0 && is_word_byte(text[begin - 1])) ||
        (end < text.size() && is_word_byte(text[end]))) {
      continue;
    }
    std::string value(part);
    for (char& c : value) c = c >= 'A' && c <= 'F' ? static_cast<char>(c + 32) : c;
    found.push_back({begin, end, json::value(value), 1.0});
    dash = end - 1;
  }
  return found;
}

}  // namespace ganglion
