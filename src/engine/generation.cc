#include "engine/generation.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"
#include "engine/ngram_proposer.h"

namespace ganglion {
namespace {

constexpr size_t kPromptChunk = 512;  // tokens read between two looks at is_cancelled
constexpr size_t kMaxLogprobs = 100;
constexpr size_t kMaxProposedTokens = 64;
// Bytes of weights that stay in the processor's caches: a pass of several tokens costs as much as
// the tokens one by one, so that nothing is guessed.
constexpr uint64_t kCachedWeights = uint64_t{64} << 20;

std::vector<int32_t> end_tokens_of(const Tokenizer& tokenizer, const GenerationOptions& options) {
  std::vector<int32_t> tokens = options.stop_tokens;
  const SpecialTokens& special = tokenizer.special_tokens();
  for (const int32_t id : {special.end, special.end_of_turn}) {
    if (id != SpecialTokens::kNone) tokens.push_back(id);
  }
  return tokens;
}

Status check_stop_tokens(const Tokenizer& tokenizer, const GenerationOptions& options) {
  for (const int32_t id : options.stop_tokens) {
    if (id >= 0 && static_cast<size_t>(id) < tokenizer.vocabulary_size()) continue;
    return fail(ErrorCode::kInvalidArgument,
                "the stop token {} is not in this vocabulary, which has the tokens 0 to {}", id,
                tokenizer.vocabulary_size() - 1);
  }
  return {};
}

bool stands_for_text(const Tokenizer& tokenizer, int32_t token) {
  std::string bytes;
  tokenizer.append_bytes(token, bytes);
  return !bytes.empty();
}

}  // namespace

Status check_generation_options(const GenerationOptions& options) {
  GANGLION_TRY(check_stop_strings(options.stop_strings));
  if (options.max_tokens == size_t{0}) {
    return fail(ErrorCode::kInvalidArgument, "max tokens is 0; it must be at least 1");
  }
  if (options.num_logprobs && *options.num_logprobs > kMaxLogprobs) {
    return fail(ErrorCode::kInvalidArgument, "logprobs with {} alternatives; at most {} are given",
                *options.num_logprobs, kMaxLogprobs);
  }
  if (options.max_proposed_tokens > kMaxProposedTokens) {
    return fail(ErrorCode::kInvalidArgument, "{} proposed tokens; at most {} are read at a time",
                options.max_proposed_tokens, kMaxProposedTokens);
  }
  return {};
}

std::string_view finish_reason_name(FinishReason reason) {
  switch (reason) {
    case FinishReason::kEndToken:
      return "end_token";
    case FinishReason::kStopString:
      return "stop_string";
    case FinishReason::kMaxTokens:
      return "max_tokens";
    case FinishReason::kContextFull:
      return "context_full";
    case FinishReason::kCancelled:
      return "cancelled";
  }
  return "";
}

Generation::Generation(const Tokenizer& tokenizer, const GenerationOptions& options,
                       Sampler sampler)
    : tokenizer_(&tokenizer),
      options_(options),
      sampler_(std::move(sampler)),
      stream_(options.stop_strings),
      end_tokens_(end_tokens_of(tokenizer, options)) {}

Result<Generation> Generation::start(const Tokenizer& tokenizer, std::span<const int32_t> prompt,
                                     const GenerationOptions& options) {
  GANGLION_TRY(check_generation_options(options));
  GANGLION_TRY(check_stop_tokens(tokenizer, options));
  SamplingOptions sampling = options.sampling;
  if (options.ignores_end) {
    for (const int32_t id : end_tokens_of(tokenizer, options)) {
      sampling.logit_bias.push_back({id, -std::numeric_limits<float>::infinity()});
    }
  }
  const size_t vocabulary_size = tokenizer.vocabulary_size();
  GANGLION_ASSIGN(Sampler sampler, Sampler::create(sampling, &tokenizer, vocabulary_size));
  for (const int32_t token : prompt) {
    if (token < 0 || static_cast<size_t>(token) >= vocabulary_size) {
      return fail(ErrorCode::kInvalidArgument,
                  "the prompt's token {} is not in this vocabulary, which has the tokens 0 to {}",
                  token, vocabulary_size - 1);
    }
    sampler.accept(token);
  }
  Generation generation(tokenizer, options, std::move(sampler));
  generation.is_at_begin_ = std::none_of(prompt.begin(), prompt.end(), [&](int32_t token) {
    return stands_for_text(tokenizer, token);
  });
  return generation;
}

bool Generation::is_end(int32_t token) const {
  return std::find(end_tokens_.begin(), end_tokens_.end(), token) != end_tokens_.end();
}

Result<int32_t> Generation::choose(std::span<const float> logits) {
  if (options_.mask == nullptr) return sampler_.sample(logits);
  allowed_.assign((logits.size() + 63) / 64, 0);
  GANGLION_TRY(options_.mask->fill(allowed_));
  GANGLION_ASSIGN(const int32_t token, sampler_.sample(logits, allowed_));
  GANGLION_TRY(options_.mask->accept(token));
  return token;
}

// At the very begin, without the space that the tokenizer puts in front of every text.
std::string Generation::bytes_of(int32_t token) {
  std::string bytes;
  tokenizer_->append_bytes(token, bytes);
  if (is_at_begin_ && !bytes.empty()) {
    is_at_begin_ = false;
    const bool is_added = bytes[0] == ' ' && !tokenizer_->decode({token}).starts_with(' ');
    if (is_added) bytes.erase(0, 1);
  }
  return bytes;
}

Result<std::optional<int32_t>> Generation::step(std::span<const float> logits,
                                                const OutputCallback& output) {
  GANGLION_ASSERT(!finished_);
  const size_t vocabulary_size = tokenizer_->vocabulary_size();
  if (logits.size() < vocabulary_size) {
    return fail(ErrorCode::kMalformed,
                "the model gives logits for {} tokens, but its vocabulary has {}: its file is "
                "damaged",
                logits.size(), vocabulary_size);
  }
  logits = logits.first(vocabulary_size);  // some models pad theirs
  GANGLION_ASSIGN(const int32_t id, choose(logits));
  if (is_end(id)) {
    finish(FinishReason::kEndToken, output);
    return std::optional<int32_t>();
  }
  sampler_.accept(id);
  GeneratedToken& token = result_.tokens.emplace_back(GeneratedToken{id, {}});
  if (options_.num_logprobs) {
    token.logprobs = log_probabilities(logits, id, *options_.num_logprobs);
  }
  std::string text;
  const bool has_stopped = stream_.push(bytes_of(id), text);
  result_.text += text;
  if (output) output(text, &token);
  if (has_stopped) {
    result_.stop_string = options_.stop_strings[*stream_.stop_string()];
    finish(FinishReason::kStopString, output);
  } else if (result_.tokens.size() == options_.max_tokens) {
    finish(FinishReason::kMaxTokens, output);
  }
  return finished_ ? std::optional<int32_t>() : id;
}

void Generation::finish(FinishReason reason, const OutputCallback& output) {
  if (finished_) return;
  finished_ = true;
  result_.finish_reason = reason;
  if (stream_.stop_string()) return;
  std::string text;
  stream_.finish(text);
  result_.text += text;
  if (output && !text.empty()) output(text, nullptr);
}

namespace {

bool is_cancelled(const GenerationOptions& options) {
  return options.is_cancelled != nullptr && options.is_cancelled->load(std::memory_order_relaxed);
}

// Tokens that a shift leaves at the begin.
size_t num_kept(const Tokenizer& tokenizer, const GenerationOptions& options) {
  return std::max<size_t>(options.keep_tokens, tokenizer.special_tokens().adds_begin ? 1 : 0);
}

Status check_room(const Tokenizer& tokenizer, const Session& session, size_t prompt_size,
                  const GenerationOptions& options) {
  const size_t capacity = session.capacity();
  if (prompt_size == 0) {
    return fail(ErrorCode::kInvalidArgument,
                "the prompt has no tokens, and this vocabulary puts none in front of a text: give "
                "a prompt");
  }
  if (prompt_size > capacity) {
    return fail(ErrorCode::kLimit,
                "the prompt has {} tokens, but the context holds {}: shorten the prompt or raise "
                "the context length",
                prompt_size, capacity);
  }
  if (options.full_context == FullContext::kShift) {
    const size_t kept = num_kept(tokenizer, options);
    if (capacity >= 2 && kept <= capacity - 2) return {};
    return fail(ErrorCode::kInvalidArgument,
                "a shift would keep the first {} tokens of a context of {}, which leaves no room: "
                "keep at most {}",
                kept, capacity, capacity > 2 ? capacity - 2 : 0);
  }
  const size_t room = capacity - prompt_size + 1;  // nothing follows the last: it is not read
  if (!options.max_tokens || *options.max_tokens <= room) return {};
  return fail(ErrorCode::kLimit,
              "the prompt's {} tokens and up to {} new ones do not fit into the context of {}: ask "
              "for at most {}, raise the context length, or let the context shift",
              prompt_size, *options.max_tokens, capacity, room);
}

// `logits` of the last token of the prompt; false when cancelled.
Result<bool> read_prompt(Session& session, std::span<const int32_t> prompt,
                         const GenerationOptions& options, std::vector<float>& logits) {
  while (session.length() < prompt.size()) {
    if (is_cancelled(options)) return false;
    const size_t done = session.length();
    const size_t count = std::min(kPromptChunk, prompt.size() - done);
    const bool is_last = done + count == prompt.size();
    GANGLION_TRY(session.append(prompt.subspan(done, count),
                                is_last ? LogitRows::kLast : LogitRows::kNone, logits));
    if (options.prompt_progress != nullptr) {
      options.prompt_progress->update(done + count, prompt.size(), "");
    }
  }
  return true;
}

// Makes room for one token; false when the text ends as there is none.
Result<bool> make_room(const Tokenizer& tokenizer, Session& session, Generation& generation,
                       const OutputCallback& output) {
  if (session.length() < session.capacity()) return true;
  if (generation.options().full_context == FullContext::kStop) {
    generation.finish(FinishReason::kContextFull, output);
    return false;
  }
  const size_t kept = num_kept(tokenizer, generation.options());
  const size_t count = std::max<size_t>(1, (session.length() - kept) / 2);
  GANGLION_TRY(session.drop(kept, kept + count));
  generation.result().num_dropped_tokens += count;
  return true;
}

// How many tokens can be read behind the one that was chosen, before the context is full or the
// last token is there.
size_t proposal_limit(const Session& session, Generation& generation) {
  size_t limit = session.capacity() - session.length() - 1;
  if (const auto max_tokens = generation.options().max_tokens) {
    limit = std::min(limit, *max_tokens - generation.result().tokens.size() - 1);
  }
  return limit;
}

std::vector<int32_t> propose(size_t limit, const GenerationOptions& options,
                             const NgramProposer& proposer) {
  if (options.mask != nullptr && options.max_proposed_tokens > 0) {
    std::vector<int32_t> forced = options.mask->forced(std::min(limit, kMaxProposedTokens));
    if (!forced.empty()) return forced;
  }
  return proposer.propose(limit);
}

// Chooses tokens as long as they are the `proposed` ones, which the session has read, and one more.
// `logits` [1 + proposed, >= V] begin behind the token in front of them. None when the text has
// ended. The session holds afterwards what it would if nothing had been proposed.
Result<std::optional<int32_t>> choose_tokens(std::span<const int32_t> proposed, Session& session,
                                             Generation& generation, NgramProposer& proposer,
                                             std::span<const float> logits,
                                             const OutputCallback& output) {
  const size_t row_size = logits.size() / (proposed.size() + 1);
  size_t num_accepted = 0;
  Result<std::optional<int32_t>> token = std::optional<int32_t>();
  while (true) {
    if (is_cancelled(generation.options())) {
      generation.finish(FinishReason::kCancelled, output);
      token = std::optional<int32_t>();
      break;
    }
    token = generation.step(logits.subspan(num_accepted * row_size, row_size), output);
    if (!token.ok() || !token->has_value()) break;
    proposer.add(**token);
    if (num_accepted == proposed.size() || **token != proposed[num_accepted]) break;
    ++num_accepted;
  }
  if (!proposed.empty()) {
    session.truncate(session.length() - (proposed.size() - num_accepted));
    proposer.settle(proposed.size(), num_accepted);
    generation.result().timings.num_proposed_tokens += proposed.size();
    generation.result().timings.num_accepted_tokens += num_accepted;
  }
  return token;
}

// Appends the chosen tokens until the text has ended. `logits` [>= V] of the prompt's last token.
Status write(const Tokenizer& tokenizer, Session& session, Generation& generation,
             NgramProposer proposer, std::vector<float>& logits, const OutputCallback& output) {
  std::vector<int32_t> proposed;
  std::vector<int32_t> tokens;
  while (true) {
    GANGLION_ASSIGN(const std::optional<int32_t> token,
                    choose_tokens(proposed, session, generation, proposer, logits, output));
    if (!token) return {};
    GANGLION_ASSIGN(const bool has_room, make_room(tokenizer, session, generation, output));
    if (!has_room) return {};
    proposed = propose(proposal_limit(session, generation), generation.options(), proposer);
    tokens.assign(1, *token);
    tokens.insert(tokens.end(), proposed.begin(), proposed.end());
    GANGLION_TRY(session.append(tokens, LogitRows::kAll, logits));
  }
}

}  // namespace

Result<GeneratedText> generate(const LanguageModel& model, Session& session,
                               std::span<const int32_t> prompt, const GenerationOptions& options,
                               const OutputCallback& output, const Clock& clock) {
  GANGLION_ASSERT(model.tokenizer() != nullptr);
  const Tokenizer& tokenizer = *model.tokenizer();
  GANGLION_TRY(check_room(tokenizer, session, prompt.size(), options));
  GANGLION_ASSIGN(Generation generation, Generation::start(tokenizer, prompt, options));
  GenerationTimings& timings = generation.result().timings;
  const int64_t start_ns = clock.steady_ns();
  // The logits of the last token are wanted, so it is read in any case.
  timings.num_reused_tokens = session.reuse(prompt.first(prompt.size() - 1));
  std::vector<float> logits;
  GANGLION_ASSIGN(const bool is_read, read_prompt(session, prompt, options, logits));
  timings.num_prompt_tokens = session.length() - timings.num_reused_tokens;
  const int64_t read_ns = clock.steady_ns();
  timings.prompt_ns = read_ns - start_ns;
  if (is_read) {
    const uint64_t weight_bytes = model.description().weight_bytes;  // 0: not known
    const bool is_small = weight_bytes > 0 && weight_bytes < kCachedWeights;
    NgramProposer proposer(is_small ? 0 : options.max_proposed_tokens, &tokenizer);
    for (const int32_t token : prompt) proposer.add(token);
    GANGLION_TRY(write(tokenizer, session, generation, std::move(proposer), logits, output));
  } else {
    generation.finish(FinishReason::kCancelled, output);
  }
  timings.generation_ns = clock.steady_ns() - read_ns;
  return std::move(generation.result());
}

}  // namespace ganglion
