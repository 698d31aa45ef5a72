// What a decoder's passes take of a machine: operations of arithmetic and bytes from memory.
#pragma once

#include <cstddef>
#include <cstdint>

#include "base/result.h"
#include "formats/gguf.h"
#include "tensor/dtype.h"

namespace ganglion {

struct DecoderWork {
  DType weight_type = DType::kF32;  // of most of the weights that multiply
  uint64_t layer_weights = 0;       // that multiply every token; of experts those that are used
  uint64_t layer_bytes = 0;         // they take
  uint64_t head_weights = 0;        // that make a token's logits
  uint64_t head_bytes = 0;
  size_t num_layers = 0;
  size_t query_size = 0;  // elements of all query heads of a layer
  size_t cache_size = 0;  // elements of a token's keys and values in a layer
  size_t window = 0;      // tokens that the layers with the shortest view see; 0: all

  // Of reading `num_tokens` from `first_position` on, with the logits of the last: a multiplication
  // and an addition count as one each. Where some layers have a window, as if all had.
  double prefill_operations(size_t first_position, size_t num_tokens) const;

  // Read from memory by a step of `num_streams` sequences at `position`: the weights, once, and for
  // each the keys and values before it.
  double step_bytes(size_t position, DType cache_type, size_t num_streams = 1) const;

 private:
  double visible_tokens(size_t position) const;
};

// `file` is of a decoder architecture; errors of DecoderFile::create.
Result<DecoderWork> count_decoder_work(const GgufFile& file);

}  // namespace ganglion
