#include "formats/safetensors.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cstring>

#include "base/test_paths.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

// A file of the given header and `num_data_bytes` zero bytes.
std::string file_of(std::string_view header, size_t num_data_bytes) {
  const uint64_t size = header.size();
  std::string bytes(reinterpret_cast<const char*>(&size), sizeof(size));
  bytes += header;
  bytes.append(num_data_bytes, '\0');
  return bytes;
}

Result<SafetensorsFile> parse(const std::string& bytes) {
  return SafetensorsFile::parse(std::as_bytes(std::span(bytes.data(), bytes.size())), "x");
}

std::string error_of(std::string_view header, size_t num_data_bytes) {
  const Result<SafetensorsFile> file = parse(file_of(header, num_data_bytes));
  return file.ok() ? "accepted" : file.error().message;
}

TEST(Safetensors, ReadsTensorsAndMetadata) {
  const std::string bytes = file_of(
      R"({"__metadata__":{"format":"pt"},"b":{"dtype":"I64","shape":[1],"data_offsets":[24,32]},)"
      R"("a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},)"
      R"("none":{"dtype":"F32","shape":[0],"data_offsets":[24,24]}})",
      32);
  const Result<SafetensorsFile> file = parse(bytes);
  ASSERT_TRUE(file.ok()) << file.error().message;
  EXPECT_EQ(file->tensors().size(), 3U);
  EXPECT_EQ(file->metadata().at("format"), "pt");
  EXPECT_EQ(file->get_tensor("a", Shape{2, 3})->bytes.size(), 24U);
  EXPECT_EQ(file->get_tensor("a", Shape{6}).error().message,
            "x: tensor \"a\": expected shape [6], found [2, 3]");
  EXPECT_EQ(file->get_tensor("c", Shape{6}).error().code, ErrorCode::kNotFound);
}

TEST(Safetensors, NamesWhatIsWrong) {
  EXPECT_THAT(parse("short").error().message, HasSubstr("header length at byte 0: expected 8"));
  EXPECT_THAT(parse(std::string(16, '\xff')).error().message, HasSubstr("header length: expected"));
  EXPECT_THAT(error_of("[]", 0), HasSubstr("expected an object"));
  EXPECT_THAT(error_of("{", 0), HasSubstr("x: header:"));
  EXPECT_THAT(error_of(R"({"a":3})", 0), HasSubstr("tensor \"a\": expected an object"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"Q1","shape":[1],"data_offsets":[0,4]}})", 4),
              HasSubstr("found Q1"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", 4),
              HasSubstr("\"shape\": expected integers"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[1],"data_offsets":[0,8]}})", 4),
              HasSubstr("within the 4 bytes"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", 4),
              HasSubstr("expected 8 bytes for shape [2]"));
  EXPECT_THAT(
      error_of(R"({"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})", 4),
      HasSubstr("more than 64 bits"));
  EXPECT_THAT(error_of(R"({"a":{"dtype":"I8","shape":[2],"data_offsets":[0,2]},)"
                       R"("b":{"dtype":"I8","shape":[2],"data_offsets":[1,3]}})",
                       3),
              HasSubstr("overlap or leave a hole"));
  EXPECT_THAT(error_of("{}", 3), HasSubstr("data: expected 0 bytes, found 3"));
}

TEST(Safetensors, ReadsRealFiles) {
  const auto folder = shared_data_path("models/model2vec-fixtures");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  size_t num_files = 0;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(*folder)) {
    if (entry.path().extension() != ".safetensors") continue;
    const Result<SafetensorsFile> file = SafetensorsFile::open(entry.path());
    EXPECT_TRUE(file.ok()) << file.error().message;
    ++num_files;
  }
  EXPECT_GT(num_files, 0U);
}

}  // namespace
}  // namespace ganglion
