// The part of a tokenizer that turns one piece of cleaned text into token ids.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "tokenizer/encode_options.h"

namespace ganglion {

// Working memory of one call of encode(), kept between its pieces.
struct PieceScratch {
  std::vector<int32_t> symbols;
  std::vector<uint32_t> previous;
  std::vector<uint32_t> next;
  std::vector<uint64_t> heap;
  std::vector<double> scores;
};

// Where a model puts its tokens.
struct PieceOutput {
  std::vector<int32_t>& ids;
  // Of every id the bytes inside the piece, with `base` added; or null.
  std::vector<TokenSpan>* spans;
  size_t base = 0;

  void add(int32_t id, size_t begin, size_t end) const {
    ids.push_back(id);
    if (spans != nullptr) spans->push_back({base + begin, base + end});
  }
};

// Immutable and thread-safe.
class PieceModel {
 public:
  virtual ~PieceModel() = default;

  // Appends the tokens of `piece`, which is not empty.
  virtual void encode(std::string_view piece, PieceScratch& scratch,
                      const PieceOutput& output) const = 0;
};

}  // namespace ganglion
