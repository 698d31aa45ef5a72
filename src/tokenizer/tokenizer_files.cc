#include "tokenizer/tokenizer_files.h"

#include <algorithm>

#include "base/file.h"
#include "tokenizer/json_members.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/special_names.h"
#include "tokenizer/tiktoken.h"
#include "tokenizer/tokenizer_json.h"
#include "tokenizer/wordpiece_files.h"
#include "tokenizer/wordpiece_tokenizer.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMaxFileBytes = uint64_t{128} << 20;

using LoadedTokenizer = Result<std::unique_ptr<Tokenizer>>;

LoadedTokenizer finish(std::string_view source_name, Result<TextTokenizerSpec> spec) {
  if (!spec.ok()) return spec.error();
  LoadedTokenizer tokenizer = TextTokenizer::create(std::move(spec).value());
  if (tokenizer.ok()) return tokenizer;
  return at_place(source_name, tokenizer.error());
}

LoadedTokenizer wrap(Result<WordPiece> wordpiece) {
  if (!wordpiece.ok()) return wordpiece.error();
  return std::unique_ptr<Tokenizer>(
      std::make_unique<WordPieceTokenizer>(std::move(wordpiece).value()));
}

// tokenizer_config.json, or an empty object.
Result<json::object> read_config(const fs::path& folder) {
  const fs::path path = folder / "tokenizer_config.json";
  if (!fs::exists(path)) return json::object();
  GANGLION_ASSIGN(const std::string text, read_file(path, kMaxFileBytes));
  GANGLION_ASSIGN(json::value root, parse_json(text, path.string()));
  if (root.is_object()) return std::move(root.get_object());
  return fail(ErrorCode::kMalformed, "{}: expected an object, found {}", path.string(),
              json_kind_name(root.kind()));
}

// A token is a text or an object with its "content"; null or absent: none.
std::string_view token_name(const json::object& config, std::string_view key) {
  const json::value* value = find_member(config, key);
  if (value != nullptr && value->is_object()) value = find_member(value->get_object(), "content");
  return value != nullptr && value->is_string() ? std::string_view(value->get_string()) : "";
}

// The begin and end that the configuration names.
Status apply_config(const json::object& config, TextTokenizerSpec& spec) {
  struct Named {
    std::string_view key;
    int32_t SpecialTokens::*id;
  };
  constexpr Named kNamed[] = {{"bos_token", &SpecialTokens::begin},
                              {"eos_token", &SpecialTokens::end},
                              {"pad_token", &SpecialTokens::padding}};
  for (const Named& named : kNamed) {
    const std::string_view name = token_name(config, named.key);
    const auto& spelled = spec.tokens.spelled;
    const auto found = std::find(spelled.begin(), spelled.end(), name);
    if (!name.empty() && found != spelled.end()) {
      spec.special.*named.id = static_cast<int32_t>(found - spelled.begin());
    }
  }
  return {};
}

// What SentencePiece models get around a text: their file does not say.
Status apply_around(const json::object& config, TextTokenizerSpec& spec) {
  GANGLION_ASSIGN(const std::string kind, string_member_or(config, "tokenizer_class", ""));
  const bool is_llama = kind.find("Llama") != std::string::npos ||
                        kind.find("Gemma") != std::string::npos ||
                        kind.find("Mistral") != std::string::npos;
  SpecialTokens& special = spec.special;
  GANGLION_ASSIGN(const bool begin, bool_member_or(config, "add_bos_token", is_llama));
  GANGLION_ASSIGN(const bool end,
                  bool_member_or(config, "add_eos_token", kind.find("T5") != std::string::npos));
  special.adds_begin = begin && special.begin != SpecialTokens::kNone;
  special.adds_end = end && special.end != SpecialTokens::kNone;
  if (special.adds_begin) spec.prefix_ids = {special.begin};
  if (special.adds_end) spec.suffix_ids = {special.end};
  return {};
}

// vocab.json {"token": id} and merges.txt, as GPT-2 was published.
Result<TextTokenizerSpec> parse_vocab_and_merges(std::string_view vocabulary,
                                                 std::string_view merges, std::string_view pre,
                                                 std::string_view source_name) {
  // Rewritten as the tokenizer.json that says the same.
  GANGLION_ASSIGN(json::value tokens, parse_json(vocabulary, source_name));
  json::array lines;
  while (!merges.empty()) {
    const size_t end = std::min(merges.find('\n'), merges.size());
    std::string_view line = merges.substr(0, end);
    merges.remove_prefix(std::min(end + 1, merges.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty() && !line.starts_with("#version")) lines.emplace_back(line);
  }
  const json::value root = json::object{
      {"pre_tokenizer", json::object{{"type", "ByteLevel"}, {"add_prefix_space", false}}},
      {"model",
       json::object{{"type", "BPE"}, {"vocab", std::move(tokens)}, {"merges", std::move(lines)}}}};
  GANGLION_ASSIGN(const NamedPreTokenizer named, find_pre_tokenizer(pre.empty() ? "gpt-2" : pre));
  GANGLION_ASSIGN(TextTokenizerSpec spec, parse_tokenizer_json(json::serialize(root), source_name));
  spec.pre_tokenizer = PreTokenizer(named.stages);
  return spec;
}

Result<TextTokenizerSpec> load_vocab_and_merges(const fs::path& vocabulary_path,
                                                std::string_view pre_tokenizer) {
  const fs::path merges_path = vocabulary_path.parent_path() / "merges.txt";
  GANGLION_ASSIGN(const std::string vocabulary, read_file(vocabulary_path, kMaxFileBytes));
  GANGLION_ASSIGN(const std::string merges, read_file(merges_path, kMaxFileBytes));
  return parse_vocab_and_merges(vocabulary, merges, pre_tokenizer, vocabulary_path.string());
}

Error says_itself(std::string_view source_name) {
  return fail(ErrorCode::kInvalidArgument,
              "{}: says itself how text is cut: leave the pre-tokenizer out", source_name);
}

LoadedTokenizer load_json(const fs::path& path, const json::object& config) {
  GANGLION_ASSIGN(const std::string text, read_file(path, kMaxFileBytes));
  bool is_wordpiece = false;
  Result<TextTokenizerSpec> spec = parse_tokenizer_json(text, path.string(), &is_wordpiece);
  if (is_wordpiece) return wrap(parse_wordpiece_json(text, path.string()));
  if (spec.ok()) GANGLION_TRY(apply_config(config, *spec));
  return finish(path.string(), std::move(spec));
}

LoadedTokenizer load_ranks(const fs::path& path, std::string_view text,
                           std::string_view pre_tokenizer) {
  if (pre_tokenizer.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: tiktoken ranks do not say how text is cut: give the pre-tokenizer by its GGUF "
                "name (llama-bpe for Llama 3, qwen2 for Qwen, dbrx for cl100k_base, gpt-4o for "
                "o200k_base, …)",
                path.string());
  }
  return finish(path.string(), parse_tiktoken(text, pre_tokenizer, path.string()));
}

LoadedTokenizer load_model(const fs::path& path, const json::object& config,
                           std::string_view pre_tokenizer) {
  GANGLION_ASSIGN(const std::string bytes, read_file(path, kMaxFileBytes));
  if (looks_like_tiktoken(bytes)) return load_ranks(path, bytes, pre_tokenizer);
  if (!pre_tokenizer.empty()) return says_itself(path.string());
  Result<TextTokenizerSpec> spec = parse_sentencepiece_model(bytes, path.string());
  if (!spec.ok() && spec.error().code == ErrorCode::kMalformed) {
    return fail(ErrorCode::kMalformed,
                "{}; expected tokenizer.json, SentencePiece's tokenizer.model or tiktoken ranks",
                spec.error().message);
  }
  if (spec.ok()) GANGLION_TRY(apply_config(config, *spec));
  if (spec.ok()) GANGLION_TRY(apply_around(config, *spec));
  return finish(path.string(), std::move(spec));
}

LoadedTokenizer load_folder(const fs::path& folder, std::string_view pre_tokenizer) {
  GANGLION_ASSIGN(const json::object config, read_config(folder));
  if (fs::exists(folder / "tokenizer.json")) {
    if (!pre_tokenizer.empty()) return says_itself((folder / "tokenizer.json").string());
    return load_json(folder / "tokenizer.json", config);
  }
  for (const std::string_view name :
       {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model"}) {
    if (fs::exists(folder / name)) return load_model(folder / name, config, pre_tokenizer);
  }
  if (fs::exists(folder / "vocab.json")) {
    Result<TextTokenizerSpec> spec = load_vocab_and_merges(folder / "vocab.json", pre_tokenizer);
    if (spec.ok()) GANGLION_TRY(apply_config(config, *spec));
    return finish(folder.string(), std::move(spec));
  }
  if (fs::exists(folder / "vocab.txt")) return wrap(load_wordpiece(folder));
  return fail(ErrorCode::kNotFound,
              "{}: expected tokenizer.json, tokenizer.model, vocab.json with merges.txt, or "
              "vocab.txt in the folder, found none of them",
              folder.string());
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> load_tokenizer_files(const fs::path& path,
                                                        std::string_view pre_tokenizer) {
  std::error_code ignored;
  if (fs::is_directory(path, ignored)) return load_folder(path, pre_tokenizer);
  const std::string name = path.filename().string();
  if (name.ends_with("vocab.json")) {
    return finish(path.string(), load_vocab_and_merges(path, pre_tokenizer));
  }
  if (name.ends_with(".json")) {
    if (!pre_tokenizer.empty()) return says_itself(path.string());
    return load_json(path, {});
  }
  if (name.ends_with("vocab.txt")) {
    if (!pre_tokenizer.empty()) return says_itself(path.string());
    GANGLION_ASSIGN(const std::string vocabulary, read_file(path, kMaxFileBytes));
    GANGLION_ASSIGN(const json::object config, read_config(path.parent_path()));
    return wrap(parse_wordpiece_vocabulary(vocabulary, json::serialize(json::value(config)),
                                           path.string()));
  }
  return load_model(path, {}, pre_tokenizer);
}

}  // namespace ganglion
