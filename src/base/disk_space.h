// Whether a file will fit, before it is written for minutes.
#pragma once

#include <cstdint>
#include <filesystem>

#include "base/result.h"

namespace ganglion {

// kLimit when the disk of `path` (which need not exist yet) has fewer than `needed` bytes free,
// with both figures. A disk that does not say is taken to have room: the write will tell.
Status check_disk_space(const std::filesystem::path& path, uint64_t needed);

}  // namespace ganglion
