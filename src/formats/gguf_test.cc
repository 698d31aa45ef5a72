#include "formats/gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>
#include <vector>

#include "base/file.h"
#include "base/test_paths.h"
#include "formats/gguf_writer.h"
#include "text/json.h"

namespace ganglion {
namespace {

std::span<const std::byte> bytes_of(const std::string& text) {
  return std::as_bytes(std::span(text.data(), text.size()));
}

std::string sample_file() {
  GgufWriter writer;
  writer.set_string("general.architecture", "sample");
  writer.set_u32("sample.layers", 3);
  writer.set_i32("sample.shift", -4);
  writer.set_u64("sample.size", uint64_t{1} << 40);
  writer.set_f32("sample.eps", 0.5F);
  writer.set_bool("sample.flag", true);
  writer.set_strings("sample.words", std::vector<std::string>{"one", "", "zwölf"});
  writer.set_i32s("sample.ids", std::vector<int32_t>{7, -1});
  writer.set_f32s("sample.scores", std::vector<float>{0.25F, -2.0F});
  writer.add_f32("a", Shape{2, 3}, std::vector<float>{1, 2, 3, 4, 5, 6});
  writer.add_i8("b", Shape{5}, std::vector<int8_t>{1, 2, 3, 4, 5});
  return writer.serialise().value();
}

TEST(Gguf, ReadsWhatTheWriterWrote) {
  const std::string bytes = sample_file();
  const Result<GgufFile> parsed = GgufFile::parse(bytes_of(bytes), "sample.gguf");
  ASSERT_TRUE(parsed.ok()) << parsed.error().message;
  const GgufFile& file = parsed.value();
  EXPECT_EQ(file.version(), 3U);
  EXPECT_EQ(file.get_string("general.architecture").value(), "sample");
  EXPECT_EQ(file.get_unsigned("sample.layers").value(), 3U);
  EXPECT_EQ(file.get_unsigned("sample.size").value(), uint64_t{1} << 40);
  EXPECT_DOUBLE_EQ(file.get_number("sample.shift").value(), -4.0);
  EXPECT_DOUBLE_EQ(file.get_number("sample.eps").value(), 0.5);
  EXPECT_TRUE(file.get_bool("sample.flag").value());
  EXPECT_THAT(file.get_strings("sample.words").value(), testing::ElementsAre("one", "", "zwölf"));
  EXPECT_THAT(file.get_integers("sample.ids").value(), testing::ElementsAre(7, -1));
  EXPECT_THAT(file.get_numbers("sample.scores").value(), testing::ElementsAre(0.25F, -2.0F));
  const TensorView a = file.get_tensor("a", Shape{2, 3}).value();
  float last = 0;
  std::memcpy(&last, a.bytes.data() + 5 * sizeof(float), sizeof(float));
  EXPECT_EQ(last, 6.0F);
  EXPECT_EQ(file.find_tensor("b")->view.bytes.size(), 5U);
  EXPECT_EQ(file.find_tensor("c"), nullptr);
}

TEST(Gguf, WritingIsDeterministic) { EXPECT_EQ(sample_file(), sample_file()); }

TEST(Gguf, GettersNameKeyAndTypes) {
  const std::string bytes = sample_file();
  const GgufFile file = GgufFile::parse(bytes_of(bytes), "sample.gguf").value();
  EXPECT_EQ(file.get_string("sample.layers").error().message,
            "sample.gguf: metadata \"sample.layers\": expected a string, found uint32");
  EXPECT_EQ(file.get_unsigned("sample.shift").error().message,
            "sample.gguf: metadata \"sample.shift\": expected at least 0, found -4");
  EXPECT_EQ(file.get_unsigned("sample.ids").error().message,
            "sample.gguf: metadata \"sample.ids\": expected an integer, found array of int32");
  EXPECT_EQ(file.get_bool("nothing").error().code, ErrorCode::kNotFound);
  EXPECT_EQ(file.get_unsigned_or("nothing", 9).value(), 9U);
  EXPECT_EQ(file.get_tensor("a", Shape{3, 2}).error().message,
            "sample.gguf: tensor \"a\": expected shape [3, 2], found [2, 3]");
}

TEST(Gguf, EveryTruncationIsAnError) {
  const std::string bytes = sample_file();
  const size_t last_value_end = bytes.size() - 32 + 5;  // the rest is padding
  for (size_t size = 0; size < last_value_end; ++size) {
    const std::string cut = bytes.substr(0, size);
    EXPECT_FALSE(GgufFile::parse(bytes_of(cut), "cut").ok()) << size;
  }
  EXPECT_TRUE(GgufFile::parse(bytes_of(bytes.substr(0, last_value_end)), "cut").ok());
}

TEST(Gguf, RefusesTextThatIsNotUtf8) {
  GgufWriter writer;
  writer.set_string("general.name", "bad \xff");
  EXPECT_EQ(writer.serialise().error().code, ErrorCode::kInvalidArgument);
}

// What the structure alone decides; models/architecture_test.cc adds what a model needs.
TEST(Gguf, MalformedFilesOfTheGoldenSet) {
  const auto folder = shared_data_path("models/golden/given/malformed");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  const json::value index =
      parse_json(read_file(*folder / "index.json").value(), "index.json").value();
  size_t num_checked = 0;
  for (const json::value& entry : index.at("files").as_array()) {
    const std::string name(entry.at("file").as_string());
    const std::string_view kind = entry.at("kind").as_string();
    const std::string_view expected = entry.at("expected").as_string();
    if (kind == "semantic" || kind == "vocab") continue;
    const Result<GgufFile> file = GgufFile::open(*folder / name);
    EXPECT_TRUE(file.ok() || expected != "accept") << file.error().message;
    EXPECT_TRUE(!file.ok() || expected != "reject") << name;
    if (!file.ok()) {
      EXPECT_THAT(file.error().message, testing::HasSubstr(name + ": "));
    }
    ++num_checked;
  }
  EXPECT_GE(num_checked, 40U);
}

}  // namespace
}  // namespace ganglion
