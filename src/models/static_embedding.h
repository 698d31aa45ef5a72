// A static-embedding encoder: one vector a token, summed over the text and normalised. No layers,
// so a ticket costs microseconds. The vectors carry their token's weight in their length. Source:
// model2vec (MinishLab, "potion" models) for the idea; the file is ours (docs/formats.md). Letters:
// V tokens in the vocabulary, H hidden size.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/gguf.h"
#include "tokenizer/wordpiece.h"

namespace ganglion {

// Immutable and thread-safe.
class StaticEmbedding {
 public:
  static constexpr std::string_view kArchitecture = "static-embedding";
  static constexpr size_t kMaxHiddenSize = 4096;

  // Keeps `file`, whose rows are used in place. The file is untrusted: kUnsupported for another
  // architecture or hidden size, kMalformed for vectors that do not fit the vocabulary or are not
  // finite, otherwise the errors of GgufFile and read_gguf_wordpiece.
  static Result<StaticEmbedding> load(GgufFile file);

  size_t hidden_size() const { return hidden_size_; }
  const WordPiece& tokenizer() const { return tokenizer_; }

  // Writes the L2-normalised vector of valid or invalid UTF-8 `text` to `out` [H]: all zeros when
  // no token of it is known. The same text gives the same bits on every machine. About 1 us for ten
  // words.
  void embed(std::string_view text, std::span<float> out) const;
  // The same for many texts; `out` is [num_texts, H], row-major.
  void embed(std::span<const std::string_view> texts, std::span<float> out) const;
  // The same from ids that tokenizer() gave, without special tokens.
  void embed_tokens(std::span<const int32_t> ids, std::span<float> out) const;

 private:
  StaticEmbedding(GgufFile file, WordPiece tokenizer, size_t hidden_size,
                  std::span<const int8_t> rows, std::span<const float> scales);

  GgufFile file_;
  WordPiece tokenizer_;
  size_t hidden_size_;
  std::span<const int8_t> rows_;   // [V, H] in file_
  std::span<const float> scales_;  // [V] in file_
};

// What a static-embedding file holds, before it is one.
struct StaticEmbeddingWeights {
  std::vector<std::string> tokens;  // V, continuations begin with "##"
  int32_t unknown_id = 0;
  size_t hidden_size = 0;
  std::vector<int8_t> rows;   // [V, H]
  std::vector<float> scales;  // [V]
};

// Rounds `vectors` [V, H] to int8 with one scale a row. Sizes must agree (asserted).
StaticEmbeddingWeights quantize_static_embedding(std::vector<std::string> tokens,
                                                 int32_t unknown_id, size_t hidden_size,
                                                 std::span<const float> vectors);

struct StaticEmbeddingInfo {
  std::string name;
  std::string description;  // how it was made
  std::string license;      // SPDX expression
};

// The GGUF file. kInvalidArgument when a text is not UTF-8.
Result<std::string> serialise_static_embedding(const StaticEmbeddingWeights& weights,
                                               const StaticEmbeddingInfo& info);

}  // namespace ganglion
