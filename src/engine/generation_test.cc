#include "engine/generation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/hash.h"
#include "engine/fake_model.h"

namespace ganglion {
namespace {

const FakeTokenizer& words() {
  static const FakeTokenizer tokenizer({" the", " end", "END", "EN", "\xC3"});
  return tokenizer;
}

// Answers any prompt of `prompt_length` tokens with `reply`.
FakeModel replying(size_t prompt_length, std::string_view reply) {
  return FakeModel(scripted_reply(prompt_length, words().ids(reply)),
                   {" the", " end", "END", "EN", "\xC3"});
}

GenerationOptions greedy() {
  GenerationOptions options;
  options.sampling.temperature = 0;
  return options;
}

std::unique_ptr<Session> start(const FakeModel& model, size_t context_length = 0) {
  return model.start({.context_length = context_length}).value();
}

std::vector<int32_t> prompt_of(std::string_view text) {
  std::vector<int32_t> ids;
  words().encode(text, {}, ids);
  return ids;
}

GeneratedText run(const FakeModel& model, const std::vector<int32_t>& prompt,
                  const GenerationOptions& options, size_t context_length = 0) {
  return generate(model, *start(model, context_length), prompt, options).value();
}

std::string error_of(const FakeModel& model, const std::vector<int32_t>& prompt,
                     const GenerationOptions& options, size_t context_length) {
  const auto result = generate(model, *start(model, context_length), prompt, options);
  return result.ok() ? "ok" : result.error().message;
}

TEST(Generation, WritesUntilTheEndToken) {
  const auto prompt = prompt_of("say");
  const GeneratedText result = run(replying(prompt.size(), "hi the end"), prompt, greedy());
  EXPECT_EQ(result.text, "hi the end");
  EXPECT_EQ(result.finish_reason, FinishReason::kEndToken);
  EXPECT_EQ(result.tokens.size(), 4U);
  EXPECT_FALSE(result.tokens[0].logprobs.has_value());
  EXPECT_EQ(result.timings.num_prompt_tokens, 4U);
}

TEST(Generation, EndOfTurnAndOwnStopTokensEndToo) {
  const auto prompt = prompt_of("");
  std::vector<int32_t> reply = words().ids("ab");
  reply.push_back(FakeTokenizer::kEndOfTurn);
  const FakeModel model(scripted_reply(1, reply));
  EXPECT_EQ(run(model, prompt, greedy()).text, "ab");
  GenerationOptions options = greedy();
  options.stop_tokens = {words().ids("b")[0]};
  const GeneratedText result = run(model, prompt, options);
  EXPECT_EQ(result.text, "a");
  EXPECT_EQ(result.finish_reason, FinishReason::kEndToken);
}

TEST(Generation, IgnoringTheEndGoesOn) {
  GenerationOptions options = greedy();
  options.ignores_end = true;
  options.max_tokens = 5;
  const GeneratedText result = run(replying(1, "a"), prompt_of(""), options);
  EXPECT_EQ(result.tokens.size(), 5U);
  EXPECT_EQ(result.finish_reason, FinishReason::kMaxTokens);
}

TEST(Generation, StopStringAcrossTokenBorders) {
  GenerationOptions options = greedy();
  options.stop_strings = {"nope", "xEND the"};
  std::vector<std::string> shown;
  const FakeModel model = replying(1, "axEND the end");
  const auto session = start(model);
  const GeneratedText result =
      generate(model, *session, prompt_of(""), options, [&](std::string_view text, const auto*) {
        shown.emplace_back(text);
      }).value();
  EXPECT_THAT(shown, testing::ElementsAre("a", "", "", ""));
  EXPECT_EQ(result.text, "a");
  EXPECT_EQ(result.stop_string, "xEND the");
  EXPECT_EQ(result.finish_reason, FinishReason::kStopString);
}

TEST(Generation, GivesOutTheHeldBackTextAtTheEnd) {
  GenerationOptions options = greedy();
  options.stop_strings = {"END!"};
  std::string shown;
  std::vector<bool> has_token;
  const FakeModel model = replying(1, "END\xC3");
  const GeneratedText result = generate(model, *start(model), prompt_of(""), options,
                                        [&](std::string_view text, const GeneratedToken* token) {
                                          shown += text;
                                          has_token.push_back(token != nullptr);
                                        })
                                   .value();
  EXPECT_EQ(result.text, "END\uFFFD");
  EXPECT_EQ(shown, result.text);
  EXPECT_THAT(has_token, testing::ElementsAre(true, true, false));
}

TEST(Generation, MaxTokens) {
  GenerationOptions options = greedy();
  options.max_tokens = 2;
  const FakeModel model = replying(1, "abc");
  const auto session = start(model);
  const GeneratedText result = generate(model, *session, prompt_of(""), options).value();
  EXPECT_EQ(result.text, "ab");
  EXPECT_EQ(result.finish_reason, FinishReason::kMaxTokens);
  EXPECT_EQ(session->length(), 2U);  // the last token is not read
}

TEST(Generation, LogprobsAreOfTheRawDistribution) {
  const FakeModel model([](std::span<const int32_t>, std::span<float> logits) {
    std::fill(logits.begin(), logits.end(), -1000.0F);
    logits[FakeTokenizer::kFirstByte + 'a'] = std::log(3.0F);
    logits[FakeTokenizer::kFirstByte + 'b'] = 0;
  });
  GenerationOptions options = greedy();
  options.max_tokens = 1;
  options.num_logprobs = 2;
  options.sampling.logit_bias = {{FakeTokenizer::kFirstByte + 'b', 10}};
  const GeneratedText result = run(model, prompt_of(""), options);
  EXPECT_EQ(result.text, "b");
  const StepLogprobs& logprobs = result.tokens.at(0).logprobs.value();
  EXPECT_NEAR(logprobs.chosen.logprob, std::log(0.25), 1e-6);
  ASSERT_EQ(logprobs.top.size(), 2U);
  EXPECT_EQ(logprobs.top[0].id, FakeTokenizer::kFirstByte + 'a');
  EXPECT_NEAR(logprobs.top[0].logprob, std::log(0.75), 1e-6);
}

TEST(Generation, ReusesWhatTheSessionHolds) {
  const auto prompt = prompt_of("abc");
  const FakeModel model = replying(prompt.size(), "x");
  for (const size_t held : {size_t{2}, prompt.size()}) {
    const auto session = start(model);
    std::vector<float> logits;
    ASSERT_TRUE(session->append(std::span(prompt).first(held), LogitRows::kNone, logits).ok());
    const GeneratedText result = generate(model, *session, prompt, greedy()).value();
    EXPECT_EQ(result.text, "x");
    EXPECT_EQ(result.timings.num_reused_tokens, std::min(held, prompt.size() - 1));
    EXPECT_EQ(result.timings.num_prompt_tokens + result.timings.num_reused_tokens, prompt.size());
  }
}

TEST(Generation, RefusesWhatDoesNotFit) {
  const FakeModel model = replying(1, "a");
  EXPECT_EQ(error_of(model, prompt_of("abcdefgh"), greedy(), 8),
            "the prompt has 9 tokens, but the context holds 8: shorten the prompt or raise the "
            "context length");
  GenerationOptions options = greedy();
  options.max_tokens = 6;  // the last one is written, never read
  EXPECT_EQ(error_of(model, prompt_of("ab"), options, 8), "ok");
  options.max_tokens = 7;
  EXPECT_EQ(error_of(model, prompt_of("ab"), options, 8),
            "the prompt's 3 tokens and up to 7 new ones do not fit into the context of 8: ask for "
            "at most 6, raise the context length, or let the context shift");
  options.full_context = FullContext::kShift;
  EXPECT_EQ(error_of(model, prompt_of("ab"), options, 8), "ok");
  options.keep_tokens = SIZE_MAX;
  EXPECT_NE(error_of(model, prompt_of("ab"), options, 8), "ok");
  options.keep_tokens = 7;
  EXPECT_EQ(error_of(model, prompt_of("ab"), options, 8),
            "a shift would keep the first 7 tokens of a context of 8, which leaves no room: keep "
            "at most 6");
  EXPECT_EQ(error_of(model, {}, greedy(), 8),
            "the prompt has no tokens, and this vocabulary puts none in front of a text: give a "
            "prompt");
  EXPECT_EQ(error_of(model, {100'000}, greedy(), 8),
            "the prompt's token 100000 is not in this vocabulary, which has the tokens 0 to 266");
}

TEST(Generation, EndsWithAReasonWhenTheContextIsFull) {
  const GeneratedText result = run(replying(3, "abcdefghijkl"), prompt_of("12"), greedy(), 8);
  EXPECT_EQ(result.text, "abcdef");  // five in the session, and one that was never read
  EXPECT_EQ(result.finish_reason, FinishReason::kContextFull);
}

TEST(Generation, ShiftsOnRequest) {
  const FakeModel model([](std::span<const int32_t> context, std::span<float> logits) {
    logits[static_cast<size_t>(context.back() + 1)] = 9;  // the alphabet
  });
  GenerationOptions options = greedy();
  options.full_context = FullContext::kShift;
  options.keep_tokens = 2;
  options.max_tokens = 12;
  const auto session = start(model, 8);
  const GeneratedText result = generate(model, *session, prompt_of("1a"), options).value();
  EXPECT_EQ(result.text, "bcdefghijklm");
  EXPECT_EQ(result.num_dropped_tokens, 6U);
  // Begin token and "1" stay; of the other six the older three go each time.
  std::vector<int32_t> expected = {FakeTokenizer::kBegin};
  for (const char c : std::string_view("1ghijkl"))
    expected.push_back(FakeTokenizer::kFirstByte + c);
  EXPECT_EQ(dynamic_cast<FakeSession&>(*session).tokens(), expected);
}

TEST(Generation, AModelWithFixedPositionsSaysSo) {
  FakeModel model = replying(3, "abcdefghijkl");
  model.fix_positions();
  GenerationOptions options = greedy();
  options.full_context = FullContext::kShift;
  EXPECT_EQ(error_of(model, prompt_of("12"), options, 8), "the positions of this model are fixed");
}

TEST(Generation, IsCancelledWhileReadingAndWhileWriting) {
  std::atomic<bool> is_cancelled = true;
  GenerationOptions options = greedy();
  options.is_cancelled = &is_cancelled;
  const FakeModel model = replying(4, "abcdef");
  EXPECT_EQ(run(model, prompt_of("123"), options).finish_reason, FinishReason::kCancelled);

  is_cancelled = false;
  const auto session = start(model);
  const GeneratedText result =
      generate(model, *session, prompt_of("123"), options, [&](std::string_view text, const auto*) {
        is_cancelled = text == "c";
      }).value();
  EXPECT_EQ(result.text, "abc");
  EXPECT_EQ(result.finish_reason, FinishReason::kCancelled);
}

// Lets only "b", then the end token come.
class OnlyB final : public TokenMask {
 public:
  Status fill(std::span<uint64_t> allowed) override {
    const int32_t id = has_come_ ? FakeTokenizer::kEnd : FakeTokenizer::kFirstByte + 'b';
    allowed[static_cast<size_t>(id) / 64] |= uint64_t{1} << (id % 64);
    return {};
  }
  Status accept(int32_t token) override {
    has_come_ = token == FakeTokenizer::kFirstByte + 'b';
    return {};
  }

 private:
  bool has_come_ = false;
};

TEST(Generation, KeepsToAMask) {
  OnlyB mask;
  GenerationOptions options = greedy();
  options.mask = &mask;
  EXPECT_EQ(run(replying(1, "axyz"), prompt_of(""), options).text, "b");
}

TEST(Generation, ChecksItsOptions) {
  const FakeModel model = replying(1, "a");
  const auto message = [&](auto change) {
    GenerationOptions options = greedy();
    change(options);
    return error_of(model, prompt_of(""), options, 8);
  };
  using O = GenerationOptions;
  EXPECT_EQ(message([](O& o) { o.max_tokens = 0; }), "max tokens is 0; it must be at least 1");
  EXPECT_EQ(message([](O& o) { o.num_logprobs = 101; }),
            "logprobs with 101 alternatives; at most 100 are given");
  EXPECT_EQ(message([](O& o) { o.max_proposed_tokens = 65; }),
            "65 proposed tokens; at most 64 are read at a time");
  EXPECT_EQ(message([](O& o) { o.stop_tokens = {-1}; }),
            "the stop token -1 is not in this vocabulary, which has the tokens 0 to 266");
  EXPECT_EQ(message([](O& o) { o.stop_strings = {""}; }),
            "a stop string of 0 bytes; it must have 1 to 1024");
  EXPECT_EQ(message([](O& o) { o.sampling.top_p = 2; }),
            "top-p is 2; it must be at least 0 and at most 1");
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
  const auto session = start(model, context_length);
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
  std::vector<int32_t> tokens = words().ids("forced");
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

// Each reading of the clock is one millisecond later.
class TickingClock final : public Clock {
 public:
  int64_t wall_us() const override { return 0; }
  int64_t steady_ns() const override { return now_ns_ += 1'000'000; }

 private:
  mutable int64_t now_ns_ = 0;
};

TEST(Generation, TakesTheTime) {
  const FakeModel model = replying(1, "a");
  const GeneratedText result =
      generate(model, *start(model), prompt_of(""), greedy(), {}, TickingClock()).value();
  EXPECT_EQ(result.timings.prompt_ns, 1'000'000);
  EXPECT_EQ(result.timings.generation_ns, 1'000'000);
}

}  // namespace
}  // namespace ganglion
