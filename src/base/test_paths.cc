#include "base/test_paths.h"

#include <cstdlib>

namespace ganglion {
namespace {

std::filesystem::path from_environment(const char* name, const char* otherwise) {
  const char* value = std::getenv(name);
  return value != nullptr && *value != '\0' ? value : otherwise;
}

std::optional<std::filesystem::path> if_exists(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::exists(path, ignored)) return std::nullopt;
  return path;
}

}  // namespace

std::optional<std::filesystem::path> shared_data_path(std::string_view relative) {
  return if_exists(from_environment("GANGLION_DATA", "../shared/data") / relative);
}

std::optional<std::filesystem::path> minilm_path() {
  return if_exists(from_environment("GANGLION_MINILM", "build/test-models/all-MiniLM-L6-v2"));
}

}  // namespace ganglion
