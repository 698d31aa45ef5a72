#include "base/disk_space.h"

#include <system_error>

namespace ganglion {

Status check_disk_space(const std::filesystem::path& path, uint64_t needed) {
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : ".";
  std::error_code failure;
  const std::filesystem::space_info space = std::filesystem::space(folder, failure);
  if (failure || space.available >= needed) return {};
  return fail(ErrorCode::kLimit,
              "{}: expected room for {} bytes, found {} free on its disk; make room or choose "
              "another place",
              path.string(), needed, space.available);
}

}  // namespace ganglion
