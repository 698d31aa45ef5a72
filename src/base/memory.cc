#include "base/memory.h"

#include <fmt/format.h>
#include <sys/resource.h>

#include <algorithm>
#include <charconv>
#include <optional>
#include <string_view>

#include "base/file.h"

namespace ganglion {
namespace {

std::optional<uint64_t> number_in(const char* path, std::string_view before) {
  const auto text = read_file(path);
  if (!text.ok()) return std::nullopt;
  size_t start = text->find(before);
  if (start == std::string::npos) return std::nullopt;
  start = text->find_first_not_of(" \t", start + before.size());
  if (start == std::string::npos) return std::nullopt;
  uint64_t number = 0;
  const auto result = std::from_chars(text->data() + start, text->data() + text->size(), number);
  if (result.ec != std::errc()) return std::nullopt;  // "max": no limit
  return number;
}

}  // namespace

uint64_t available_memory_bytes() {
  uint64_t available = UINT64_MAX;
  if (const auto kilobytes = number_in("/proc/meminfo", "MemAvailable:")) {
    available = *kilobytes * 1024;
  }
  const auto limit = number_in("/sys/fs/cgroup/memory.max", "");
  const auto used = number_in("/sys/fs/cgroup/memory.current", "");
  if (limit && used) available = std::min(available, *limit > *used ? *limit - *used : 0);
  return available;
}

uint64_t peak_resident_bytes() {
  struct rusage usage {};
  if (::getrusage(RUSAGE_SELF, &usage) != 0) return 0;
#if defined(__APPLE__)
  return static_cast<uint64_t>(usage.ru_maxrss);
#else
  return static_cast<uint64_t>(usage.ru_maxrss) * 1024;
#endif
}

std::string byte_count_text(uint64_t num_bytes) {
  constexpr uint64_t kMebibyte = uint64_t{1} << 20;
  const auto bytes = static_cast<double>(num_bytes);
  if (num_bytes < kMebibyte) return fmt::format("{} bytes", num_bytes);
  if (num_bytes < 1024 * kMebibyte) return fmt::format("{:.1f} MiB", bytes / kMebibyte);
  return fmt::format("{:.1f} GiB", bytes / (1024.0 * kMebibyte));
}

}  // namespace ganglion
