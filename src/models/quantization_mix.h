// Which type each tensor of a quantised model gets: the named mixes of llama.cpp.
// Source: llama.cpp (src/llama-quant.cpp, 2026): the choice depends on a tensor's name, its place
// among the layers and the model's shape, so that files are as large as llama.cpp's.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/gguf.h"

namespace ganglion {

enum class MixName : uint8_t {
  kF32,
  kF16,
  kBF16,
  kQ4_0,
  kQ4_1,
  kQ5_0,
  kQ5_1,
  kQ8_0,
  kQ2_K,
  kQ3_K_S,
  kQ3_K_M,
  kQ3_K_L,
  kQ4_K_S,
  kQ4_K_M,
  kQ5_K_S,
  kQ5_K_M,
  kQ6_K,
  kIQ4_NL,
  kIQ4_XS,
};

struct QuantizationMix {
  std::string_view name;  // "Q4_K_M"
  MixName id = MixName::kF32;
  uint32_t file_type = 0;         // general.file_type (llama_ftype)
  DType base_type = DType::kF32;  // of most matrices
};

// All of them, and the one called `name` (null when there is none).
std::span<const QuantizationMix> quantization_mixes();
const QuantizationMix* find_quantization_mix(std::string_view name);

// What the mixes look at beside the tensors.
struct MixFacts {
  std::string_view architecture;
  uint64_t num_layers = 0;
  uint64_t num_experts = 0;
  uint64_t heads_per_kv_head = 1;
};

// From the metadata. Absent sizes count as above; kMalformed when one has the wrong type.
Result<MixFacts> read_mix_facts(const GgufFile& file);

// The type of each tensor, in their order; `tensors` need no bytes. One that the mixes do not touch
// (norms, biases, routers, positions) keeps its type. A matrix whose rows are no multiple of the
// chosen type's block gets the type that llama.cpp falls back to.
std::vector<DType> choose_tensor_types(const MixFacts& facts, std::span<const GgufTensor> tensors,
                                       const QuantizationMix& mix, bool has_importance);

}  // namespace ganglion
