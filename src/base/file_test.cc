#include "base/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/mapped_file.h"

namespace ganglion {
namespace {

class FileTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("ganglion_file_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(FileTest, ReadsAndMapsWhatItWrote) {
  const std::string bytes("a\0b\nc", 5);
  ASSERT_TRUE(write_file_atomic(folder_ / "x", bytes).ok());
  EXPECT_EQ(*read_file(folder_ / "x"), bytes);
  const Result<MappedFile> mapped = MappedFile::open(folder_ / "x");
  ASSERT_TRUE(mapped.ok());
  EXPECT_EQ(mapped->text(), bytes);
}

TEST_F(FileTest, ReplacesAndLeavesNothingBeside) {
  ASSERT_TRUE(write_file_atomic(folder_ / "x", "old").ok());
  ASSERT_TRUE(write_file_atomic(folder_ / "x", "new").ok());
  EXPECT_EQ(*read_file(folder_ / "x"), "new");
  const std::filesystem::directory_iterator files(folder_);
  EXPECT_EQ(std::distance(begin(files), end(files)), 1);
}

TEST_F(FileTest, ErrorsNameThePathAndTheReason) {
  const Result<std::string> absent = read_file(folder_ / "absent");
  ASSERT_FALSE(absent.ok());
  EXPECT_EQ(absent.error().code, ErrorCode::kNotFound);
  EXPECT_NE(absent.error().message.find("absent: cannot open: No such file"), std::string::npos);
  EXPECT_EQ(read_file(folder_).error().code, ErrorCode::kInvalidArgument);
  EXPECT_FALSE(write_file_atomic(folder_ / "no" / "folder", "x").ok());
  EXPECT_EQ(MappedFile::open(folder_).error().code, ErrorCode::kInvalidArgument);
  ASSERT_EQ(::mkfifo((folder_ / "pipe").c_str(), 0600), 0);
  EXPECT_EQ(MappedFile::open(folder_ / "pipe").error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(MappedFile::open(folder_ / "absent").error().code, ErrorCode::kNotFound);
}

TEST_F(FileTest, HoldsTheSizeLimit) {
  ASSERT_TRUE(write_file_atomic(folder_ / "x", "12345").ok());
  EXPECT_TRUE(read_file(folder_ / "x", 5).ok());
  EXPECT_EQ(read_file(folder_ / "x", 4).error().code, ErrorCode::kLimit);
}

TEST_F(FileTest, MapsAnEmptyFile) {
  ASSERT_TRUE(write_file_atomic(folder_ / "x", "").ok());
  EXPECT_TRUE(MappedFile::open(folder_ / "x")->bytes().empty());
}

}  // namespace
}  // namespace ganglion
