#include "models/split_gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <string>
#include <vector>

#include "formats/gguf_writer.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

class SplitGguf : public testing::Test {
 protected:
  SplitGguf() : folder_(testing::TempDir() + "/split_gguf") {
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }

  // Part `index` of `count` with one tensor of that value.
  GgufWriter part(uint32_t index, uint32_t count, const std::string& tensor) const {
    GgufWriter writer;
    if (index == 0) writer.set_string("general.architecture", "llama");
    writer.set_u32("split.no", index);
    writer.set_u32("split.count", count);
    writer.set_i32("split.tensors.count", 2);
    const std::vector<float> values = {static_cast<float>(index)};
    writer.add_f32(tensor, {1}, values);
    return writer;
  }
  std::filesystem::path write(const GgufWriter& writer, const char* name) const {
    EXPECT_TRUE(writer.write(folder_ / name).ok());
    return folder_ / name;
  }
  void write_both() const {
    write(part(0, 2, "a"), "m-00001-of-00002.gguf");
    write(part(1, 2, "b"), "m-00002-of-00002.gguf");
  }
  Result<GgufFile> open(const char* name) const {
    const std::filesystem::path path = folder_ / name;
    return open_all_parts(path, GgufFile::open(path).value());
  }
  std::string error(const char* name = "m-00001-of-00002.gguf") const {
    const Result<GgufFile> file = open(name);
    return file.ok() ? "accepted" : file.error().message;
  }

  std::filesystem::path folder_;
};

TEST_F(SplitGguf, AnyPartOpensTheWhole) {
  write_both();
  for (const char* name : {"m-00001-of-00002.gguf", "m-00002-of-00002.gguf"}) {
    const Result<GgufFile> file = open(name);
    ASSERT_TRUE(file.ok()) << file.error().message;
    EXPECT_EQ(file->get_string("general.architecture").value(), "llama");
    EXPECT_EQ(file->find("split.count"), nullptr);
    ASSERT_NE(file->find_tensor("b"), nullptr);
    EXPECT_EQ(file->find_tensor("a")->view.as<float>()[0], 0);
    EXPECT_EQ(file->find_tensor("b")->view.as<float>()[0], 1);
  }
}

TEST_F(SplitGguf, NamesThePartThatIsMissingOrAnothers) {
  write_both();
  std::filesystem::remove(folder_ / "m-00002-of-00002.gguf");
  EXPECT_THAT(error(), HasSubstr("m-00002-of-00002.gguf: cannot open"));
  EXPECT_THAT(error(), HasSubstr("a model in 2 parts needs all of them in one folder"));
  write(part(0, 2, "b"), "m-00002-of-00002.gguf");
  EXPECT_THAT(error(), HasSubstr("\"split.no\": expected 1 of 2, found 0 of 2"));
  write(part(1, 2, "a"), "m-00002-of-00002.gguf");
  EXPECT_THAT(error(), HasSubstr("tensor \"a\": expected in one part only"));
  GgufWriter more = part(1, 2, "b");
  const std::vector<float> values = {3};
  more.add_f32("c", {1}, values);
  write(more, "m-00002-of-00002.gguf");
  EXPECT_THAT(error(), HasSubstr("\"split.tensors.count\": expected 3 (of all parts), found 2"));
  write(part(0, 2, "a"), "renamed.gguf");
  EXPECT_THAT(error("renamed.gguf"),
              HasSubstr("expected a name that ends in -00001-of-00002.gguf"));
  write(part(2, 2, "a"), "m-00001-of-00002.gguf");
  EXPECT_THAT(error(), HasSubstr("found 2 of 2"));
}

}  // namespace
}  // namespace ganglion
