// Writing text with a language model: prompt tokens in, tokens and text out.
// Letters: V tokens in the vocabulary.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/clock.h"
#include "base/progress.h"
#include "base/result.h"
#include "engine/language_model.h"
#include "engine/sampling/log_probabilities.h"
#include "engine/sampling/sampler.h"
#include "engine/text_stream.h"

namespace ganglion {

// Which tokens may come next, as a grammar says.
class TokenMask {
 public:
  virtual ~TokenMask() = default;
  // Sets the bit of every token that may come next; `allowed` comes in as zeros, one bit for each
  // token of the tokenizer's vocabulary. The end token is one of them when the text may end here.
  virtual Status fill(std::span<uint64_t> allowed) = 0;
  // The token that came.
  virtual Status accept(int32_t token) = 0;
  // At most `limit` of the tokens that come next, one after the other, because no others may. They
  // are read in one pass, so that finding them is worth some time; none is always right.
  virtual std::vector<int32_t> forced(size_t /*limit*/) { return {}; }
};

// What to do when the session is full before the text has ended.
enum class FullContext {
  kStop,   // end with FinishReason::kContextFull; refuse at once what can be seen not to fit
  kShift,  // forget the older half of what stands behind the first keep_tokens, and go on
};

enum class FinishReason { kEndToken, kStopString, kMaxTokens, kContextFull, kCancelled };

// "end_token", "stop_string", …: for JSON.
std::string_view finish_reason_name(FinishReason reason);

struct GenerationOptions {
  SamplingOptions sampling;
  std::optional<size_t> max_tokens;  // at least 1; none: until the text ends or the context is full
  std::vector<std::string> stop_strings;  // check_stop_strings() says which
  std::vector<int32_t> stop_tokens;       // besides the vocabulary's end and end of turn
  bool ignores_end = false;               // bans all those tokens, so that the text goes on
  std::optional<size_t>
      num_logprobs;  // alternatives for each token, at most 100; none: no logprobs
  FullContext full_context = FullContext::kStop;
  // Tokens that may be guessed at a time from what was read and written, and are read together with
  // the one before them (engine/ngram_proposer.h). Changes the time, never the result; at most 64.
  size_t max_proposed_tokens = 8;
  size_t keep_tokens = 0;  // of a shift; the begin token is kept in any case
  // Not owned, may be null; must outlive the generation.
  TokenMask* mask = nullptr;
  const std::atomic<bool>* is_cancelled = nullptr;  // looked at before every step
  ProgressSink* prompt_progress = nullptr;          // tokens of the prompt that have been read
};

// What can be said without a vocabulary. kInvalidArgument names the option, its range and the
// value.
Status check_generation_options(const GenerationOptions& options);

struct GeneratedToken {
  int32_t id;
  std::optional<StepLogprobs> logprobs;
};

// Called after every token, and a last time with null where text was held back until the end.
// `text` is what can now be shown, often empty; all of them together are GeneratedText::text.
using OutputCallback = std::function<void(std::string_view text, const GeneratedToken* token)>;

struct GenerationTimings {
  size_t num_prompt_tokens = 0;    // read by this call
  size_t num_reused_tokens = 0;    // of the prompt, that had been read before
  size_t num_proposed_tokens = 0;  // guessed
  size_t num_accepted_tokens = 0;  // of those, that came
  int64_t prompt_ns = 0;
  int64_t generation_ns = 0;  // from the first choice to the end
};

struct GeneratedText {
  std::string text;                    // valid UTF-8
  std::vector<GeneratedToken> tokens;  // without the one that ended the text
  FinishReason finish_reason = FinishReason::kEndToken;
  std::string stop_string;        // the one that came
  size_t num_dropped_tokens = 0;  // forgotten by shifts of the context
  GenerationTimings timings;
};

// The choice of tokens and what they mean, apart from the model that gives the logits. Not
// thread-safe.
class Generation {
 public:
  // `prompt`: all tokens before the text. `tokenizer` must outlive this. kInvalidArgument names the
  // option.
  static Result<Generation> start(const Tokenizer& tokenizer, std::span<const int32_t> prompt,
                                  const GenerationOptions& options);

  // Takes the logits [>= V] behind the last token, and chooses the next. Returns that token, or
  // none when the text has ended. The errors of Sampler::sample() and of the mask.
  Result<std::optional<int32_t>> step(std::span<const float> logits, const OutputCallback& output);

  // Ends the text; nothing when it has ended.
  void finish(FinishReason reason, const OutputCallback& output);

  bool has_finished() const { return finished_; }
  const GenerationOptions& options() const { return options_; }
  GeneratedText& result() { return result_; }

 private:
  Generation(const Tokenizer& tokenizer, const GenerationOptions& options, Sampler sampler);
  bool is_end(int32_t token) const;
  Result<int32_t> choose(std::span<const float> logits);
  std::string bytes_of(int32_t token);

  const Tokenizer* tokenizer_;
  GenerationOptions options_;
  Sampler sampler_;
  TextStream stream_;
  std::vector<int32_t> end_tokens_;
  std::vector<uint64_t> allowed_;  // for the mask
  bool is_at_begin_ = true;        // no token so far stands for text
  bool finished_ = false;
  GeneratedText result_;
};

// Reads what of `prompt` neither the session nor another one has read (Session::reuse), then
// writes. `model`'s tokenizer must not be null.
// Afterwards the session holds the prompt and the new tokens, except the last one; what a shift
// dropped is missing. kLimit, with numbers and remedy, when the prompt does not fit, or with
// FullContext::kStop the prompt and max_tokens do not; kInvalidArgument for an empty prompt.
Result<GeneratedText> generate(const LanguageModel& model, Session& session,
                               std::span<const int32_t> prompt, const GenerationOptions& options,
                               const OutputCallback& output = {},
                               const Clock& clock = system_clock());

}  // namespace ganglion
