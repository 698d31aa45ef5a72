// Whether a text holds a phrase, whatever its case, spacing and punctuation.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "retrieval/passages.h"
#include "retrieval/terms.h"

namespace ganglion {

// A sequence of whole words. A star after a word stands for any ending: "guarantee*" is also in
// "We GUARANTEED  it". Words are compared in lower case and composed form, without apostrophes and
// invisible characters.
class Phrase {
 public:
  // kInvalidArgument where the text has no word.
  static Result<Phrase> parse(std::string_view text);

  const std::string& text() const { return text_; }

  // The place of the first match in the source of `words`, or none.
  std::optional<ByteRange> find_in(const std::vector<Word>& words) const;

 private:
  struct Part {
    std::string word;
    bool is_prefix;
  };

  bool matches_at(const std::vector<Word>& words, size_t begin) const;

  std::string text_;
  std::vector<Part> parts_;
};

}  // namespace ganglion
