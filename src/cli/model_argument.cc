#include "cli/model_argument.h"

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
