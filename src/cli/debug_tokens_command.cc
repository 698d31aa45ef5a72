// ganglion debug tokens: the token ids of a text.
#include <fmt/core.h>
#include <fmt/ranges.h>

#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "models/load_tokenizer.h"
#include "text/json.h"
#include "tokenizer/base64.h"

namespace ganglion {
namespace {

struct TokensArguments {
  std::string model_path;
  std::string pre_tokenizer;
  std::string text;
  std::string text_path;
  std::string lines_path;
  bool special = false;
  bool json = false;
};

std::vector<int32_t> encode(const Tokenizer& tokenizer, std::string_view text, bool special) {
  std::vector<int32_t> ids;
  tokenizer.encode(text, {.add_special_tokens = special, .parse_special_tokens = special}, ids);
  return ids;
}

void print_tokens(const Tokenizer& tokenizer, const std::vector<int32_t>& ids, bool as_json) {
  if (!as_json) {
    for (const int32_t id : ids) {
      fmt::print("{:>8}  {}\n", id, json::serialize(json::value(tokenizer.token(id))));
    }
    return;
  }
  json::array tokens;
  for (const int32_t id : ids) tokens.emplace_back(tokenizer.token(id));
  fmt::print("{{\"ids\":[{}],\"tokens\":{}}}\n", fmt::join(ids, ","),
             json::serialize(json::value(tokens)));
}

// A line's text: {"text": …}, or {"base64": …} for bytes that JSON cannot hold.
Result<std::string> text_of(const json::value& line) {
  if (!line.is_object()) {
    return fail(ErrorCode::kMalformed, "expected an object, found {}", json_kind_name(line.kind()));
  }
  const json::object& object = line.get_object();
  if (!object.contains("base64")) {
    GANGLION_ASSIGN(const std::string_view text, json_string(object, "text"));
    return std::string(text);
  }
  GANGLION_ASSIGN(const std::string_view encoded, json_string(object, "base64"));
  const auto bytes = decode_base64(encoded);
  if (bytes) return *bytes;
  return fail(ErrorCode::kMalformed, "member \"base64\": expected base64");
}

// One line of ids for every line.
void print_lines(const Tokenizer& tokenizer, const TokensArguments& arguments) {
  const std::string content = or_fail(read_file(arguments.lines_path));
  std::string_view rest = content;
  for (uint64_t number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const json::value line =
        or_fail(parse_json_line(rest.substr(0, end), arguments.lines_path, number));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    const Result<std::string> text = text_of(line);
    if (!text.ok()) {
      throw CommandFailure{
          ExitCode::kFailed,
          at_place(fmt::format("{}:{}", arguments.lines_path, number), text.error())};
    }
    fmt::print("[{}]\n", fmt::join(encode(tokenizer, text.value(), arguments.special), ","));
  }
}

void run_tokens(const TokensArguments& arguments) {
  const std::unique_ptr<Tokenizer> tokenizer =
      or_fail(load_tokenizer(arguments.model_path, arguments.pre_tokenizer));
  if (!arguments.lines_path.empty()) return print_lines(*tokenizer, arguments);
  const std::string text =
      arguments.text_path.empty() ? arguments.text : or_fail(read_file(arguments.text_path));
  print_tokens(*tokenizer, encode(*tokenizer, text, arguments.special), arguments.json);
}

}  // namespace

void add_debug_tokens_command(CLI::App& debug) {
  CLI::App* command = debug.add_subcommand("tokens", "Print the token ids of a text");
  const auto arguments = std::make_shared<TokensArguments>();
  command
      ->add_option("--model", arguments->model_path,
                   "A .gguf file, a Hugging Face folder, a tokenizer.json, a tokenizer.model, or "
                   "tiktoken ranks")
      ->required();
  command->add_option(
      "--pre-tokenizer", arguments->pre_tokenizer,
      "How text is cut, by GGUF's name (llama-bpe, qwen2, …), for files that do not "
      "say so");
  CLI::Option_group* input = command->add_option_group("input", "The text");
  input->add_option("--text", arguments->text, "The text itself");
  input->add_option("--text-file", arguments->text_path, "A file, whole: any bytes");
  input->add_option(
      "--jsonl", arguments->lines_path,
      "A text a line, {\"text\": …} or {\"base64\": …}: prints a line of ids for each");
  input->require_option(1);
  command->add_flag("--special", arguments->special,
                    "Add the special tokens around the text, and read those that it spells");
  command->add_flag("--json", arguments->json, "Print a JSON object: ids, tokens");
  command->callback([arguments] { run_tokens(*arguments); });
}

}  // namespace ganglion
