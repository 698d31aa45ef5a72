#include "cli/generation_arguments.h"

#include <charconv>
#include <cmath>
#include <limits>
#include <random>
#include <string_view>
#include <utility>

#include "cli/exit.h"
#include "cli/text_checks.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxTokens = uint64_t{1} << 32;

[[noreturn]] void refuse(Error error) { throw CommandFailure{ExitCode::kUsage, std::move(error)}; }

size_t window_of(int64_t tokens) {
  return tokens < 0 ? kWholeContext : static_cast<size_t>(tokens);
}

template <typename T>
bool parse_number(std::string_view text, T& number) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && end == text.data() + text.size();
}

LogitBias parse_bias(std::string_view text) {
  LogitBias bias{};
  const size_t equals = text.find('=');
  const bool is_parsed = equals != std::string_view::npos &&
                         parse_number(text.substr(0, equals), bias.id) &&
                         parse_number(text.substr(equals + 1), bias.bias);
  if (!is_parsed) {
    refuse(fail(ErrorCode::kInvalidArgument,
                "--logit-bias {}: expected TOKEN_ID=BIAS, such as 42=-5 or 42=-inf", text));
  }
  return bias;
}

uint64_t random_seed() {
  std::random_device device;
  return device();  // 32 bits are enough, and short to repeat
}

void add_truncation_options(CLI::App& command, SamplingOptions& sampling) {
  constexpr auto kGroup = "Choice of tokens";
  CLI::Option* const temperature =
      command.add_option("--temperature", sampling.temperature, "0: always the most probable")
          ->capture_default_str();
  CLI::Option* const top_k =
      command.add_option("--top-k", sampling.top_k, "Only the K most probable; 0: off")
          ->transform(whole_number(0, kMaxTokens))
          ->capture_default_str();
  CLI::Option* const typical =
      command.add_option("--typical-p", sampling.typical_p, "Locally typical sampling; 1: off")
          ->capture_default_str();
  CLI::Option* const top_p =
      command.add_option("--top-p", sampling.top_p, "The most probable up to this share; 1: off")
          ->capture_default_str();
  CLI::Option* const min_p =
      command
          .add_option("--min-p", sampling.min_p,
                      "Those at least this share as probable as the most probable; 0: off")
          ->capture_default_str();
  CLI::Option* const xtc = command
                               .add_option("--xtc-probability", sampling.xtc.probability,
                                           "How often the most probable are excluded; 0: never")
                               ->capture_default_str();
  CLI::Option* const xtc_threshold =
      command.add_option("--xtc-threshold", sampling.xtc.threshold, "Which count as such")
          ->capture_default_str();
  CLI::Option* const mirostat =
      command.add_flag("--mirostat", sampling.mirostat.is_on,
                       "Mirostat 2, in place of top-k, typical, top-p, min-p and XTC");
  for (CLI::Option* const replaced : {top_k, typical, top_p, min_p, xtc, xtc_threshold}) {
    mirostat->excludes(replaced);
    replaced->group(kGroup);
  }
  CLI::Option* const tau =
      command.add_option("--mirostat-tau", sampling.mirostat.tau, "Its surprise in bits")
          ->needs(mirostat)
          ->capture_default_str();
  CLI::Option* const eta =
      command.add_option("--mirostat-eta", sampling.mirostat.eta, "Its rate of learning")
          ->needs(mirostat)
          ->capture_default_str();
  for (CLI::Option* const each : {temperature, mirostat, tau, eta}) each->group(kGroup);
}

void add_penalty_options(CLI::App& command, SamplingArguments& arguments) {
  constexpr auto kGroup = "Penalties";
  PenaltyOptions& penalties = arguments.sampling.penalties;
  const auto add = [&](const char* name, auto& value, const char* meaning) {
    return command.add_option(name, value, meaning)->capture_default_str()->group(kGroup);
  };
  add("--repetition-penalty", penalties.repetition, "Divides the logits of earlier tokens; 1: off");
  add("--presence-penalty", penalties.presence, "Taken off the logits of earlier tokens once");
  add("--frequency-penalty", penalties.frequency, "And for every time they occur");
  command
      .add_option("--penalty-window", arguments.penalty_window,
                  "How many of the last tokens count for these; -1: all")
      ->check(CLI::Range(int64_t{-1}, int64_t{1} << 40))
      ->capture_default_str()
      ->group(kGroup);
  DryOptions& dry = arguments.sampling.dry;
  add("--dry-multiplier", dry.multiplier, "DRY, against repeated stretches of text; 0: off");
  add("--dry-base", dry.base, "How fast its penalty grows with their length");
  add("--dry-allowed-length", dry.allowed_length, "Tokens that may repeat freely")
      ->transform(whole_number(0, kMaxTokens));
  command.add_option("--dry-window", arguments.dry_window, "How many of the last tokens; -1: all")
      ->check(CLI::Range(int64_t{-1}, int64_t{1} << 40))
      ->capture_default_str()
      ->group(kGroup);
  command
      .add_option("--dry-breaker", arguments.dry_breakers,
                  "A text that no repetition reaches across; may be repeated (default: line break "
                  ": \" *)")
      ->allow_extra_args(false)
      ->group(kGroup);
}

}  // namespace

void add_sampling_options(CLI::App& command, SamplingArguments& arguments) {
  add_truncation_options(command, arguments.sampling);
  add_penalty_options(command, arguments);
  command
      .add_option("--logit-bias", arguments.logit_bias,
                  "TOKEN_ID=BIAS, added to its logit; -inf bans it; may be repeated")
      ->allow_extra_args(false)
      ->group("Choice of tokens");
  command.add_option("--seed", arguments.seed, "The same seed gives the same text")
      ->transform(whole_number(0, UINT64_MAX))
      ->group("Choice of tokens");
}

void add_generation_options(CLI::App& command, GenerationArguments& arguments) {
  command
      .add_option("--model", arguments.model_path,
                  "A .gguf file, a Hugging Face folder or a stored name")
      ->required();
  add_language_model_options(command, arguments);
  GenerationOptions& generation = arguments.generation;
  command
      .add_option("--max-tokens", generation.max_tokens,
                  "New tokens at most (default: until the text ends or the context is full)")
      ->transform(whole_number(1, kMaxTokens));
  command
      .add_option("--stop", generation.stop_strings,
                  "A text that ends the answer before it; may be repeated")
      ->allow_extra_args(false)
      ->check(valid_utf8());
  command.add_flag("--ignore-end", generation.ignores_end, "Go on where the model would end");
  command
      .add_option("--context", arguments.full_context,
                  "When the context is full: stop, or shift (forget the older half)")
      ->check(CLI::IsMember({"stop", "shift"}))
      ->capture_default_str();
  command
      .add_option("--keep", generation.keep_tokens,
                  "First tokens of the prompt that a shift does not forget")
      ->transform(whole_number(0, kMaxTokens))
      ->capture_default_str();
  command
      .add_option("--speculate", generation.max_proposed_tokens,
                  "Tokens guessed at a time from prompt and answer; never changes the text; 0: off")
      ->transform(whole_number(0, 64))
      ->capture_default_str();
  add_sampling_options(command, arguments.sampling);
}

SamplingOptions sampling_options(const SamplingArguments& arguments) {
  SamplingOptions options = arguments.sampling;
  options.penalties.window = window_of(arguments.penalty_window);
  options.dry.window = window_of(arguments.dry_window);
  if (!arguments.dry_breakers.empty()) options.dry.breakers = arguments.dry_breakers;
  for (const std::string& text : arguments.logit_bias) {
    options.logit_bias.push_back(parse_bias(text));
  }
  options.seed = arguments.seed ? *arguments.seed : random_seed();
  const Status status = check_sampling_options(options, std::numeric_limits<int32_t>::max());
  if (!status.ok()) refuse(status.error());
  return options;
}

GenerationOptions generation_options(const GenerationArguments& arguments) {
  GenerationOptions options = arguments.generation;
  options.sampling = sampling_options(arguments.sampling);
  options.full_context =
      arguments.full_context == "shift" ? FullContext::kShift : FullContext::kStop;
  const Status status = check_generation_options(options);
  if (!status.ok()) refuse(status.error());
  return options;
}

}  // namespace ganglion
