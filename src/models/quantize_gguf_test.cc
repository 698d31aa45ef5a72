#include "models/quantize_gguf.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <cstring>
#include <limits>

#include "base/file.h"
#include "base/rng.h"
#include "base/test_paths.h"
#include "formats/gguf_writer.h"
#include "kernels/quantize_blocks.h"
#include "kernels/to_float.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

std::vector<float> random_values(size_t size) {
  Rng rng(3);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(rng.normal());
  return values;
}

class QuantizeGgufTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("ganglion_quantize_test_" + std::to_string(::getpid()));
    std::filesystem::create_directories(folder_);
    experts_ = random_values(3 * 5 * 256);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // One stack of three expert matrices of five rows, a norm, and metadata of every shape.
  GgufFile input() const {
    GgufWriter writer;
    writer.set_string("general.architecture", "llama");
    writer.set_u32("general.file_type", 0);
    writer.set_u32("llama.block_count", 1);
    writer.set_strings("tokenizer.ggml.tokens", std::vector<std::string>{"a", "", "ü"});
    writer.set_f32s("tokenizer.ggml.scores", std::vector<float>{0.5F, -1.0F});
    writer.set_bool("tokenizer.ggml.add_bos_token", true);
    writer.add_f32("blk.0.ffn_up_exps.weight", {3, 5, 256}, experts_);
    writer.add_f32("blk.0.attn_norm.weight", {256}, std::vector<float>(256, 1.5F));
    EXPECT_TRUE(write_file_atomic(folder_ / "in.gguf", writer.serialise().value()).ok());
    return GgufFile::open(folder_ / "in.gguf").value();
  }

  Result<QuantizeReport> quantize(const GgufFile& file, const char* mix,
                                  const ImportanceData* importance = nullptr,
                                  size_t num_threads = 1) const {
    ThreadPool threads(num_threads);
    SilentProgress progress;
    return quantize_gguf(file, folder_ / "out.gguf",
                         {.mix = find_quantization_mix(mix), .importance = importance}, threads,
                         progress);
  }

  std::filesystem::path folder_;
  std::vector<float> experts_;
};

TEST_F(QuantizeGgufTest, CarriesMetadataOverAndStatesTheType) {
  const auto report = quantize(input(), "Q4_K_M");
  ASSERT_TRUE(report.ok()) << report.error().message;
  const auto out = GgufFile::open(folder_ / "out.gguf");
  ASSERT_TRUE(out.ok()) << out.error().message;
  EXPECT_EQ(out->file_size(), report->output_bytes);
  EXPECT_EQ(out->get_unsigned("general.file_type").value(), 15U);
  EXPECT_EQ(out->get_unsigned("general.quantization_version").value(), 2U);
  EXPECT_THAT(out->get_strings("tokenizer.ggml.tokens").value(),
              testing::ElementsAre("a", "", "ü"));
  EXPECT_THAT(out->get_numbers("tokenizer.ggml.scores").value(), testing::ElementsAre(0.5F, -1.0F));
  EXPECT_TRUE(out->get_bool("tokenizer.ggml.add_bos_token").value());
  EXPECT_EQ(out->find_tensor("blk.0.ffn_up_exps.weight")->view.dtype, DType::kQ4_K);
  EXPECT_EQ(out->find_tensor("blk.0.ffn_up_exps.weight")->view.shape, (Shape{3, 5, 256}));
  EXPECT_EQ(out->find_tensor("blk.0.attn_norm.weight")->view.as<float>()[255], 1.5F);
}

TEST_F(QuantizeGgufTest, GivesEachExpertItsOwnImportance) {
  ImportanceData data;
  std::vector<float>& importance = data.mean_squares["blk.0.ffn_up_exps.weight"];
  for (size_t i = 0; i < 3 * size_t{256}; ++i) {
    importance.push_back(static_cast<float>(i % 7 + i / 256));
  }
  const auto report = quantize(input(), "Q4_K_M", &data);
  ASSERT_TRUE(report.ok()) << report.error().message;
  EXPECT_TRUE(report->tensors[0].used_importance);
  const auto out = GgufFile::open(folder_ / "out.gguf");
  ASSERT_TRUE(out.ok());
  const auto bytes = out->find_tensor("blk.0.ffn_up_exps.weight")->view.bytes;
  for (size_t row = 0; row < 15; ++row) {
    std::array<std::byte, 144> block;
    ASSERT_TRUE(quantize_blocks(DType::kQ4_K, std::span(experts_).subspan(row * 256, 256),
                                importance.data() + row / 5 * 256, block.data())
                    .ok());
    EXPECT_EQ(std::memcmp(block.data(), bytes.data() + row * 144, 144), 0) << row;
  }
}

TEST_F(QuantizeGgufTest, GivesTheSameFileWithAnyNumberOfThreads) {
  experts_ = random_values(3 * 5 * 256);
  ASSERT_TRUE(quantize(input(), "Q5_K_S").ok());
  const std::string first = read_file(folder_ / "out.gguf").value();
  ASSERT_TRUE(quantize(input(), "Q5_K_S", nullptr, 4).ok());
  EXPECT_EQ(read_file(folder_ / "out.gguf").value(), first);
}

TEST_F(QuantizeGgufTest, RefusesWhatIsQuantisedAlreadyUnlessAllowed) {
  ASSERT_TRUE(quantize(input(), "Q8_0").ok());
  std::filesystem::rename(folder_ / "out.gguf", folder_ / "in8.gguf");
  const GgufFile quantised = GgufFile::open(folder_ / "in8.gguf").value();
  const auto refused = quantize(quantised, "Q4_K_M");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_THAT(refused.error().message, HasSubstr("found Q8_0, which has lost precision already"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.gguf"));
  ThreadPool threads(1);
  SilentProgress progress;
  const QuantizeOptions options = {.mix = find_quantization_mix("F32"), .allow_requantize = true};
  ASSERT_TRUE(quantize_gguf(quantised, folder_ / "out.gguf", options, threads, progress).ok());
  const GgufFile out = GgufFile::open(folder_ / "out.gguf").value();
  EXPECT_NEAR(out.find_tensor("blk.0.ffn_up_exps.weight")->view.as<float>()[7], experts_[7], 0.02F);
}

TEST_F(QuantizeGgufTest, NamesTheTensorAndRowOfABadValueAndLeavesNoFile) {
  experts_[6 * 256 + 9] = std::numeric_limits<float>::quiet_NaN();
  experts_[9 * 256] = std::numeric_limits<float>::infinity();
  const auto report = quantize(input(), "Q4_0", nullptr, 3);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().message,
              HasSubstr("tensor \"blk.0.ffn_up_exps.weight\": row 6: expected finite values, found "
                        "nan at index 9"));
  EXPECT_FALSE(std::filesystem::exists(folder_ / "out.gguf"));
}

TEST_F(QuantizeGgufTest, RefusesImportanceOfAnotherModel) {
  ImportanceData data;
  data.mean_squares["blk.0.ffn_up_exps.weight"] = std::vector<float>(256);
  const auto report = quantize(input(), "Q4_0", &data);
  ASSERT_FALSE(report.ok());
  EXPECT_THAT(report.error().message, HasSubstr("expected 768 values (3 matrices of 256 columns), "
                                                "found 256; it was measured on another model"));
}

double squared_error(const AlignedVector<float>& a, const AlignedVector<float>& b) {
  double error = 0.0;
  for (size_t i = 0; i < a.size(); ++i) error += std::pow(static_cast<double>(a[i] - b[i]), 2);
  return error;
}

// Every type, on the model that llama.cpp quantised for the golden files.
TEST_F(QuantizeGgufTest, LosesLessThanLlamaCpp) {
  const auto folder = shared_data_path("models/golden/given/quant");
  if (!folder) GTEST_SKIP() << "no golden models: set GANGLION_DATA";
  const GgufFile original = GgufFile::open(*folder / "F16.gguf").value();
  for (const char* name : {"Q4_0", "Q4_1", "Q5_0", "Q5_1", "Q8_0", "Q2_K", "Q3_K", "Q4_K", "Q5_K",
                           "Q6_K", "IQ4_NL", "IQ4_XS"}) {
    const GgufFile theirs = GgufFile::open(*folder / (std::string(name) + ".gguf")).value();
    double our_error = 0.0;
    double their_error = 0.0;
    for (const GgufTensor& tensor : original.tensors()) {
      if (tensor.view.dtype != DType::kF16) continue;
      const TensorView& their_view = theirs.find_tensor(tensor.name)->view;
      const auto values = copy_as_f32(tensor.view).value();
      std::vector<std::byte> blocks(their_view.bytes.size());
      ASSERT_TRUE(quantize_blocks(their_view.dtype, values, nullptr, blocks.data()).ok());
      our_error +=
          squared_error(copy_as_f32({their_view.dtype, their_view.shape, blocks}).value(), values);
      their_error += squared_error(copy_as_f32(their_view).value(), values);
    }
    EXPECT_LT(our_error, 0.98 * their_error) << name;
  }
}

}  // namespace
}  // namespace ganglion
