// A model in several GGUF files ("name-00001-of-00003.gguf"), as gguf-split cuts them.
#pragma once

#include <filesystem>

#include "base/result.h"
#include "formats/gguf.h"

namespace ganglion {

// The whole model that `part`, opened from `path`, is a part of; a whole file comes back as it is.
// The other parts are found beside it, by name. Errors name the part: those of GgufFile::open;
// kMalformed where the parts do not make one model.
Result<GgufFile> open_all_parts(const std::filesystem::path& path, GgufFile part);

}  // namespace ganglion
