// Unigram: of all ways to cut a piece into tokens, the one with the highest sum of scores.
// Source: sentencepiece 0.2 (unigram_model.cc, EncodeOptimized) and `tokenizers` 0.23
// (models/unigram), which sum in single and in double precision; Kudo 2018, arXiv:1804.10959.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "tokenizer/byte_trie.h"
#include "tokenizer/piece_model.h"

namespace ganglion {

struct UnigramSpec {
  static constexpr int32_t kNone = -1;

  std::vector<std::string> tokens;  // by id; empty for those that no text becomes
  std::vector<double> scores;       // as many
  int32_t unknown_id = 0;
  std::array<int32_t, 256> byte_ids = {};  // tokens of bytes; used where all 256 are there
  bool single_precision = false;           // how scores are summed
};

// Immutable and thread-safe. Linear in the text, times the length of the longest token.
class Unigram final : public PieceModel {
 public:
  // kMalformed when counts differ, a score is not finite or the unknown token is out of range;
  // kLimit for a token above 256 bytes.
  static Result<std::unique_ptr<PieceModel>> create(UnigramSpec spec);

  // Characters that no token holds are unknown; neighbours of them become one token.
  void encode(std::string_view piece, PieceScratch& scratch,
              const PieceOutput& output) const override;

 private:
  explicit Unigram(UnigramSpec spec);

  void find_best_path(std::string_view piece, PieceScratch& scratch) const;

  ByteTrie trie_;
  std::vector<double> scores_;
  int32_t unknown_id_;
  double unknown_score_ = 0;
  std::array<int32_t, 256> byte_ids_;
  bool has_bytes_ = false;
  bool single_precision_;
};

}  // namespace ganglion
