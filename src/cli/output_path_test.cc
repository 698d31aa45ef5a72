#include "cli/output_path.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "cli/exit.h"

namespace ganglion {
namespace {

// The message of the refusal, or "" when there is none.
std::string refusal(const NamedPath& output, std::initializer_list<NamedPath> others) {
  try {
    check_output_path(output, others);
  } catch (const CommandFailure& failure) {
    EXPECT_EQ(failure.code, ExitCode::kUsage);
    return failure.error.message;
  }
  return "";
}

TEST(OutputPath, RefusesWhatWouldOverwriteOrCannotBeWritten) {
  const std::filesystem::path folder =
      std::filesystem::temp_directory_path() / ("output_path_test_" + std::to_string(::getpid()));
  std::filesystem::create_directories(folder);
  const std::string input = folder / "in.jsonl";
  std::ofstream(input) << "{}";

  EXPECT_EQ(refusal({"--out", folder / "out"}, {{"--data", input}, {"--report", ""}}), "");
  EXPECT_NE(refusal({"--out", ""}, {}).find("found nothing"), std::string::npos);
  EXPECT_NE(refusal({"--out", folder}, {}).find("is a folder"), std::string::npos);
  EXPECT_NE(refusal({"--out", folder / "no" / "x"}, {}).find("does not exist"), std::string::npos);
  const std::string same = folder / "." / "in.jsonl";
  EXPECT_NE(refusal({"--out", same}, {{"--data", input}}).find("is the file of --data too"),
            std::string::npos);
  EXPECT_NE(refusal({"--out", folder / "a"}, {{"--report", folder / "a"}}).find("--report"),
            std::string::npos);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace ganglion
