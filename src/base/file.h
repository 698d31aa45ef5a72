// Whole files: read, and written so that a crash leaves the old or the new content, never a mix.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ganglion {

// The file's bytes. kNotFound or kIo; kLimit when it is larger than `max_bytes`.
Result<std::string> read_file(const std::filesystem::path& path,
                              uint64_t max_bytes = uint64_t{1} << 32);

// Writes beside `path`, syncs, and renames over it. kIo names the path and the system's reason.
Status write_file_atomic(const std::filesystem::path& path, std::string_view bytes);

}  // namespace ganglion
