// Which types a file's weights have, in a line.
#pragma once

#include <string>

#include "formats/gguf.h"

namespace ganglion {

// "Q4_K 67 %, Q6_K 32 %, F32 1 %": shares of the bytes of all tensors, the largest first. "" for a
// file without tensors.
std::string weight_types_text(const GgufFile& file);

}  // namespace ganglion
