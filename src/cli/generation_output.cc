#include "cli/generation_output.h"

#include <fmt/core.h>
#include <fmt/format.h>

#include <cmath>

#include "engine/text_stream.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

double per_second(size_t count, int64_t ns) {
  return ns > 0 ? static_cast<double>(count) * 1e9 / static_cast<double>(ns) : 0;
}

double rounded(double value, double steps_per_unit) {
  return std::round(value * steps_per_unit) / steps_per_unit;
}

// As the OpenAI API has it: a token may be a part of a character, so its bytes are given too.
json::object logprob_json(const TokenLogprob& logprob, const Tokenizer& tokenizer) {
  std::string bytes;
  tokenizer.append_bytes(logprob.id, bytes);
  json::array numbers;
  for (const char c : bytes) numbers.emplace_back(static_cast<unsigned char>(c));
  const std::string text = bytes.empty() ? std::string(tokenizer.token(logprob.id)) : bytes;
  return {{"id", logprob.id},
          {"token", without_invalid(text)},
          {"bytes", std::move(numbers)},
          {"logprob", logprob.logprob}};
}

json::array logprobs_json(const GeneratedText& result, const Tokenizer& tokenizer) {
  json::array entries;
  for (const GeneratedToken& token : result.tokens) {
    if (!token.logprobs) continue;
    json::object entry = logprob_json(token.logprobs->chosen, tokenizer);
    json::array top;
    for (const TokenLogprob& each : token.logprobs->top) {
      top.push_back(logprob_json(each, tokenizer));
    }
    entry["top"] = std::move(top);
    entries.push_back(std::move(entry));
  }
  return entries;
}

json::object timings_json(const GeneratedText& result) {
  const GenerationTimings& timings = result.timings;
  const auto milliseconds = [](int64_t ns) {
    return rounded(static_cast<double>(ns) * 1e-6, 1000);
  };
  return {{"prompt_tokens", timings.num_prompt_tokens},
          {"prompt_ms", milliseconds(timings.prompt_ns)},
          {"prompt_tokens_per_second",
           rounded(per_second(timings.num_prompt_tokens, timings.prompt_ns), 100)},
          {"new_tokens", result.tokens.size()},
          {"proposed_tokens", timings.num_proposed_tokens},
          {"accepted_tokens", timings.num_accepted_tokens},
          {"generation_ms", milliseconds(timings.generation_ns)},
          {"new_tokens_per_second",
           rounded(per_second(result.tokens.size(), timings.generation_ns), 100)}};
}

std::string_view reason_text(FinishReason reason) {
  switch (reason) {
    case FinishReason::kEndToken:
      return "ended by its end token";
    case FinishReason::kStopString:
      return "ended by a stop string";
    case FinishReason::kMaxTokens:
      return "cut off at --max-tokens";
    case FinishReason::kContextFull:
      return "cut off where the context was full; raise --context-length or use --context shift";
    case FinishReason::kCancelled:
      return "stopped";
  }
  return "";
}

}  // namespace

std::string terminal_text(std::string_view text) {
  std::string result;
  for (size_t offset = 0; offset < text.size();) {
    const DecodedCodePoint c = decode_utf8(text, offset);
    const bool is_control = (c.value < 0x20 && c.value != '\n' && c.value != '\t') ||
                            (c.value >= 0x7F && c.value < 0xA0);
    append_utf8(result, is_control ? kReplacementCharacter : c.value);
    offset += c.num_bytes;
  }
  return result;
}

std::string generation_summary(const GeneratedText& result) {
  const GenerationTimings& timings = result.timings;
  std::string summary = fmt::format(
      "{} prompt tokens at {:.4g}/s, {} new at {:.4g}/s; {}", timings.num_prompt_tokens,
      per_second(timings.num_prompt_tokens, timings.prompt_ns), result.tokens.size(),
      per_second(result.tokens.size(), timings.generation_ns), reason_text(result.finish_reason));
  if (result.num_dropped_tokens > 0) {
    summary += fmt::format("; {} earlier tokens were forgotten", result.num_dropped_tokens);
  }
  return summary;
}

void print_notes(const LanguageModel& model) {
  for (const std::string& note : model.description().notes) fmt::print(stderr, "note: {}\n", note);
}

json::object generation_json(const GeneratedText& result, const Tokenizer& tokenizer,
                             uint64_t seed) {
  json::array tokens;
  for (const GeneratedToken& token : result.tokens) tokens.emplace_back(token.id);
  json::object object = {{"text", result.text},
                         {"tokens", std::move(tokens)},
                         {"finish_reason", finish_reason_name(result.finish_reason)}};
  if (result.finish_reason == FinishReason::kStopString) {
    object["stop_string"] = result.stop_string;
  }
  if (result.num_dropped_tokens > 0) object["forgotten_tokens"] = result.num_dropped_tokens;
  object["seed"] = seed;
  json::array logprobs = logprobs_json(result, tokenizer);
  if (!logprobs.empty()) object["logprobs"] = std::move(logprobs);
  object["timings"] = timings_json(result);
  return object;
}

}  // namespace ganglion
