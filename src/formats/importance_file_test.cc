#include "formats/importance_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <limits>
#include <string>

#include "formats/gguf_writer.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<ImportanceData> parse(const std::string& bytes) {
  return parse_importance(std::as_bytes(std::span(bytes.data(), bytes.size())), "imatrix");
}

template <typename T>
void append(std::string& out, T value) {
  out.append(reinterpret_cast<const char*>(&value), sizeof(value));
}

void append_tensor(std::string& out, const std::string& name, int32_t calls,
                   const std::vector<float>& values) {
  append(out, static_cast<int32_t>(name.size()));
  out += name;
  append(out, calls);
  append(out, static_cast<int32_t>(values.size()));
  for (const float value : values) append(out, value);
}

std::string legacy_file() {
  std::string out;
  append(out, int32_t{2});
  append_tensor(out, "blk.0.attn_q.weight", 4, {4.0F, 8.0F});
  append_tensor(out, "output.weight", 0, {3.0F});
  append(out, int32_t{7});  // chunks, then the name of the text
  append(out, int32_t{3});
  return out + "abc";
}

// Two matrices of three columns; the second was never called.
std::string gguf_file(std::vector<float> sums, std::vector<float> counts) {
  GgufWriter writer;
  writer.set_string("general.type", "imatrix");
  writer.add_f32("x.weight.in_sum2", {static_cast<int64_t>(sums.size())}, sums);
  writer.add_f32("x.weight.counts", {static_cast<int64_t>(counts.size())}, counts);
  return writer.serialise().value();
}

TEST(ImportanceFile, ReadsTheLegacyFormat) {
  const auto data = parse(legacy_file());
  ASSERT_TRUE(data.ok()) << data.error().message;
  EXPECT_EQ(data->mean_squares.size(), 2U);
  EXPECT_THAT(data->mean_squares.at("blk.0.attn_q.weight"), ElementsAre(1.0F, 2.0F));
  EXPECT_THAT(data->mean_squares.at("output.weight"), ElementsAre(3.0F));
}

TEST(ImportanceFile, ReadsTheGgufFormatWithOneCountAMatrix) {
  const auto data = parse(gguf_file({2, 4, 6, 0, 0, 0}, {2, 0}));
  ASSERT_TRUE(data.ok()) << data.error().message;
  EXPECT_THAT(data->mean_squares.at("x.weight"), ElementsAre(1, 2, 3, 1, 1, 1));
}

TEST(ImportanceFile, RefusesEveryTruncation) {
  const std::string file = legacy_file();
  const size_t end_of_tensors = file.size() - 11;
  for (size_t size = 0; size < end_of_tensors; ++size) {
    const auto data = parse(file.substr(0, size));
    ASSERT_FALSE(data.ok()) << size;
    EXPECT_EQ(data.error().code, ErrorCode::kMalformed);
  }
  EXPECT_TRUE(parse(file.substr(0, end_of_tensors)).ok());
}

TEST(ImportanceFile, RefusesWhatIsNoImportance) {
  const float infinity = std::numeric_limits<float>::infinity();
  const struct {
    std::string bytes;
    const char* message;
  } cases[] = {
      {gguf_file({1, -2, 3}, {1}), "expected finite importance of at least 0, found -2 at index 1"},
      {gguf_file({1, infinity, 3}, {1}), "found inf at index 1"},
      {gguf_file({1, 2, 3}, {std::numeric_limits<float>::quiet_NaN()}), "found nan"},
      {gguf_file({1, 2, 3}, {1, 1}), "as many sums for each of 2 matrices, found 3 sums"},
      {GgufWriter().serialise().value(), "without *.in_sum2 tensors"},
      {std::string(4, '\0'), "found no tensors"},
      {std::string(4, '\xFF'), "number of tensors: expected at least 0, found -1"},
  };
  for (const auto& test : cases) {
    const auto data = parse(test.bytes);
    ASSERT_FALSE(data.ok()) << test.message;
    EXPECT_THAT(data.error().message, HasSubstr(test.message));
  }
  GgufWriter writer;
  writer.add_f32("x.weight.in_sum2", {1}, std::vector<float>{1});
  EXPECT_THAT(parse(writer.serialise().value()).error().message,
              HasSubstr("tensor \"x.weight.counts\" is missing"));
  std::string twice;
  append(twice, int32_t{2});
  append_tensor(twice, "a", 1, {1.0F});
  append_tensor(twice, "a", 1, {1.0F});
  EXPECT_THAT(parse(twice).error().message, HasSubstr("found \"a\" again"));
}

}  // namespace
}  // namespace ganglion
