// What sessions of one model share must not show: each gives the bits that it gives alone.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/rng.h"
#include "base/test_paths.h"
#include "engine/fake_llama.h"
#include "engine/fake_model.h"
#include "engine/gguf_language_model.h"
#include "nn/kv_cache.h"
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
      {400, DType::kF32},  {500, DType::kBF16},
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

// Of the fake llama, one layer, with an F32 cache.
uint64_t block_bytes(size_t num_blocks) {
  return num_blocks * KvCache::kBlockTokens * 2 * kFakeLlamaHidden * sizeof(float);
}

TEST_F(SharedSessions, SixteenBranchesHoldTheirPrefixOnce) {
  const auto model = load({.prefix_cache_bytes = 0});
  const SessionOptions options = {400, DType::kF32};
  const std::vector<int32_t> prefix = random_tokens(200, 1);
  const auto trunk = model->start(options).value();
  std::vector<float> logits;
  ASSERT_TRUE(trunk->append(prefix, LogitRows::kNone, logits).ok());
  EXPECT_EQ(model->cache_bytes(), block_bytes(4));
  std::vector<std::unique_ptr<Session>> branches;
  for (size_t i = 0; i < 16; ++i) branches.push_back(trunk->fork());
  EXPECT_EQ(model->cache_bytes(), block_bytes(4));
  for (size_t i = 0; i < branches.size(); ++i) {
    std::vector<int32_t> tokens = prefix;
    const std::vector<int32_t> end = random_tokens(10 + i, 2 + i);
    tokens.insert(tokens.end(), end.begin(), end.end());
    ASSERT_TRUE(branches[i]->append(end, LogitRows::kLast, logits).ok());
    EXPECT_EQ(branches[i]->length(), tokens.size());
    EXPECT_EQ(logits, logits_alone(*model, options, tokens, LogitRows::kLast)) << i;
  }
  EXPECT_EQ(model->cache_bytes(), block_bytes(4 + 16)) << "each has its own last block";
  ASSERT_TRUE(trunk->append(prefix, LogitRows::kLast, logits).ok());
  std::vector<int32_t> twice = prefix;
  twice.insert(twice.end(), prefix.begin(), prefix.end());
  EXPECT_EQ(logits, logits_alone(*model, options, twice, LogitRows::kLast));
  branches.clear();
  EXPECT_EQ(model->cache_bytes(), block_bytes(7));
}

// Neither sees what the other forgets or moves.
TEST_F(SharedSessions, BranchesDoNotSeeEachOthersChanges) {
  const SessionOptions options = {400, DType::kBF16};
  const std::vector<int32_t> prefix = random_tokens(200, 1);
  const std::vector<int32_t> end = random_tokens(5, 2);
  std::vector<int32_t> tokens = prefix;
  tokens.insert(tokens.end(), end.begin(), end.end());
  const auto trunk = model_->start(options).value();
  std::vector<float> logits;
  ASSERT_TRUE(trunk->append(prefix, LogitRows::kNone, logits).ok());
  const auto branch = trunk->fork();
  ASSERT_TRUE(trunk->drop(10, 90).ok());
  ASSERT_TRUE(trunk->append(end, LogitRows::kLast, logits).ok());
  ASSERT_TRUE(branch->append(end, LogitRows::kLast, logits).ok());
  EXPECT_EQ(logits, logits_alone(*model_, options, tokens, LogitRows::kLast));
  trunk->truncate(10);
  ASSERT_TRUE(trunk->append(std::span(tokens).subspan(10), LogitRows::kLast, logits).ok());
  EXPECT_EQ(logits, logits_alone(*model_, options, tokens, LogitRows::kLast));
}

TEST_F(SharedSessions, AKnownBeginningIsNotReadAgain) {
  const SessionOptions options = {400, DType::kBF16};
  const std::vector<int32_t> known = random_tokens(300, 1);
  std::vector<int32_t> tokens(known.begin(), known.begin() + 270);
  tokens.insert(tokens.end(), {1, 2, 3, 4});
  const auto cold = load({.prefix_cache_bytes = 0});
  const std::vector<float> expected = logits_alone(*cold, options, tokens, LogitRows::kLast);
  std::vector<float> logits;
  {
    const auto session = model_->start(options).value();
    EXPECT_EQ(session->reuse(known), 0u);
    ASSERT_TRUE(session->append(known, LogitRows::kNone, logits).ok());
  }
  const uint64_t kept = model_->cache_bytes();
  EXPECT_EQ(kept, block_bytes(4) / 2) << "F16, and whole blocks only";
  const auto session = model_->start(options).value();
  EXPECT_EQ(session->reuse(tokens), 256u);
  EXPECT_EQ(session->length(), 256u);
  EXPECT_EQ(model_->cache_bytes(), kept);
  ASSERT_TRUE(session->append(std::span(tokens).subspan(256), LogitRows::kLast, logits).ok());
  EXPECT_EQ(logits, expected);
  // What differs within a block is shared up to there.
  const std::vector<int32_t> other(tokens.begin(), tokens.begin() + 100);
  EXPECT_EQ(session->reuse(other), 100u);
  ASSERT_TRUE(session->append(tokens, LogitRows::kLast, logits).ok());
  std::vector<int32_t> longer = other;
  longer.insert(longer.end(), tokens.begin(), tokens.end());
  EXPECT_EQ(logits, logits_alone(*cold, options, longer, LogitRows::kLast));
  EXPECT_EQ(session->reuse(tokens), 256u) << "the first text is still known";
  ASSERT_TRUE(session->append(std::span(tokens).subspan(256), LogitRows::kLast, logits).ok());
  EXPECT_EQ(logits, expected);
}

TEST_F(SharedSessions, OnlyWhatIsExactlyTheSameIsReused) {
  const std::vector<int32_t> tokens = random_tokens(200, 1);
  std::vector<float> logits;
  const auto start = [&](const SessionOptions& options) { return model_->start(options).value(); };
  const auto first = start({400, DType::kF16});
  ASSERT_TRUE(first->append(tokens, LogitRows::kNone, logits).ok());
  EXPECT_EQ(start({400, DType::kF32})->reuse(tokens), 0u);
  EXPECT_EQ(start({400, DType::kF16, load_adapter()})->reuse(tokens), 0u);
  EXPECT_EQ(start({100, DType::kF16})->reuse(tokens), 100u) << "as much as it can hold";
  EXPECT_EQ(start({400, DType::kF16})->reuse(random_tokens(200, 2)), 0u);
  // What stands behind a drop is not what a session that reads it holds.
  const auto shifted = start({400, DType::kF16});
  const std::vector<int32_t> text = random_tokens(200, 3);
  ASSERT_TRUE(shifted->append(text, LogitRows::kNone, logits).ok());
  ASSERT_TRUE(shifted->drop(70, 90).ok());
  ASSERT_TRUE(shifted->append(text, LogitRows::kNone, logits).ok());
  std::vector<int32_t> left(text.begin(), text.begin() + 70);
  left.insert(left.end(), text.begin() + 90, text.end());
  left.insert(left.end(), text.begin(), text.end());
  EXPECT_EQ(start({400, DType::kF16})->reuse(left), 70u);
  EXPECT_EQ(shifted->reuse(left), 70u);
  ASSERT_TRUE(shifted->append(std::span(left).subspan(70), LogitRows::kLast, logits).ok());
  EXPECT_EQ(logits, logits_alone(*model_, {400, DType::kF16}, left, LogitRows::kLast));
}

TEST_F(SharedSessions, WhatIsKeptIsBounded) {
  const auto model = load({.prefix_cache_bytes = block_bytes(3)});
  std::vector<float> logits;
  for (uint64_t seed = 0; seed < 8; ++seed) {
    const auto session = model->start({400, DType::kF32}).value();
    ASSERT_TRUE(session->append(random_tokens(140, seed), LogitRows::kNone, logits).ok());
  }
  EXPECT_EQ(model->cache_bytes(), block_bytes(3));
  EXPECT_EQ(model->start({400, DType::kF32}).value()->reuse(random_tokens(140, 7)), 128u);
  EXPECT_EQ(model->start({400, DType::kF32}).value()->reuse(random_tokens(140, 6)), 64u);
  EXPECT_EQ(model->start({400, DType::kF32}).value()->reuse(random_tokens(140, 5)), 0u);
}

TEST_F(SharedSessions, ThreadsReadTheSameBeginningAtOnce) {
  const SessionOptions options = {400, DType::kF32};
  const auto model = load({.num_threads = 1, .prefix_cache_bytes = block_bytes(6)});
  std::vector<std::vector<float>> logits(4);
  const auto text = [](size_t i) {
    std::vector<int32_t> tokens = random_tokens(100, 1);
    const std::vector<int32_t> end = random_tokens(100, 2 + i);
    tokens.insert(tokens.end(), end.begin(), end.end());
    return tokens;
  };
  std::vector<std::thread> threads;
  for (size_t i = 0; i < logits.size(); ++i) {
    threads.emplace_back([&, i] {
      for (size_t repeat = 0; repeat < 3; ++repeat) {
        const std::vector<int32_t> tokens = text(i);
        const auto session = model->start(options).value();
        const size_t done = session->reuse(std::span(tokens).first(199));
        EXPECT_TRUE(
            session->append(std::span(tokens).subspan(done), LogitRows::kLast, logits[i]).ok());
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (size_t i = 0; i < logits.size(); ++i) {
    EXPECT_EQ(logits[i], logits_alone(*model, options, text(i), LogitRows::kLast));
  }
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
  const auto branch = first->fork();
  EXPECT_EQ(branch->reuse(std::vector<int32_t>{8, 7}), 1u);
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
