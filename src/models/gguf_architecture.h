// What a GGUF file must hold to be a model of its architecture: keys, tensors, sizes that agree.
// Source: llama.cpp's tables of tensors and keys (llama-arch.cpp, February 2025).
#pragma once

#include <string_view>

#include "base/result.h"
#include "formats/gguf.h"

namespace ganglion {

// Whether the tables below know the architecture ("llama", "bert", …).
bool is_known_architecture(std::string_view architecture);

// Checks a structurally sound file: its architecture is named; sizes are there, above 0 and fit
// each other; the vocabulary's lists are equally long and its special tokens inside it; every
// tensor of every layer is there and as wide as the sizes say. Files without tensors (a vocabulary
// alone) and architectures we do not know are only checked as far as that goes. kMalformed or
// kNotFound names file, key or tensor, expected and found.
Status check_gguf_architecture(const GgufFile& file);

}  // namespace ganglion
