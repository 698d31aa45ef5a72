#include "cli/model_argument.h"

#include <charconv>
#include <cstdlib>
#include <filesystem>

#include "cli/exit.h"

namespace ganglion {

std::string environment_variable(const char* name) {
  const char* const value = std::getenv(name);
  if (value == nullptr) return "";
  const std::string text = value;
  constexpr const char* kBlanks = " \t\r\n";
  const size_t first = text.find_first_not_of(kBlanks);
  return first == std::string::npos
             ? ""
             : text.substr(first, text.find_last_not_of(kBlanks) - first + 1);
}

ModelStore open_model_store() {
  return ModelStore(or_fail(model_store_root(environment_variable)));
}

PanelOptions panel_options(const std::function<std::string(const char*)>& variable) {
  PanelOptions options;
  if (const std::string folder = variable("GANGLION_PANELS"); !folder.empty()) {
    if (folder != "off") options.folder = folder;
  } else if (const std::string home = variable("GANGLION_HOME"); !home.empty()) {
    options.folder = std::filesystem::path(home) / "panels";
  } else if (const std::string xdg = variable("XDG_CACHE_HOME"); xdg.starts_with('/')) {
    options.folder = std::filesystem::path(xdg) / "ganglion" / "panels";
  } else if (const std::string user = variable("HOME"); !user.empty()) {
    options.folder = std::filesystem::path(user) / ".cache" / "ganglion" / "panels";
  }
  if (const std::string limit = variable("GANGLION_PANELS_GIB"); !limit.empty()) {
    constexpr uint64_t kMaxGib = uint64_t{1} << 20;
    uint64_t gib = 0;
    const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), gib);
    if (error != std::errc() || end != limit.data() + limit.size() || gib > kMaxGib) {
      throw CommandFailure{ExitCode::kUsage,
                           fail(ErrorCode::kInvalidArgument,
                                "GANGLION_PANELS_GIB: expected a whole number from 0 to {}, found "
                                "\"{}\"",
                                kMaxGib, limit)};
    }
    options.max_bytes = gib << 30;
  }
  return options;
}

std::string model_path_or_fail(const std::string& name_or_path) {
  if (name_or_path.empty()) return "";
  const std::filesystem::path path = or_fail(resolve_model(open_model_store(), name_or_path));
  std::error_code ignored;
  if (std::filesystem::exists(path, ignored)) return path.string();
  throw CommandFailure{ExitCode::kFailed,
                       fail(ErrorCode::kNotFound,
                            "{}: cannot open: no such file or folder; give a .gguf file, a Hugging "
                            "Face folder, or a name that `ganglion list` shows",
                            path.string())};
}

}  // namespace ganglion
