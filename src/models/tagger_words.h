// Splits text into the words that a tagger labels: runs of letters, runs of digits, and single
// other characters. "06:15pm" is 06 : 15 pm, so that a span may end anywhere a reader would end it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace ganglion {

struct TaggerWord {
  uint32_t begin;  // bytes of the text
  uint32_t end;
};

// In order, without white space, never overlapping. A combining mark stays with its letter; each
// ideograph and each invalid byte is a word. Linear time. `text` is shorter than 4 GiB.
std::vector<TaggerWord> split_tagger_words(std::string_view text);

// A longer text is labelled in pieces of at most this many words, so that memory stays bounded.
inline constexpr size_t kMaxPieceWords = 512;

// The end of the piece that starts at word `begin` < words.size(): the end of the text when it is
// near enough, else after the last line or sentence end in the second half of the longest piece.
size_t tagger_piece_end(std::string_view text, std::span<const TaggerWord> words, size_t begin);

}  // namespace ganglion
