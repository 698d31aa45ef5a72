// Sizes of files as people read them.
#pragma once

#include <fmt/format.h>

#include <cstdint>
#include <string>

namespace ganglion {

// Decimal units, as the hubs state them: "817 B", "12.3 MB", "4.92 GB".
inline std::string byte_size_text(uint64_t bytes) {
  if (bytes < 1000) return fmt::format("{} B", bytes);
  const double size = static_cast<double>(bytes);
  if (size < 999.5e3) return fmt::format("{:.3g} kB", size * 1e-3);
  if (size < 999.5e6) return fmt::format("{:.3g} MB", size * 1e-6);
  if (size < 999.5e9) return fmt::format("{:.3g} GB", size * 1e-9);
  return fmt::format("{:.4g} TB", size * 1e-12);
}

}  // namespace ganglion
