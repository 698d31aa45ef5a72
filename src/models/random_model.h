// Models with random weights, but the shapes, metadata and types of real ones: for measurements of
// speed and memory, which do not depend on what a model has learnt. The text that they write has no
// meaning.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "models/quantization_mix.h"

namespace ganglion {

// "tinyllama-1.1b", "qwen2.5-0.5b", "llama-3.2-1b", "smollm2-135m", "minilm-l6".
std::vector<std::string_view> random_model_presets();

struct RandomModelRequest {
  std::string_view preset;               // one of random_model_presets()
  const QuantizationMix* mix = nullptr;  // required
  uint64_t seed = 1;
};

// Writes the model as a GGUF file: whole or not at all. The same request gives the same bytes.
// Values are normal, scaled by 1/sqrt(inputs), so that hidden states and logits keep the size that
// those of trained models have. Blocks are drawn from a pool of 2^21 quantised values for each type
// and scale: quantising every value would take minutes and change no measurement. Memory: some 30
// MiB. kInvalidArgument for an unknown preset; errors of write_gguf_stream.
Status write_random_model(const RandomModelRequest& request, const std::filesystem::path& path,
                          ProgressSink& progress);

}  // namespace ganglion
