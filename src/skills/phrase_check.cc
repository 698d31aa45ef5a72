#include "skills/phrase_check.h"

namespace ganglion {

Result<Phrase> Phrase::parse(std::string_view text) {
  Phrase phrase;
  phrase.text_ = text;
  for (const Word& word : split_words(text)) {
    const bool is_prefix = word.end < text.size() && text[word.end] == '*';
    phrase.parts_.push_back({word.text, is_prefix});
  }
  if (phrase.parts_.empty()) {
    return fail(ErrorCode::kInvalidArgument, "expected a phrase of at least one word, found '{}'",
                text);
  }
  return phrase;
}

bool Phrase::matches_at(const std::vector<Word>& words, size_t begin) const {
  for (size_t i = 0; i < parts_.size(); ++i) {
    const std::string& word = words[begin + i].text;
    const Part& part = parts_[i];
    if (part.is_prefix ? !word.starts_with(part.word) : word != part.word) return false;
  }
  return true;
}

std::optional<ByteRange> Phrase::find_in(const std::vector<Word>& words) const {
  for (size_t begin = 0; begin + parts_.size() <= words.size(); ++begin) {
    if (!matches_at(words, begin)) continue;
    return ByteRange{words[begin].begin, words[begin + parts_.size() - 1].end};
  }
  return std::nullopt;
}

}  // namespace ganglion
