#include "base/disk_space.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(DiskSpace, ComparesWhatIsNeededWithWhatIsFree) {
  const std::filesystem::path path = std::filesystem::temp_directory_path() / "model.gguf";
  EXPECT_TRUE(check_disk_space(path, 1).ok());
  EXPECT_TRUE(check_disk_space("model.gguf", 1).ok());
  const Status status = check_disk_space(path, uint64_t{1} << 60);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
  EXPECT_THAT(status.error().message, testing::HasSubstr("room for 1152921504606846976 bytes"));
}

}  // namespace
}  // namespace ganglion
