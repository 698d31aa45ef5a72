#include "models/bert_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "formats/gguf_writer.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

GgufWriter metadata_of(const std::string& architecture, uint32_t num_heads = 3,
                       uint32_t num_positions = 64) {
  GgufWriter writer;
  writer.set_string("general.architecture", architecture);
  writer.set_u32(architecture + ".embedding_length", 12);
  writer.set_u32(architecture + ".block_count", 2);
  writer.set_u32(architecture + ".attention.head_count", num_heads);
  writer.set_u32(architecture + ".feed_forward_length", 16);
  writer.set_u32(architecture + ".context_length", num_positions);
  writer.set_f32(architecture + ".attention.layer_norm_epsilon", 1e-5F);
  const std::vector<float> words(24);
  writer.add_tensor("token_embd.weight",
                    {DType::kF32, {2, 12}, std::as_bytes(std::span<const float>(words))});
  return writer;
}

Result<BertConfig> read(const GgufWriter& writer) {
  const std::string bytes = writer.serialise().value();
  return read_bert_config(
      GgufFile::parse(std::as_bytes(std::span(bytes.data(), bytes.size())), "f.gguf").value());
}

std::string error_of(const GgufWriter& writer) {
  const Result<BertConfig> config = read(writer);
  return config.ok() ? "read" : config.error().message;
}

TEST(BertConfig, ArchitecturesDifferInPositionsAndFeedForward) {
  const BertConfig bert = read(metadata_of("bert")).value();
  EXPECT_TRUE(bert.positions == Positions::kTable && bert.gate == Gate::kNone);
  EXPECT_EQ(bert.pooling, Pooling::kMean);
  const BertConfig nomic = read(metadata_of("nomic-bert")).value();
  EXPECT_EQ(nomic.rope_theta, 1000.0);
  EXPECT_TRUE(nomic.positions == Positions::kRotary && nomic.gate == Gate::kSilu &&
              !nomic.has_biases);
  const BertConfig jina = read(metadata_of("jina-bert-v2")).value();
  EXPECT_TRUE(jina.positions == Positions::kDistance && jina.gate == Gate::kGelu &&
              !jina.has_biases);
}

TEST(BertConfig, ErrorsNameFileAndKey) {
  EXPECT_THAT(error_of(metadata_of("llama")),
              HasSubstr("f.gguf: metadata \"general.architecture\": expected one of \"bert\", "
                        "\"nomic-bert\", \"jina-bert-v2\", found \"llama\""));
  GgufWriter pooling = metadata_of("bert");
  pooling.set_u32("bert.pooling_type", 3);
  EXPECT_THAT(error_of(pooling),
              HasSubstr("\"bert.pooling_type\": expected 0 (none), 1 (mean), 2 (cls) or 4 (rank), "
                        "found 3"));
  GgufWriter theta = metadata_of("nomic-bert");
  theta.set_f32("nomic-bert.rope.freq_base", 0);
  EXPECT_THAT(error_of(theta), HasSubstr("f.gguf: metadata \"nomic-bert.rope.freq_base\": expected "
                                         "above 1, found 0"));
  GgufWriter experts = metadata_of("nomic-bert");
  experts.set_u32("nomic-bert.moe_every_n_layers", 2);
  EXPECT_THAT(error_of(experts), HasSubstr("\"nomic-bert.moe_every_n_layers\": expected 0"));
  EXPECT_THAT(error_of(metadata_of("nomic-bert", 3, 40'000)),
              HasSubstr("number of positions: expected 1 to 32768, found 40000"));
  EXPECT_THAT(error_of(metadata_of("nomic-bert", 4)),
              HasSubstr("size of an attention head: expected an even number, found 3"));
  GgufWriter normed = metadata_of("jina-bert-v2");
  const std::vector<float> ones(12, 1.0F);
  normed.add_tensor("blk.0.attn_q_norm.weight",
                    {DType::kF32, {12}, std::as_bytes(std::span<const float>(ones))});
  EXPECT_THAT(error_of(normed), HasSubstr("tensor \"blk.0.attn_q_norm.weight\": expected none"));
}

}  // namespace
}  // namespace ganglion
