// What sessions of one model share must not show: each gives the bits that it gives alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>

#include "base/file.h"
#include "base/rng.h"
#include "base/test_paths.h"
#include "engine/fake_llama.h"
#include "engine/fake_model.h"
#include "engine/gguf_language_model.h"
#include "text/json.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

std::vector<int32_t> random_tokens(size_t count, uint64_t seed, size_t vocabulary_size = 259) {
  Rng rng(seed);
  std::vector<int32_t> tokens(count);
  for (int32_t& token : tokens) token = static_cast<int32_t>(rng.below(vocabulary_size));
  return tokens;
}

class SharedSessions : public testing::Test {
 protected:
  SharedSessions() : bytes_(fake_llama().serialise().value()) { model_ = load(); }

  std::unique_ptr<const LanguageModel> load(const LanguageModelOptions& options = {}) const {
    auto file = GgufFile::parse(std::as_bytes(std::span(bytes_)), "fake.gguf");
    return load_gguf_language_model(std::move(file).value(), options).value();
  }

  std::shared_ptr<const LoraAdapter> load_adapter() const {
    GgufWriter writer = fake_adapter("llama");
    add_fake_factors(writer, "blk.0.attn_q.weight", kFakeLlamaHidden, kFakeLlamaHidden);
    const std::filesystem::path path =
        std::filesystem::path(testing::TempDir()) / "shared_sessions_adapter.gguf";
    EXPECT_TRUE(writer.write(path).ok());
    return model_->load_adapter(path).value();
  }

  std::string bytes_;  // what the model's weights lie in
  std::unique_ptr<const LanguageModel> model_;
};

std::vector<float> logits_alone(const LanguageModel& model, const SessionOptions& options,
                                std::span<const int32_t> tokens, LogitRows rows) {
  std::vector<float> logits;
  EXPECT_TRUE(model.start(options).value()->append(tokens, rows, logits).ok());
  return logits;
}

TEST_F(SharedSessions, ReadTogetherGiveTheBitsOfEachAlone) {
  const std::vector<SessionOptions> options = {
      {400, DType::kF32},  {500, DType::kF16},
      {300, DType::kQ8_0}, {100, DType::kF16, load_adapter()},
      {10, DType::kF32},   {10, DType::kF32},
  };
  const std::vector<size_t> lengths = {380, 300, 70, 90, 1, 0};  // more than one pass
  const std::vector<LogitRows> rows = {LogitRows::kLast, LogitRows::kAll,  LogitRows::kLast,
                                       LogitRows::kLast, LogitRows::kLast, LogitRows::kLast};
  std::vector<std::unique_ptr<Session>> sessions;
  std::vector<std::vector<int32_t>> tokens;
  std::vector<std::vector<float>> logits(options.size());
  std::vector<SessionStep> steps;
  for (size_t i = 0; i < options.size(); ++i) {
    sessions.push_back(model_->start(options[i]).value());
    tokens.push_back(random_tokens(lengths[i], i));
  }
  for (size_t i = 0; i < options.size(); ++i) {
    steps.push_back({sessions[i].get(), tokens[i], rows[i], &logits[i]});
  }
  ASSERT_TRUE(model_->append_all(steps).ok());
  for (size_t i = 0; i < options.size(); ++i) {
    EXPECT_EQ(sessions[i]->length(), lengths[i]);
    EXPECT_EQ(logits[i], logits_alone(*model_, options[i], tokens[i], rows[i])) << i;
  }
  EXPECT_EQ(logits[1].size(), 300u * 259);
  EXPECT_NE(logits[3], logits_alone(*model_, options[1], tokens[3], rows[3])) << "the adapter";

  // And on from there, one token each.
  std::vector<std::vector<float>> next(4);
  const std::vector<int32_t> token = {7};
  steps.clear();
  for (size_t i = 0; i < next.size(); ++i) {
    steps.push_back({sessions[i].get(), token, LogitRows::kLast, &next[i]});
  }
  ASSERT_TRUE(model_->append_all(steps).ok());
  for (size_t i = 0; i < next.size(); ++i) {
    tokens[i].push_back(7);
    EXPECT_EQ(next[i], logits_alone(*model_, options[i], tokens[i], LogitRows::kLast)) << i;
  }
}

TEST_F(SharedSessions, NothingIsReadWhenOneIsFull) {
  const auto roomy = model_->start({100, DType::kF32}).value();
  const auto full = model_->start({4, DType::kF32}).value();
  const std::vector<int32_t> tokens = {1, 2, 3, 4, 5};
  std::vector<float> first;
  std::vector<float> second;
  const std::vector<SessionStep> steps = {{roomy.get(), tokens, LogitRows::kLast, &first},
                                          {full.get(), tokens, LogitRows::kLast, &second}};
  const Status status = model_->append_all(steps);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
  EXPECT_THAT(status.error().message, HasSubstr("it holds 4 tokens, 0 are read, 5 more do not"));
  EXPECT_EQ(roomy->length(), 0u);
}

TEST(SharedFakeSessions, ReadTogetherGiveTheBitsOfEachAlone) {
  const FakeModel model([](std::span<const int32_t> context, std::span<float> logits) {
    logits[static_cast<size_t>(context.back())] = 1;
  });
  const auto first = model.start({}).value();
  const auto second = model.start({.context_length = 2}).value();
  const std::vector<int32_t> tokens = {8, 9};
  std::vector<float> logits;
  std::vector<float> all;
  std::vector<SessionStep> steps = {{first.get(), tokens, LogitRows::kLast, &logits},
                                    {second.get(), tokens, LogitRows::kAll, &all}};
  ASSERT_TRUE(model.append_all(steps).ok());
  EXPECT_EQ(logits[9], 1.0F);
  EXPECT_EQ(all.size(), 2 * logits.size());
  EXPECT_EQ(model.append_all(steps).error().code, ErrorCode::kLimit);
  EXPECT_EQ(first->length(), 2u);
}

// Every architecture: several texts at once, in passes of their own and together.
TEST(SharedGoldenSessions, ReadTogetherGiveTheBitsOfEachAlone) {
  const auto folder = shared_data_path("models/golden/given/models");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  size_t count = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    if (entry.path().extension() != ".gguf") continue;
    const auto model = load_language_model(entry.path());
    if (!model.ok()) continue;  // an encoder
    SCOPED_TRACE(entry.path().filename().string());
    const size_t vocabulary_size = (*model)->description().vocabulary_size;
    const SessionOptions options = {64, DType::kF32};
    std::vector<std::unique_ptr<Session>> sessions;
    std::vector<std::vector<int32_t>> tokens;
    std::vector<std::vector<float>> logits(3);
    std::vector<SessionStep> steps;
    for (size_t i = 0; i < 3; ++i) {
      sessions.push_back((*model)->start(options).value());
      tokens.push_back(random_tokens(5 + 20 * i, i, vocabulary_size));
    }
    for (size_t i = 0; i < 3; ++i) {
      steps.push_back({sessions[i].get(), tokens[i], LogitRows::kAll, &logits[i]});
    }
    ASSERT_TRUE((*model)->append_all(steps).ok());
    for (size_t i = 0; i < 3; ++i) {
      EXPECT_EQ(logits[i], logits_alone(**model, options, tokens[i], LogitRows::kAll));
    }
    ++count;
  }
  EXPECT_GE(count, 20u);
}

}  // namespace
}  // namespace ganglion
