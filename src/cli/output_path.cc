#include "cli/output_path.h"

#include <filesystem>
#include <system_error>
#include <utility>

#include "cli/exit.h"

namespace ganglion {
namespace {

[[noreturn]] void refuse(Error error) { throw CommandFailure{ExitCode::kUsage, std::move(error)}; }

bool is_same_file(const std::filesystem::path& a, const std::filesystem::path& b) {
  std::error_code ignored;
  if (std::filesystem::equivalent(a, b, ignored)) return true;
  return std::filesystem::weakly_canonical(a, ignored) ==
         std::filesystem::weakly_canonical(b, ignored);
}

}  // namespace

void check_output_path(const NamedPath& output, std::initializer_list<NamedPath> others) {
  if (output.path.empty()) {
    refuse(fail(ErrorCode::kInvalidArgument, "{}: expected a file name, found nothing",
                output.option));
  }
  const std::filesystem::path path = output.path;
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    refuse(fail(ErrorCode::kInvalidArgument, "{} {}: is a folder, expected a file name",
                output.option, output.path));
  }
  const std::filesystem::path folder = path.parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
    refuse(fail(ErrorCode::kNotFound, "{} {}: the folder {} does not exist; create it first",
                output.option, output.path, folder.string()));
  }
  for (const NamedPath& other : others) {
    if (other.path.empty() || !is_same_file(path, other.path)) continue;
    refuse(fail(ErrorCode::kInvalidArgument, "{} {}: is the file of {} too; name another file",
                output.option, output.path, other.option));
  }
}

}  // namespace ganglion
