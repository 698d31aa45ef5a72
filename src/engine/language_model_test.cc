// Loading language models: what works, and the errors of files that ask for what we cannot do.
#include "engine/language_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <ctime>
#include <functional>

#include "base/file.h"
#include "base/rng.h"
#include "base/test_paths.h"
#include "engine/gguf_language_model.h"
#include "formats/gguf_writer.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

constexpr int64_t kHidden = 8;
constexpr int64_t kInner = 16;
constexpr int64_t kVocabulary = 10;

void add_random(GgufWriter& writer, const std::string& name, const Shape& shape) {
  Rng rng(std::hash<std::string>()(name));
  std::vector<float> values(static_cast<size_t>(shape.num_elements()));
  for (float& value : values) value = static_cast<float>(rng.normal()) * 0.3F;
  writer.add_f32(name, shape, values);
}

// A llama of one layer, without the tensor called `without`.
GgufWriter tiny_llama(std::string_view without = "", std::string_view architecture = "llama") {
  GgufWriter writer;
  writer.set_string("general.architecture", architecture);
  const auto key = [&](const char* name) { return fmt::format("{}.{}", architecture, name); };
  writer.set_u32(key("context_length"), 64);
  writer.set_u32(key("embedding_length"), kHidden);
  writer.set_u32(key("block_count"), 1);
  writer.set_u32(key("feed_forward_length"), kInner);
  writer.set_u32(key("attention.head_count"), 2);
  writer.set_f32(key("attention.layer_norm_rms_epsilon"), 1e-5F);
  const std::vector<std::pair<std::string, Shape>> tensors = {
      {"token_embd.weight", {kVocabulary, kHidden}},
      {"output_norm.weight", {kHidden}},
      {"blk.0.attn_norm.weight", {kHidden}},
      {"blk.0.attn_q.weight", {kHidden, kHidden}},
      {"blk.0.attn_k.weight", {kHidden, kHidden}},
      {"blk.0.attn_v.weight", {kHidden, kHidden}},
      {"blk.0.attn_output.weight", {kHidden, kHidden}},
      {"blk.0.ffn_norm.weight", {kHidden}},
      {"blk.0.ffn_gate.weight", {kInner, kHidden}},
      {"blk.0.ffn_up.weight", {kInner, kHidden}},
      {"blk.0.ffn_down.weight", {kHidden, kInner}},
  };
  for (const auto& [name, shape] : tensors) {
    if (name != without) add_random(writer, name, shape);
  }
  return writer;
}

struct Loaded {
  std::string bytes;  // what the model's weights lie in
  std::unique_ptr<const LanguageModel> model;
  Error error;
};

Loaded load(const GgufWriter& writer, const LanguageModelOptions& options = {}) {
  Loaded loaded;
  loaded.bytes = writer.serialise().value();
  auto file = GgufFile::parse(std::as_bytes(std::span(loaded.bytes)), "tiny.gguf");
  auto model = load_gguf_language_model(std::move(file).value(), options);
  if (model.ok()) {
    loaded.model = std::move(model).value();
  } else {
    loaded.error = model.error();
  }
  return loaded;
}

std::vector<float> last_logits(const LanguageModel& model, const std::vector<int32_t>& tokens) {
  SessionOptions options;
  options.cache_type = DType::kF32;
  std::vector<float> logits;
  EXPECT_TRUE(model.start(options).value()->append(tokens, LogitRows::kLast, logits).ok());
  return logits;
}

TEST(LanguageModel, DescribesItself) {
  const Loaded loaded = load(tiny_llama());
  ASSERT_NE(loaded.model, nullptr) << loaded.error.message;
  const ModelDescription& description = loaded.model->description();
  EXPECT_EQ(description.architecture, "llama");
  EXPECT_EQ(description.vocabulary_size, 10u);
  EXPECT_EQ(description.context_length, 64u);
  EXPECT_EQ(description.num_parameters, 10u * 8 + 3 * 8 + 4 * 64 + 3 * 128);
  EXPECT_EQ(description.weight_bytes, 4 * description.num_parameters);
  EXPECT_EQ(description.cache_bytes_per_token, 2u * 2 * 8);
  EXPECT_EQ(loaded.model->tokenizer(), nullptr);
  EXPECT_EQ(loaded.model->chat_template(), "");
}

TEST(LanguageModel, AWindowHidesWhatLiesBeforeIt) {
  GgufWriter writer = tiny_llama();
  writer.set_u32("llama.attention.sliding_window", 3);
  const Loaded windowed = load(writer);
  ASSERT_NE(windowed.model, nullptr) << windowed.error.message;
  // One layer, and rotations that only tell distances: the last three tokens are all there is.
  const std::vector<float> long_text = last_logits(*windowed.model, {1, 2, 3, 4, 5, 6, 7});
  const std::vector<float> short_text = last_logits(*load(tiny_llama()).model, {5, 6, 7});
  const std::vector<float> whole = last_logits(*load(tiny_llama()).model, {1, 2, 3, 4, 5, 6, 7});
  EXPECT_THAT(long_text, testing::Pointwise(testing::FloatNear(1e-5F), short_text));
  EXPECT_THAT(long_text, testing::Not(testing::Pointwise(testing::FloatNear(1e-3F), whole)));
}

TEST(LanguageModel, RefusesWhatDoesNotFitInMemoryAndSaysWhatWould) {
  LanguageModelOptions options;
  options.memory_limit_bytes = 1600;  // 744 weights of 4 bytes need 2976
  const Loaded loaded = load(tiny_llama(), options);
  EXPECT_EQ(loaded.error.code, ErrorCode::kLimit);
  EXPECT_THAT(loaded.error.message,
              HasSubstr("tiny.gguf: the weights need 2976 bytes of memory, and 1600 bytes are "
                        "available; the model as Q8_0 (ganglion quantize) would need about 790"));
  options.memory_limit_bytes = 3000;
  const Loaded fits = load(tiny_llama(), options);
  ASSERT_NE(fits.model, nullptr) << fits.error.message;
  SessionOptions session;
  session.context_length = 64;
  session.cache_type = DType::kF32;  // 64 bytes a token
  const auto refused = fits.model->start(session);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_THAT(refused.error().message, HasSubstr("take a context of at most 46 tokens"));
}

TEST(LanguageModel, RefusesByNameWhatItDoesNotImplement) {
  const auto message = [](const std::function<void(GgufWriter&)>& change) {
    GgufWriter writer = tiny_llama();
    change(writer);
    return load(writer).error.message;
  };
  EXPECT_THAT(message([](GgufWriter& w) { w.set_string("llama.rope.scaling.type", "spiral"); }),
              HasSubstr("\"llama.rope.scaling.type\": expected none, linear, yarn or longrope, "
                        "found spiral"));
  EXPECT_THAT(message([](GgufWriter& w) { w.set_string("llama.rope.scaling.type", "longrope"); }),
              HasSubstr("rope_factors_long"));
  EXPECT_THAT(message([](GgufWriter& w) { w.set_f32("llama.attention.clamp_kqv", 8); }),
              HasSubstr("\"llama.attention.clamp_kqv\""));
  EXPECT_THAT(message([](GgufWriter& w) { w.set_bool("llama.attention.causal", true); }), "");
  EXPECT_THAT(message([](GgufWriter& w) { add_random(w, "blk.0.attn_sinks.weight", {2}); }),
              HasSubstr("tensor \"blk.0.attn_sinks.weight\""));
  EXPECT_THAT(message([](GgufWriter& w) {
                const std::vector<int32_t> heads = {2, 1};
                w.set_i32s("llama.attention.head_count_kv", heads);
              }),
              HasSubstr("expected one size for all layers, found a list of different ones"));
  EXPECT_THAT(message([](GgufWriter& w) { w.set_u32("llama.expert_count", 2); }),
              HasSubstr("llama.expert_used_count"));
}

TEST(LanguageModel, NamesMissingTensorsAndUnknownArchitectures) {
  EXPECT_THAT(load(tiny_llama("blk.0.attn_v.weight")).error.message,
              HasSubstr("tensor \"blk.0.attn_v.weight\": expected"));
  const Error error = load(tiny_llama("", "mamba")).error;
  EXPECT_EQ(error.code, ErrorCode::kUnsupported);
  EXPECT_THAT(error.message, HasSubstr("expected a language model (gemma, gemma2, "));
  EXPECT_THAT(error.message, HasSubstr("starcoder2), found \"mamba\""));
}

TEST(LanguageModel, AContextBeyondLearnedPositionsIsRefused) {
  const auto folder = shared_data_path("models/golden/given/models");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  const auto model = load_language_model(*folder / "gpt2.gguf").value();
  SessionOptions options;
  options.context_length = 65;
  EXPECT_THAT(model->start(options).error().message, HasSubstr("the model has 64 positions"));
  options.context_length = 0;
  options.cache_type = DType::kI8;
  EXPECT_EQ(model->start(options).error().code, ErrorCode::kInvalidArgument);
}

// Every error of a broken file is a message, and comes at once.
TEST(LanguageModel, EveryMalformedFileOfTheGoldenSet) {
  const auto folder = shared_data_path("models/golden/given/malformed");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    if (entry.path().extension() != ".gguf") continue;
    const std::clock_t start = std::clock();
    const auto model = load_language_model(entry.path());
    EXPECT_LT(std::clock() - start, CLOCKS_PER_SEC);
    if (model.ok()) {
      EXPECT_EQ(last_logits(**model, {1, 2, 3}).size(), (*model)->description().vocabulary_size);
    }
  }
}

// The text that llama2.c writes with these weights at temperature 0.
TEST(LanguageModel, Stories260KWritesItsGoldenText) {
  const auto folder = shared_data_path("models/stories260K");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  const auto model = load_language_model(*folder / "stories260K-f32.gguf").value();
  ASSERT_NE(model->tokenizer(), nullptr);
  const auto session = model->start({}).value();
  std::vector<int32_t> text;
  std::vector<float> logits;
  int32_t token = model->tokenizer()->special_tokens().begin;
  for (size_t i = 0; i < 200; ++i) {
    ASSERT_TRUE(session->append({&token, 1}, LogitRows::kLast, logits).ok());
    const auto best = std::max_element(logits.begin(), logits.end());
    token = static_cast<int32_t>(best - logits.begin());
    text.push_back(token);
  }
  std::string golden = read_file(*folder / "GOLDEN.txt").value();
  while (!golden.empty() && golden.back() == '\n') golden.pop_back();
  EXPECT_EQ(model->tokenizer()->decode(text), golden);
}

}  // namespace
}  // namespace ganglion
