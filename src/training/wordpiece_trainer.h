// Chooses a WordPiece vocabulary for static embeddings: mostly whole words, because a vector of a
// word says more than the sum of the vectors of its parts, and pieces for the rest.
#pragma once

#include <cstddef>
#include <string>
#include <vector>

#include "base/result.h"
#include "training/word_counts.h"

namespace ganglion {

struct WordpieceTrainingOptions {
  size_t vocabulary_size = 0;  // tokens in all
  size_t num_pieces = 0;       // of them, pieces of words; at most this many are found
  // Beyond this many occurrences a word says no more about pieces: rare words share them out.
  uint64_t max_piece_count = 20;
};

// The tokens by id: [PAD], [UNK], [CLS], [SEP], the alphabet, the alphabet as continuations, the
// most frequent words, then the pieces that byte-pair merges find in the remaining words (Sennrich
// et al. 2016, algorithm 1), continuations spelled "##…". Ties are broken by spelling, so the same
// table gives the same tokens. kInvalidArgument when vocabulary_size does not hold the alphabet and
// num_pieces.
Result<std::vector<std::string>> train_wordpiece(const WordTable& table,
                                                 const WordpieceTrainingOptions& options);

inline constexpr int kTrainedUnknownId = 1;

}  // namespace ganglion
