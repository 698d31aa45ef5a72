#include "models/decoder_work.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "formats/gguf_writer.h"
#include "models/weight_types.h"

namespace ganglion {
namespace {

constexpr uint32_t kHidden = 64;
constexpr uint32_t kInner = 96;
constexpr uint32_t kVocabulary = 1000;
constexpr uint32_t kKeys = 32;  // one key/value head for two query heads

struct FileOptions {
  bool has_output = true;
  uint32_t num_experts = 0;
  uint32_t window = 0;
};

void add_zeros(GgufWriter& writer, const std::string& name, DType dtype, const Shape& shape) {
  const DTypeTraits& traits = dtype_traits(dtype);
  const std::vector<std::byte> bytes(static_cast<size_t>(shape.num_elements()) /
                                     traits.block_elements * traits.block_bytes);
  writer.add_tensor(name, {dtype, shape, bytes});
}

// Two layers; the matrices are Q8_0, the norms F32.
std::string small_file(const FileOptions& options) {
  GgufWriter writer;
  writer.set_string("general.architecture", "llama");
  writer.set_u32("llama.context_length", 512);
  writer.set_u32("llama.embedding_length", kHidden);
  writer.set_u32("llama.block_count", 2);
  writer.set_u32("llama.feed_forward_length", kInner);
  writer.set_u32("llama.attention.head_count", 2);
  writer.set_u32("llama.attention.head_count_kv", 1);
  writer.set_u32("llama.vocab_size", kVocabulary);
  if (options.num_experts > 0) {
    writer.set_u32("llama.expert_count", options.num_experts);
    writer.set_u32("llama.expert_used_count", 2);
  }
  if (options.window > 0) writer.set_u32("llama.attention.sliding_window", options.window);
  add_zeros(writer, "token_embd.weight", DType::kQ8_0, {kVocabulary, kHidden});
  if (options.has_output) add_zeros(writer, "output.weight", DType::kF16, {kVocabulary, kHidden});
  for (const std::string layer : {"blk.0.", "blk.1."}) {
    add_zeros(writer, layer + "attn_norm.weight", DType::kF32, {kHidden});
    add_zeros(writer, layer + "attn_q.weight", DType::kQ8_0, {kHidden, kHidden});
    add_zeros(writer, layer + "attn_k.weight", DType::kQ8_0, {kKeys, kHidden});
    if (options.num_experts == 0) {
      add_zeros(writer, layer + "ffn_up.weight", DType::kQ8_0, {kInner, kHidden});
    } else {
      add_zeros(writer, layer + "ffn_up_exps.weight", DType::kQ8_0,
                {options.num_experts, kInner, kHidden});
    }
  }
  return writer.serialise().value();
}

DecoderWork work_of(const FileOptions& options) {
  const std::string bytes = small_file(options);
  const GgufFile file = GgufFile::parse(std::as_bytes(std::span(bytes)), "small.gguf").value();
  return count_decoder_work(file).value();
}

constexpr uint64_t kLayer = kHidden * kHidden + kKeys * kHidden + kInner * kHidden;
constexpr uint64_t kQ8Bytes = 34;  // a block of 32

TEST(DecoderWork, CountsWhatMultipliesButNotWhatIsLookedUp) {
  const DecoderWork work = work_of({});
  EXPECT_EQ(work.layer_weights, 2 * kLayer);
  EXPECT_EQ(work.layer_bytes, 2 * kLayer / 32 * kQ8Bytes);
  EXPECT_EQ(work.head_weights, kVocabulary * kHidden);
  EXPECT_EQ(work.head_bytes, 2 * kVocabulary * kHidden);
  EXPECT_EQ(work.num_layers, 2);
}

TEST(DecoderWork, TakesTheTypeOfMostWeights) {
  EXPECT_EQ(work_of({}).weight_type, DType::kF16);  // the head's
  EXPECT_EQ(work_of({.has_output = false}).weight_type, DType::kQ8_0);
}

TEST(DecoderWork, AFileWithoutOutputMatrixMultipliesByItsEmbedding) {
  const DecoderWork work = work_of({.has_output = false});
  EXPECT_EQ(work.head_weights, kVocabulary * kHidden);
  EXPECT_EQ(work.head_bytes, kVocabulary * kHidden / 32 * kQ8Bytes);
  EXPECT_EQ(work.layer_weights, 2 * kLayer);
}

TEST(DecoderWork, OfExpertsOnlyThoseThatAreUsed) {
  const DecoderWork work = work_of({.num_experts = 8});
  const uint64_t attention = kHidden * kHidden + kKeys * kHidden;
  EXPECT_EQ(work.layer_weights, 2 * (attention + 2 * kInner * kHidden));
}

TEST(DecoderWork, PrefillMultipliesLayersByEveryTokenAndTheHeadOnce) {
  const DecoderWork work = work_of({});
  // Three tokens behind ten see 11 + 12 + 13; two layers of 64 query elements, scores and values.
  const double attention = 4.0 * (11 + 12 + 13) * 64 * 2;
  const double weights = 2.0 * 3 * 2 * kLayer + 2.0 * kVocabulary * kHidden;
  EXPECT_DOUBLE_EQ(work.prefill_operations(10, 3), attention + weights);
}

TEST(DecoderWork, AWindowEndsWhatATokenSees) {
  const DecoderWork work = work_of({.window = 4});
  const double weights = 2.0 * 3 * 2 * kLayer + 2.0 * kVocabulary * kHidden;
  EXPECT_DOUBLE_EQ(work.prefill_operations(10, 3), 4.0 * (4 + 4 + 4) * 64 * 2 + weights);
}

TEST(DecoderWork, AStepReadsTheWeightsAndTheCache) {
  const DecoderWork work = work_of({});
  const auto weights = static_cast<double>(work.layer_bytes + work.head_bytes);
  // Keys and values of 32 elements in two layers.
  EXPECT_DOUBLE_EQ(work.step_bytes(9, DType::kF16), weights + 10.0 * 2 * 64 * 2);
  EXPECT_DOUBLE_EQ(work.step_bytes(9, DType::kQ8_0), weights + 10.0 * 2 * 64 * 34 / 32);
  EXPECT_DOUBLE_EQ(work.step_bytes(9, DType::kF16, 3), weights + 3 * 10.0 * 2 * 64 * 2);
}

TEST(DecoderWork, NamesWhatAFileLacks) {
  GgufWriter writer;
  writer.set_string("general.architecture", "llama");
  const std::string bytes = writer.serialise().value();
  const GgufFile file = GgufFile::parse(std::as_bytes(std::span(bytes)), "cut.gguf").value();
  const auto work = count_decoder_work(file);
  ASSERT_FALSE(work.ok());
  EXPECT_THAT(work.error().message, testing::HasSubstr("llama.block_count"));
}

TEST(WeightTypes, AreSharesOfTheBytesLargestFirst) {
  const std::string bytes = small_file({});
  const GgufFile file = GgufFile::parse(std::as_bytes(std::span(bytes)), "small.gguf").value();
  EXPECT_EQ(weight_types_text(file), "F16 57 %, Q8_0 42 %, F32 0 %");
}

}  // namespace
}  // namespace ganglion
