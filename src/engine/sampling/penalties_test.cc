#include "engine/sampling/penalties.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "engine/fake_model.h"

namespace ganglion {
namespace {

TEST(Penalties, ByHand) {
  std::vector<float> logits = {2, -2, 1, 0.5F};
  const std::vector<int32_t> history = {3, 0, 1, 0};
  PenaltyOptions options;
  options.window = 3;
  options.repetition = 2;
  options.presence = 0.25F;
  options.frequency = 0.5F;
  apply_penalties(logits, history, options);
  EXPECT_FLOAT_EQ(logits[0], 2.0F / 2 - 2 * 0.5F - 0.25F);
  EXPECT_FLOAT_EQ(logits[1], -2.0F * 2 - 0.5F - 0.25F);
  EXPECT_FLOAT_EQ(logits[2], 1);
  EXPECT_FLOAT_EQ(logits[3], 0.5F);  // outside the window
}

TEST(Penalties, WindowLargerThanTheHistoryAndNone) {
  std::vector<float> logits = {1, 1};
  PenaltyOptions options;
  options.presence = 1;
  options.window = kWholeContext;
  apply_penalties(logits, std::vector<int32_t>{1}, options);
  EXPECT_EQ(logits, (std::vector<float>{1, 0}));
  options.window = 0;
  apply_penalties(logits, std::vector<int32_t>{1}, options);
  EXPECT_EQ(logits, (std::vector<float>{1, 0}));
}

DryOptions dry(float multiplier, float base, size_t allowed_length) {
  DryOptions options;
  options.multiplier = multiplier;
  options.base = base;
  options.allowed_length = allowed_length;
  return options;
}

TEST(Dry, PenalisesWhatContinuesARepetition) {
  // "1 2 3 4 … 1 2 3": 4 would continue a repetition of three tokens.
  std::vector<float> logits(8, 0);
  const std::vector<int32_t> history = {1, 2, 3, 4, 5, 1, 2, 3};
  apply_dry(logits, history, history.size(), dry(0.5F, 3, 2));
  EXPECT_EQ(logits, (std::vector<float>{0, 0, 0, 0, -1.5F, 0, 0, 0}));
}

TEST(Dry, TakesTheLongestOfSeveral) {
  // 4 stood behind "2 3", and later behind "1 2 3"; 6 behind "2 3" only.
  std::vector<float> logits(8, 0);
  const std::vector<int32_t> history = {2, 3, 4, 2, 3, 6, 1, 2, 3, 4, 5, 1, 2, 3};
  apply_dry(logits, history, history.size(), dry(1, 2, 2));
  EXPECT_EQ(logits, (std::vector<float>{0, 0, 0, 0, -2, 0, -1, 0}));
}

TEST(Dry, ARepetitionEndsAtABreak) {
  const std::vector<int32_t> history = {1, 2, 3, 4, 5, 1, 2, 3};
  std::vector<float> logits(8, 0);
  apply_dry(logits, history, 1, dry(1, 2, 2));
  EXPECT_EQ(logits, std::vector<float>(8, 0));
  apply_dry(logits, history, 2, dry(1, 2, 2));
  EXPECT_FLOAT_EQ(logits[4], -1);  // two tokens only
}

TEST(Dry, AgreesWithAllPairsOnRepetitiveTokens) {
  Rng rng(7);
  for (int trial = 0; trial < 200; ++trial) {
    std::vector<int32_t> history(rng.below(60));
    for (int32_t& token : history) token = static_cast<int32_t>(rng.below(3));
    const size_t since_break = rng.below(70);
    std::vector<float> expected(3, 0);
    for (int32_t token = 0; token < 3; ++token) {
      size_t longest = 0;
      for (size_t end = 1; end < history.size(); ++end) {
        if (history[end] != token) continue;
        size_t length = 0;
        while (length < end && length < since_break &&
               history[end - 1 - length] == history[history.size() - 1 - length]) {
          ++length;
        }
        longest = std::max(longest, length);
      }
      if (longest >= 2) expected[token] = -static_cast<float>(std::pow(1.5, longest - 2));
    }
    std::vector<float> logits(3, 0);
    apply_dry(logits, history, since_break, dry(1, 1.5F, 2));
    for (size_t i = 0; i < 3; ++i) EXPECT_FLOAT_EQ(logits[i], expected[i]);
  }
}

TEST(Dry, LongRepetitionsStayFinite) {
  std::vector<float> logits(2, 0);
  const std::vector<int32_t> history(5000, 1);
  apply_dry(logits, history, history.size(), dry(100, 10, 1));
  EXPECT_LE(logits[1], -1e29F);
  EXPECT_GE(logits[1], -1e31F);
}

TEST(BreakCounter, FindsBreakersAcrossTokens) {
  const FakeTokenizer tokenizer({"ab", "c\nd", "<b"});
  BreakCounter counter({"\n", "<br>"});
  const auto accept = [&](std::string_view text) {
    for (const int32_t id : tokenizer.ids(text)) counter.accept(id, tokenizer);
    return counter.tokens_since_break();
  };
  EXPECT_EQ(accept("abab"), 2U);
  EXPECT_EQ(accept("c\nd"), 0U);  // the token that holds the breaker is not behind it
  EXPECT_EQ(accept("abx"), 2U);
  EXPECT_EQ(accept("<br"), 4U);
  EXPECT_EQ(accept(">"), 0U);
  EXPECT_EQ(accept("r>"), 2U);  // what is found once is not found again
}

}  // namespace
}  // namespace ganglion
