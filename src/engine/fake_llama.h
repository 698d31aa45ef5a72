// A language model file of random weights that is small enough for every test.
#pragma once

#include <string_view>

#include "formats/gguf_writer.h"

namespace ganglion {

inline constexpr int64_t kFakeLlamaHidden = 64;  // two heads of 32
inline constexpr int64_t kFakeLlamaInner = 96;

// A llama of one layer and 512 positions whose vocabulary is <unk>, <s>, </s> and the 256 bytes.
// The same call gives the same weights.
GgufWriter fake_llama();

// The header of a LoRA adapter (alpha 4) for a model of that architecture.
GgufWriter fake_adapter(std::string_view architecture);
// Factors of rank 2 for a weight ("blk.0.attn_q.weight") of that shape.
void add_fake_factors(GgufWriter& adapter, std::string_view weight, int64_t num_outputs,
                      int64_t num_inputs);

}  // namespace ganglion
