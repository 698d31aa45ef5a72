// Low-rank adapters against weights with the same addition merged into them, and the refusals of
// adapters that were made for another model.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <filesystem>
#include <functional>

#include "base/file.h"
#include "base/rng.h"
#include "engine/gguf_language_model.h"
#include "formats/gguf_writer.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

constexpr size_t kHidden = 8;  // two heads of four
constexpr size_t kInner = 16;
constexpr size_t kVocabulary = 10;
constexpr size_t kRank = 2;
constexpr float kAlpha = 3;

std::vector<float> random_floats(size_t size, uint64_t seed) {
  Rng rng(seed);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(rng.normal()) * 0.4F;
  return values;
}

struct Weight {
  std::string name;
  size_t num_outputs, num_inputs;
};
const std::vector<Weight> kMatrices = {
    {"token_embd", kVocabulary, kHidden},    {"blk.0.attn_q", kHidden, kHidden},
    {"blk.0.attn_k", kHidden, kHidden},      {"blk.0.attn_v", kHidden, kHidden},
    {"blk.0.attn_output", kHidden, kHidden}, {"blk.0.ffn_gate", kInner, kHidden},
    {"blk.0.ffn_up", kInner, kHidden},       {"blk.0.ffn_down", kHidden, kInner},
};
const std::vector<Weight> kAdapted = {{"blk.0.attn_q", kHidden, kHidden},
                                      {"blk.0.attn_v", kHidden, kHidden},
                                      {"blk.0.ffn_down", kHidden, kInner}};

std::vector<float> factor_a(const Weight& weight) {
  return random_floats(kRank * weight.num_inputs, 100 + weight.name.size());
}
std::vector<float> factor_b(const Weight& weight) {
  return random_floats(weight.num_outputs * kRank, 200 + weight.name.size());
}

Shape shape_of(size_t rows, size_t columns) {
  return {static_cast<int64_t>(rows), static_cast<int64_t>(columns)};
}

// A llama of one layer; `merges` adds alpha / r B A to the adapted weights.
std::string tiny_llama(bool merges) {
  GgufWriter writer;
  writer.set_string("general.architecture", "llama");
  writer.set_u32("llama.context_length", 64);
  writer.set_u32("llama.embedding_length", kHidden);
  writer.set_u32("llama.block_count", 1);
  writer.set_u32("llama.feed_forward_length", kInner);
  writer.set_u32("llama.attention.head_count", 2);
  writer.set_f32("llama.attention.layer_norm_rms_epsilon", 1e-5F);
  const std::vector<float> ones(kHidden, 1.0F);
  for (const char* name :
       {"output_norm.weight", "blk.0.attn_norm.weight", "blk.0.ffn_norm.weight"}) {
    writer.add_f32(name, {static_cast<int64_t>(kHidden)}, ones);
  }
  for (const Weight& matrix : kMatrices) {
    std::vector<float> values = random_floats(matrix.num_outputs * matrix.num_inputs,
                                              std::hash<std::string>()(matrix.name));
    const bool is_adapted = std::any_of(kAdapted.begin(), kAdapted.end(), [&](const Weight& other) {
      return other.name == matrix.name;
    });
    const std::vector<float> a = factor_a(matrix);
    const std::vector<float> b = factor_b(matrix);
    for (size_t i = 0; merges && is_adapted && i < values.size(); ++i) {
      const size_t row = i / matrix.num_inputs;
      for (size_t r = 0; r < kRank; ++r) {
        values[i] +=
            kAlpha / kRank * b[row * kRank + r] * a[r * matrix.num_inputs + i % matrix.num_inputs];
      }
    }
    writer.add_f32(matrix.name + ".weight", shape_of(matrix.num_outputs, matrix.num_inputs),
                   values);
  }
  return writer.serialise().value();
}

GgufWriter adapter_header(std::string_view architecture = "llama") {
  GgufWriter writer;
  writer.set_string("general.type", "adapter");
  writer.set_string("general.architecture", architecture);
  writer.set_string("adapter.type", "lora");
  writer.set_f32("adapter.lora.alpha", kAlpha);
  return writer;
}

void add_factors(GgufWriter& writer, const Weight& weight) {
  writer.add_f32(weight.name + ".weight.lora_a", shape_of(kRank, weight.num_inputs),
                 factor_a(weight));
  writer.add_f32(weight.name + ".weight.lora_b", shape_of(weight.num_outputs, kRank),
                 factor_b(weight));
}

std::filesystem::path write(const GgufWriter& writer, const char* name) {
  const std::filesystem::path path = std::filesystem::path(testing::TempDir()) / name;
  EXPECT_TRUE(writer.write(path).ok());
  return path;
}

// A safetensors file of F32 tensors.
void write_safetensors(const std::filesystem::path& path,
                       const std::vector<std::pair<std::string, std::vector<float>>>& tensors,
                       const std::vector<Shape>& shapes) {
  std::string header = "{";
  std::string values;
  for (size_t i = 0; i < tensors.size(); ++i) {
    const auto& [name, floats] = tensors[i];
    const size_t end = values.size() + floats.size() * sizeof(float);
    header += fmt::format("{}\"{}\":{{\"dtype\":\"F32\",\"shape\":{},\"data_offsets\":[{},{}]}}",
                          i == 0 ? "" : ",", name, shapes[i].to_string(), values.size(), end);
    values.append(reinterpret_cast<const char*>(floats.data()), floats.size() * sizeof(float));
  }
  header += "}";
  while (header.size() % 8 != 0) header += ' ';
  const uint64_t size = header.size();
  std::string bytes(sizeof(size), '\0');
  std::memcpy(bytes.data(), &size, sizeof(size));
  ASSERT_TRUE(write_file_atomic(path, bytes + header + values).ok());
}

class LoraAdapters : public testing::Test {
 protected:
  LoraAdapters() : bytes_(tiny_llama(false)), merged_bytes_(tiny_llama(true)) {
    model_ = load(bytes_);
    merged_ = load(merged_bytes_);
  }

  static std::unique_ptr<const LanguageModel> load(const std::string& bytes) {
    auto file = GgufFile::parse(std::as_bytes(std::span(bytes)), "base.gguf");
    return load_gguf_language_model(std::move(file).value(), {}).value();
  }

  static std::vector<float> logits(const LanguageModel& model,
                                   std::shared_ptr<const LoraAdapter> adapter = nullptr) {
    SessionOptions options;
    options.cache_type = DType::kF32;
    options.adapter = std::move(adapter);
    const std::vector<int32_t> tokens = {1, 5, 2, 9, 3};
    std::vector<float> values;
    EXPECT_TRUE(model.start(options).value()->append(tokens, LogitRows::kAll, values).ok());
    return values;
  }

  std::string refusal(const GgufWriter& writer) {
    const auto adapter = model_->load_adapter(write(writer, "refused.gguf"));
    return adapter.ok() ? "" : adapter.error().message;
  }

  std::string bytes_, merged_bytes_;
  std::unique_ptr<const LanguageModel> model_, merged_;
};

TEST_F(LoraAdapters, GiveWhatMergedWeightsGiveAndLeaveOtherSessionsAlone) {
  GgufWriter writer = adapter_header();
  for (const Weight& weight : kAdapted) add_factors(writer, weight);
  const auto adapter = model_->load_adapter(write(writer, "adapter.gguf"));
  ASSERT_TRUE(adapter.ok()) << adapter.error().message;
  const std::vector<float> plain = logits(*model_);
  const std::vector<float> adapted = logits(*model_, *adapter);
  EXPECT_THAT(adapted, testing::Pointwise(testing::FloatNear(1e-5F), logits(*merged_)));
  EXPECT_THAT(adapted, testing::Not(testing::Pointwise(testing::FloatNear(1e-2F), plain)));
  EXPECT_EQ(logits(*model_), plain);
}

TEST_F(LoraAdapters, PeftFoldersAreReadInTheCheckpointsOrder) {
  const std::filesystem::path folder = std::filesystem::path(testing::TempDir()) / "peft";
  std::filesystem::create_directories(folder);
  ASSERT_TRUE(write_file_atomic(folder / "adapter_config.json",
                                R"({"peft_type":"LORA","lora_alpha":3,"r":2})")
                  .ok());
  const Weight query = kAdapted[0];
  // The rows of a head of four, as GGUF orders them: 0, 2, 1, 3 of the checkpoint's.
  const std::vector<float> ordered = factor_b(query);
  std::vector<float> stored(ordered.size());
  constexpr std::array<size_t, kHidden> kOrder = {0, 2, 1, 3, 4, 6, 5, 7};
  for (size_t row = 0; row < kHidden; ++row) {
    for (size_t r = 0; r < kRank; ++r) stored[kOrder[row] * kRank + r] = ordered[row * kRank + r];
  }
  const std::string prefix = "base_model.model.model.layers.0.";
  const Weight down = kAdapted[2];
  write_safetensors(folder / "adapter_model.safetensors",
                    {{prefix + "mlp.down_proj.lora_A.weight", factor_a(down)},
                     {prefix + "mlp.down_proj.lora_B.weight", factor_b(down)},
                     {prefix + "self_attn.q_proj.lora_A.weight", factor_a(query)},
                     {prefix + "self_attn.q_proj.lora_B.weight", stored}},
                    {shape_of(kRank, kInner), shape_of(kHidden, kRank), shape_of(kRank, kHidden),
                     shape_of(kHidden, kRank)});
  const auto peft = model_->load_adapter(folder);
  ASSERT_TRUE(peft.ok()) << peft.error().message;
  GgufWriter writer = adapter_header();
  add_factors(writer, query);
  add_factors(writer, down);
  const auto gguf = model_->load_adapter(write(writer, "same.gguf"));
  ASSERT_TRUE(gguf.ok()) << gguf.error().message;
  EXPECT_EQ(logits(*model_, *peft), logits(*model_, *gguf));
}

TEST_F(LoraAdapters, OfAnotherModelAreRefusedByName) {
  EXPECT_THAT(refusal(adapter_header("qwen2")),
              HasSubstr("\"general.architecture\": expected llama (as base.gguf has it), found "
                        "qwen2; the adapter was made for another model"));
  GgufWriter wide = adapter_header();
  add_factors(wide, {"blk.0.attn_q", 2 * kHidden, kHidden});
  EXPECT_THAT(refusal(wide), HasSubstr("\"blk.0.attn_q.weight\": expected shape [8, 8] (as "
                                       "base.gguf has it), found [16, 8]"));
  GgufWriter deep = adapter_header();
  add_factors(deep, {"blk.7.attn_q", kHidden, kHidden});
  EXPECT_THAT(refusal(deep), HasSubstr("\"blk.7.attn_q.weight\": expected only weights of the"));
  GgufWriter embedding = adapter_header();
  add_factors(embedding, {"token_embd", kVocabulary, kHidden});
  EXPECT_THAT(refusal(embedding), HasSubstr("only the matrices of layers and the output"));
  GgufWriter half = adapter_header();
  half.add_f32("blk.0.attn_q.weight.lora_a", shape_of(kRank, kHidden), factor_a(kAdapted[0]));
  EXPECT_THAT(refusal(half), HasSubstr("expected both factors, found only A"));
  GgufWriter model;
  model.set_string("general.type", "model");
  EXPECT_THAT(refusal(model), HasSubstr("give a LoRA adapter"));
}

}  // namespace
}  // namespace ganglion
