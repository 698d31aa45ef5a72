// Guessed tokens change how fast a text is written, and nothing else.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>

#include "base/hash.h"
#include "engine/fake_model.h"
#include "engine/generation.h"

namespace ganglion {
namespace {

GenerationOptions greedy() {
  GenerationOptions options;
  options.sampling.temperature = 0;
  return options;
}

std::vector<int32_t> prompt_of(std::string_view text) {
  std::vector<int32_t> ids;
  FakeTokenizer().encode(text, {}, ids);
  return ids;
}

// A script that copies: what followed the last two tokens before, else the hash of them decides.
void copying(std::span<const int32_t> context, std::span<float> logits) {
  const size_t size = context.size();
  uint64_t hash = size / 40;
  for (size_t i = 0; i < logits.size(); ++i) {
    hash = mix64(hash + i + static_cast<uint64_t>(context.back()));
    logits[i] = static_cast<float>(hash % 1000) / 500;
  }
  logits[FakeTokenizer::kEnd] = -9;
  for (size_t i = size - 1; i >= 2; --i) {
    if (context[i - 1] != context[size - 1] || context[i - 2] != context[size - 2]) continue;
    logits[static_cast<size_t>(context[i])] += 4;
    return;
  }
}

// What can be seen of a text, and of the session afterwards.
struct Outcome {
  GeneratedText result;
  std::vector<std::string> shown;
  std::vector<int32_t> held;
};

Outcome outcome(GenerationOptions options, size_t max_proposed_tokens, size_t context_length,
                size_t cancel_after = SIZE_MAX) {
  const FakeModel model(copying);
  const auto session = model.start({.context_length = context_length}).value();
  std::atomic<bool> is_cancelled = false;
  options.max_proposed_tokens = max_proposed_tokens;
  options.is_cancelled = &is_cancelled;
  Outcome outcome;
  const auto output = [&](std::string_view text, const GeneratedToken*) {
    outcome.shown.emplace_back(text);
    is_cancelled = outcome.shown.size() == cancel_after;
  };
  const auto prompt = prompt_of("one two three, one two four, one");
  outcome.result = generate(model, *session, prompt, options, output).value();
  outcome.held = dynamic_cast<FakeSession&>(*session).tokens();
  return outcome;
}

// Runs with and without proposals; returns how many of them came.
size_t expect_same_outcome(const GenerationOptions& options, size_t context_length = 2000,
                           size_t cancel_after = SIZE_MAX) {
  const Outcome plain = outcome(options, 0, context_length, cancel_after);
  EXPECT_EQ(plain.result.timings.num_proposed_tokens, 0U);
  size_t num_accepted = 0;
  for (const size_t max_proposed_tokens : {1, 5, 64}) {
    const Outcome guessed = outcome(options, max_proposed_tokens, context_length, cancel_after);
    EXPECT_EQ(guessed.shown, plain.shown);
    EXPECT_EQ(guessed.held, plain.held);
    EXPECT_EQ(guessed.result.text, plain.result.text);
    EXPECT_EQ(guessed.result.finish_reason, plain.result.finish_reason);
    EXPECT_EQ(guessed.result.stop_string, plain.result.stop_string);
    EXPECT_EQ(guessed.result.num_dropped_tokens, plain.result.num_dropped_tokens);
    EXPECT_EQ(guessed.result.tokens.size(), plain.result.tokens.size());
    for (size_t i = 0; i < plain.result.tokens.size(); ++i) {
      const GeneratedToken& a = guessed.result.tokens.at(i);
      const GeneratedToken& b = plain.result.tokens[i];
      EXPECT_EQ(a.id, b.id);
      EXPECT_EQ(a.logprobs.has_value(), b.logprobs.has_value());
      const auto logprob = [](const GeneratedToken& token) {
        return token.logprobs ? token.logprobs->chosen.logprob : 0;
      };
      EXPECT_EQ(logprob(a), logprob(b));
    }
    EXPECT_LE(guessed.result.timings.num_accepted_tokens,
              guessed.result.timings.num_proposed_tokens);
    num_accepted += guessed.result.timings.num_accepted_tokens;
  }
  return num_accepted;
}

TEST(Speculation, ChangesNothingUnderGreedyDecoding) {
  GenerationOptions options = greedy();
  options.max_tokens = 300;
  EXPECT_GT(expect_same_outcome(options), 300U);
}

TEST(Speculation, ChangesNothingUnderSampling) {
  size_t num_accepted = 0;
  for (uint64_t seed = 0; seed < 20; ++seed) {
    GenerationOptions options;
    options.sampling.seed = seed;
    options.sampling.temperature = 0.7F;
    options.max_tokens = 120;
    options.num_logprobs = 2;
    num_accepted += expect_same_outcome(options);
  }
  EXPECT_GT(num_accepted, 100U);
}

TEST(Speculation, ChangesNothingWithPenaltiesAndMirostat) {
  GenerationOptions options;
  options.max_tokens = 200;
  options.sampling.seed = 4;
  options.sampling.penalties.repetition = 1.05F;
  options.sampling.penalties.frequency = 0.02F;
  options.sampling.dry.multiplier = 0.05F;
  EXPECT_GT(expect_same_outcome(options), 0U);
  options.sampling.mirostat.is_on = true;
  expect_same_outcome(options);
}

TEST(Speculation, EndsWhereTheTextEnds) {
  GenerationOptions options = greedy();
  options.max_tokens = 300;
  const std::string text = outcome(options, 0, 2000).result.text;
  for (const size_t at : {40, 41, 42, 43, 44, 90, 150}) {
    options.stop_strings = {text.substr(at, 9)};
    expect_same_outcome(options);
  }
  options.stop_strings = {};
  for (size_t max_tokens = 1; max_tokens < 60; ++max_tokens) {
    options.max_tokens = max_tokens;
    expect_same_outcome(options);
  }
  options.stop_tokens = {outcome(options, 0, 2000).result.tokens.back().id};
  expect_same_outcome(options);
}

TEST(Speculation, KeepsToTheContextAndItsShifts) {
  for (size_t context_length = 33; context_length < 90; context_length += 3) {
    expect_same_outcome(greedy(), context_length);
    GenerationOptions options = greedy();
    options.full_context = FullContext::kShift;
    options.keep_tokens = 3;
    options.max_tokens = 200;
    expect_same_outcome(options, context_length);
  }
}

TEST(Speculation, IsCancelledBetweenTheTokensOfAPass) {
  for (size_t cancel_after = 1; cancel_after < 60; ++cancel_after) {
    expect_same_outcome(greedy(), 2000, cancel_after);
  }
}

// Lets only letters come, and writes down what came.
class Letters final : public TokenMask {
 public:
  Status fill(std::span<uint64_t> allowed) override {
    for (int32_t id = FakeTokenizer::kFirstByte + 'a'; id <= FakeTokenizer::kFirstByte + 'z';
         ++id) {
      allowed[static_cast<size_t>(id) / 64] |= uint64_t{1} << (id % 64);
    }
    return {};
  }
  Status accept(int32_t token) override {
    tokens_.push_back(token);
    return {};
  }
  const std::vector<int32_t>& tokens() const { return tokens_; }

 private:
  std::vector<int32_t> tokens_;
};

TEST(Speculation, ShowsAMaskOnlyWhatComes) {
  Letters plain;
  Letters guessed;
  GenerationOptions options = greedy();
  options.max_tokens = 200;
  options.mask = &plain;
  const Outcome expected = outcome(options, 0, 2000);
  options.mask = &guessed;
  const Outcome actual = outcome(options, 8, 2000);
  EXPECT_GT(actual.result.timings.num_accepted_tokens, 50U);
  EXPECT_EQ(actual.result.text, expected.result.text);
  EXPECT_EQ(guessed.tokens(), plain.tokens());
}

// Lets one text come, and says so.
class Spelling final : public TokenMask {
 public:
  explicit Spelling(std::vector<int32_t> tokens) : tokens_(std::move(tokens)) {}
  Status fill(std::span<uint64_t> allowed) override {
    const auto id = static_cast<size_t>(tokens_.at(num_accepted_));
    allowed[id / 64] |= uint64_t{1} << (id % 64);
    return {};
  }
  Status accept(int32_t token) override {
    EXPECT_EQ(token, tokens_.at(num_accepted_++));
    return {};
  }
  std::vector<int32_t> forced(size_t limit) override {
    const auto rest = std::span(tokens_).subspan(num_accepted_);
    const auto some = rest.first(std::min(limit, rest.size()));
    return {some.begin(), some.end()};
  }

 private:
  std::vector<int32_t> tokens_;
  size_t num_accepted_ = 0;
};

TEST(Speculation, ReadsWhatAMaskForcesInOnePass) {
  std::vector<int32_t> tokens = FakeTokenizer().ids("forced");
  tokens.push_back(FakeTokenizer::kEnd);
  for (const size_t max_proposed_tokens : {0, 8}) {
    Spelling mask(tokens);
    GenerationOptions options;
    options.mask = &mask;
    const Outcome outcome_of_mask = outcome(options, max_proposed_tokens, 2000);
    EXPECT_EQ(outcome_of_mask.result.text, "forced");
    EXPECT_EQ(outcome_of_mask.result.finish_reason, FinishReason::kEndToken);
    EXPECT_EQ(outcome_of_mask.held.size(),
              prompt_of("one two three, one two four, one").size() + 6);
    EXPECT_EQ(outcome_of_mask.result.timings.num_accepted_tokens,
              max_proposed_tokens > 0 ? 5U : 0U);
  }
}

}  // namespace
}  // namespace ganglion
