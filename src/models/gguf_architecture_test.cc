#include "models/gguf_architecture.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/file.h"
#include "base/test_paths.h"
#include "text/json.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

Status check(const std::filesystem::path& path) {
  auto file = GgufFile::open(path);
  if (!file.ok()) return file.error();
  return check_gguf_architecture(*file);
}

TEST(GgufArchitecture, EveryMalformedFileOfTheGoldenSet) {
  const auto folder = shared_data_path("models/golden/given/malformed");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  const json::value index =
      parse_json(read_file(*folder / "index.json").value(), "index.json").value();
  size_t num_checked = 0;
  for (const json::value& entry : index.at("files").as_array()) {
    const std::string name(entry.at("file").as_string());
    const std::string_view expected = entry.at("expected").as_string();
    const Status status = check(*folder / name);
    EXPECT_TRUE(status.ok() || expected != "accept") << status.error().message;
    EXPECT_TRUE(!status.ok() || expected != "reject") << name;
    if (!status.ok()) {
      EXPECT_THAT(status.error().message, HasSubstr(name + ": "));
    }
    ++num_checked;
  }
  EXPECT_EQ(num_checked, 49U);
}

TEST(GgufArchitecture, NamesTheFaultOfSemanticErrors) {
  const auto folder = shared_data_path("models/golden/given/malformed");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  const auto message = [&](const char* name) { return check(*folder / name).error().message; };
  EXPECT_THAT(message("missing_architecture.gguf"),
              HasSubstr("\"general.architecture\": expected"));
  EXPECT_THAT(message("missing_block_count.gguf"), HasSubstr("\"llama.block_count\": expected"));
  EXPECT_THAT(message("head_count_zero.gguf"),
              HasSubstr("\"llama.attention.head_count\": expected 1 to 16777216, found 0"));
  EXPECT_THAT(message("scores_count_mismatch.gguf"), HasSubstr("expected 40 values"));
  EXPECT_THAT(message("eos_out_of_range.gguf"), HasSubstr("below 40"));
  EXPECT_THAT(message("missing_tensor.gguf"), HasSubstr("blk.0.ffn_down.weight"));
}

TEST(GgufArchitecture, AcceptsEveryRealAndGoldenModel) {
  const auto root = shared_data_path("models");
  if (!root) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  size_t num_files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*root)) {
    const std::string path = entry.path().string();
    if (entry.path().extension() != ".gguf" || path.find("malformed") != std::string::npos)
      continue;
    const Status status = check(path);
    EXPECT_TRUE(status.ok()) << status.error().message;
    ++num_files;
  }
  EXPECT_GE(num_files, 40U);
}

}  // namespace
}  // namespace ganglion
