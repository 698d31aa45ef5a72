#include "base/atomic_file_writer.h"

#include <gtest/gtest.h>

#include "base/file.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

class AtomicFileWriterTest : public testing::Test {
 protected:
  AtomicFileWriterTest() : folder_(fs::path(testing::TempDir()) / "atomic_file_writer") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
  }
  size_t num_files() const {
    return static_cast<size_t>(
        std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }
  fs::path folder_;
};

TEST_F(AtomicFileWriterTest, TheOldContentStaysUntilTheCommit) {
  const fs::path path = folder_ / "out";
  ASSERT_TRUE(write_file_atomic(path, "old").ok());
  std::string expected;
  {
    AtomicFileWriter writer = AtomicFileWriter::open(path).value();
    for (int i = 0; i < 50'000; ++i) {
      ASSERT_TRUE(writer.append("0123456789").ok());
      expected += "0123456789";
    }
    EXPECT_EQ(read_file(path).value(), "old");
    ASSERT_TRUE(writer.commit().ok());
  }
  EXPECT_EQ(read_file(path).value(), expected);
  EXPECT_EQ(num_files(), 1u);
}

TEST_F(AtomicFileWriterTest, PiecesOfAnySizeStandInOrder) {
  const fs::path path = folder_ / "out";
  std::string expected;
  AtomicFileWriter writer = AtomicFileWriter::open(path).value();
  for (const size_t size : {size_t{1}, (size_t{2} << 20) - 1, size_t{5'000'000}, size_t{0},
                            size_t{2} << 20, size_t{3}}) {
    std::string piece(size, '\0');
    for (size_t i = 0; i < size; ++i) piece[i] = static_cast<char>((expected.size() + i) % 251);
    ASSERT_TRUE(writer.append(piece).ok());
    expected += piece;
  }
  ASSERT_TRUE(writer.commit().ok());
  EXPECT_TRUE(read_file(path).value() == expected);
}

TEST_F(AtomicFileWriterTest, WithoutACommitNothingIsLeft) {
  {
    AtomicFileWriter writer = AtomicFileWriter::open(folder_ / "out").value();
    ASSERT_TRUE(writer.append("lost").ok());
  }
  EXPECT_EQ(num_files(), 0u);
}

TEST_F(AtomicFileWriterTest, AnImpossiblePathIsNamed) {
  const auto writer = AtomicFileWriter::open(folder_ / "absent" / "out");
  ASSERT_FALSE(writer.ok());
  EXPECT_EQ(writer.error().code, ErrorCode::kIo);
  EXPECT_NE(writer.error().message.find("absent"), std::string::npos);
}

}  // namespace
}  // namespace ganglion
