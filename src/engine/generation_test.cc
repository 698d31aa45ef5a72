#include "engine/generation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

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
