#include "models/quantization_mix.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "base/file.h"
#include "base/test_paths.h"
#include "text/json.h"

namespace ganglion {
namespace {

// A Llama of 16 layers whose feed-forward rows have `ffn` elements; owns the names.
class Model {
 public:
  explicit Model(int64_t ffn = 512, bool has_output = true) {
    add("token_embd.weight", {1000, 256});
    if (has_output) add("output.weight", {1000, 256});
    add("output_norm.weight", {256});
    for (int i = 15; i >= 0; --i) {  // the order in the file does not matter
      const std::string layer = "blk." + std::to_string(i) + ".";
      add(layer + "attn_norm.weight", {256});
      add(layer + "attn_q.weight", {256, 256});
      add(layer + "attn_k.weight", {64, 256});
      add(layer + "attn_v.weight", {64, 256});
      add(layer + "attn_v.bias", {64});
      add(layer + "attn_output.weight", {256, 256});
      add(layer + "ffn_gate_inp.weight", {8, 256});
      add(layer + "ffn_up.weight", {ffn, 256});
      add(layer + "ffn_down.weight", {256, ffn});
    }
    for (size_t i = 0; i < names_.size(); ++i) {
      tensors_.push_back({names_[i], {DType::kF32, shapes_[i], {}}});
    }
  }

  DType type(std::string_view mix, std::string_view name, bool has_importance = false) const {
    const auto types =
        choose_tensor_types(facts, tensors_, *find_quantization_mix(mix), has_importance);
    for (size_t i = 0; i < types.size(); ++i) {
      if (tensors_[i].name == name) return types[i];
    }
    ADD_FAILURE() << name;
    return DType::kF64;
  }

  MixFacts facts = {
      .architecture = "llama", .num_layers = 16, .num_experts = 0, .heads_per_kv_head = 2};

 private:
  void add(std::string name, Shape shape) {
    names_.push_back(std::move(name));
    shapes_.push_back(shape);
  }

  std::vector<std::string> names_;
  std::vector<Shape> shapes_;
  std::vector<GgufTensor> tensors_;
};

TEST(QuantizationMix, LeavesNormsBiasesAndRoutersAlone) {
  const Model model;
  for (const QuantizationMix& mix : quantization_mixes()) {
    for (const char* name : {"output_norm.weight", "blk.3.attn_norm.weight", "blk.3.attn_v.bias",
                             "blk.3.ffn_gate_inp.weight"}) {
      EXPECT_EQ(model.type(mix.name, name), DType::kF32) << mix.name << " " << name;
    }
  }
  EXPECT_EQ(model.type("F16", "blk.3.attn_q.weight"), DType::kF16);
  EXPECT_EQ(find_quantization_mix("Q4_K_XXL"), nullptr);
}

TEST(QuantizationMix, GivesMoreBitsToTheFirstLastAndEveryThirdLayer) {
  const Model model;
  for (const int layer : {0, 1, 4, 7, 10, 13, 14, 15}) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    EXPECT_EQ(model.type("Q4_K_M", prefix + "attn_v.weight"), DType::kQ6_K) << layer;
    EXPECT_EQ(model.type("Q5_K_M", prefix + "ffn_down.weight"), DType::kQ6_K) << layer;
  }
  for (const int layer : {2, 3, 5, 6, 12}) {
    const std::string prefix = "blk." + std::to_string(layer) + ".";
    EXPECT_EQ(model.type("Q4_K_M", prefix + "attn_v.weight"), DType::kQ4_K) << layer;
    EXPECT_EQ(model.type("Q5_K_M", prefix + "ffn_down.weight"), DType::kQ5_K) << layer;
  }
  EXPECT_EQ(model.type("Q4_K_S", "blk.3.attn_v.weight"), DType::kQ5_K);
  EXPECT_EQ(model.type("Q4_K_S", "blk.4.attn_v.weight"), DType::kQ4_K);
  EXPECT_EQ(model.type("Q3_K_M", "blk.0.ffn_down.weight"), DType::kQ5_K);
  EXPECT_EQ(model.type("Q3_K_M", "blk.1.ffn_down.weight"), DType::kQ4_K);
  EXPECT_EQ(model.type("Q3_K_L", "blk.1.attn_output.weight"), DType::kQ5_K);
}

TEST(QuantizationMix, ChoosesTheOutputMatrix) {
  EXPECT_EQ(Model().type("Q4_K_M", "output.weight"), DType::kQ6_K);
  EXPECT_EQ(Model().type("Q4_K_M", "token_embd.weight"), DType::kQ4_K);
  EXPECT_EQ(Model(512, false).type("Q4_K_M", "token_embd.weight"), DType::kQ6_K);
  EXPECT_EQ(Model(512, false).type("Q8_0", "token_embd.weight"), DType::kQ8_0);
}

TEST(QuantizationMix, LooksAtImportanceExpertsAndSharedHeads) {
  Model model;
  EXPECT_EQ(model.type("Q4_0", "blk.1.ffn_down.weight"), DType::kQ4_0);
  EXPECT_EQ(model.type("Q4_0", "blk.1.ffn_down.weight", true), DType::kQ4_1);
  EXPECT_EQ(model.type("IQ4_XS", "blk.1.ffn_down.weight"), DType::kQ5_K);
  EXPECT_EQ(model.type("IQ4_XS", "blk.1.ffn_down.weight", true), DType::kIQ4_XS);
  EXPECT_EQ(model.type("Q2_K", "blk.1.attn_v.weight"), DType::kQ3_K);
  model.facts.heads_per_kv_head = 4;
  EXPECT_EQ(model.type("Q2_K", "blk.1.attn_v.weight"), DType::kQ4_K);
  model.facts.num_experts = 8;
  EXPECT_EQ(model.type("Q4_K_M", "blk.1.attn_k.weight"), DType::kQ8_0);
  EXPECT_EQ(model.type("Q4_K_M", "blk.2.attn_output.weight"), DType::kQ5_K);
}

TEST(QuantizationMix, FallsBackWhereRowsAreNoMultipleOfTheBlock) {
  const Model by_32(480);
  EXPECT_EQ(by_32.type("Q4_K_M", "blk.2.ffn_down.weight"), DType::kQ5_0);
  EXPECT_EQ(by_32.type("Q4_K_M", "blk.0.ffn_down.weight"), DType::kQ8_0);
  EXPECT_EQ(by_32.type("Q5_K_S", "blk.2.ffn_down.weight"), DType::kQ5_1);
  EXPECT_EQ(by_32.type("Q2_K", "blk.2.ffn_down.weight"), DType::kQ4_0);
  EXPECT_EQ(by_32.type("IQ4_XS", "blk.2.ffn_down.weight"), DType::kIQ4_NL);
  EXPECT_EQ(Model(500).type("Q4_K_M", "blk.2.ffn_down.weight"), DType::kF16);
  EXPECT_EQ(Model(500).type("Q4_0", "blk.2.ffn_down.weight"), DType::kF16);
}

TEST(QuantizationMix, ChoosesAsLlamaCppDidForTheGoldenFile) {
  const auto folder = shared_data_path("models/golden/given/quant");
  if (!folder) GTEST_SKIP() << "no golden models: set GANGLION_DATA";
  const auto original = GgufFile::open(*folder / "F16.gguf");
  const auto theirs = GgufFile::open(*folder / "Q4_K_M_mixed.gguf");
  ASSERT_TRUE(original.ok() && theirs.ok());
  const auto facts = read_mix_facts(*original);
  ASSERT_TRUE(facts.ok()) << facts.error().message;
  EXPECT_EQ(facts->heads_per_kv_head, 4U);
  const auto types =
      choose_tensor_types(*facts, original->tensors(), *find_quantization_mix("Q4_K_M"), false);
  for (size_t i = 0; i < types.size(); ++i) {
    const std::string_view name = original->tensors()[i].name;
    EXPECT_EQ(types[i], theirs->find_tensor(name)->view.dtype) << name;
  }
}

}  // namespace
}  // namespace ganglion
