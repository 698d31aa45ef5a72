// A file of this machine into the store.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "hub/download.h"

namespace ganglion {

// Puts the bytes of `source` into the store: shared with it where the file system can (reflink),
// else as a hard link, else as a copy, for which there must be space. `path` is the file's name
// inside the model. A source that is changed in place later changes a hard-linked blob too: replace
// model files by rename. kNotFound, kIo, kLimit.
Result<StoredFile> import_file(const DownloadContext& context, const std::filesystem::path& source,
                               const std::string& path, uint64_t done_before, uint64_t total);

}  // namespace ganglion
