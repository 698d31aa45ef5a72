#include "models/gguf_wordpiece.h"

#include "base/check.h"

namespace ganglion {
namespace {

constexpr std::string_view kWordStart = "\u2581";  // "▁" marks a token that starts a word
constexpr std::string_view kContinuation = "##";
constexpr int64_t kNormalToken = 1;  // tokenizer.ggml.token_type
constexpr int64_t kControlToken = 3;

bool is_bracketed(std::string_view token) {
  return token.size() > 2 && token.front() == '[' && token.back() == ']';
}

std::string hf_spelling(std::string_view token, bool is_normal) {
  if (token.starts_with(kWordStart)) return std::string(token.substr(kWordStart.size()));
  if (!is_normal || token.empty() || is_bracketed(token)) return std::string(token);
  return fmt::format("{}{}", kContinuation, token);
}

// The first of `keys` that the file has, else `fallback`.
Result<int32_t> read_id(const GgufFile& file, std::initializer_list<std::string_view> keys,
                        uint64_t fallback) {
  for (const std::string_view key : keys) {
    GANGLION_ASSIGN(const uint64_t id, file.get_unsigned_or(key, UINT64_MAX));
    if (id == UINT64_MAX) continue;
    if (id <= INT32_MAX) return static_cast<int32_t>(id);
    return fail(ErrorCode::kMalformed, "{}: metadata \"{}\": expected a token id, found {}",
                file.source_name(), key, id);
  }
  return static_cast<int32_t>(fallback);
}

Status read_cleaning(const GgufFile& file, WordPieceSpec& spec) {
  GANGLION_ASSIGN(spec.clean_text, file.get_bool_or("tokenizer.ganglion.clean_text", true));
  GANGLION_ASSIGN(spec.split_cjk, file.get_bool_or("tokenizer.ganglion.split_cjk", true));
  GANGLION_ASSIGN(spec.lowercase, file.get_bool_or("tokenizer.ganglion.lowercase", true));
  GANGLION_ASSIGN(spec.strip_accents,
                  file.get_bool_or("tokenizer.ganglion.strip_accents", spec.lowercase));
  GANGLION_ASSIGN(const uint64_t max_chars,
                  file.get_unsigned_or("tokenizer.ganglion.max_word_chars", spec.max_word_chars));
  spec.max_word_chars = max_chars;
  return {};
}

}  // namespace

Result<WordPiece> read_gguf_wordpiece(const GgufFile& file) {
  GANGLION_ASSIGN(const std::string_view model, file.get_string("tokenizer.ggml.model"));
  if (model != "bert") {
    return fail(ErrorCode::kUnsupported,
                "{}: metadata \"tokenizer.ggml.model\": expected \"bert\", found \"{}\"",
                file.source_name(), model);
  }
  GANGLION_ASSIGN(const std::vector<std::string_view> tokens,
                  file.get_strings("tokenizer.ggml.tokens"));
  std::vector<int64_t> types(tokens.size(), kNormalToken);
  if (file.find("tokenizer.ggml.token_type") != nullptr) {
    GANGLION_ASSIGN(types, file.get_integers("tokenizer.ggml.token_type"));
  }
  if (types.size() != tokens.size()) {
    return fail(ErrorCode::kMalformed,
                "{}: metadata \"tokenizer.ggml.token_type\": expected {} values (one a token), "
                "found {}",
                file.source_name(), tokens.size(), types.size());
  }
  WordPieceSpec spec;
  spec.tokens.reserve(tokens.size());
  for (size_t id = 0; id < tokens.size(); ++id) {
    spec.tokens.push_back(hf_spelling(tokens[id], types[id] == kNormalToken));
  }
  GANGLION_TRY(read_cleaning(file, spec));
  GANGLION_ASSIGN(spec.unknown_id, read_id(file, {"tokenizer.ggml.unknown_token_id"}, 100));
  GANGLION_ASSIGN(const bool add_special,
                  file.get_bool_or("tokenizer.ganglion.add_special_tokens", true));
  if (add_special) {
    GANGLION_ASSIGN(
        const int32_t cls,
        read_id(file, {"tokenizer.ggml.cls_token_id", "tokenizer.ggml.bos_token_id"}, 101));
    // llama.cpp's key is misspelt; both spellings exist in files.
    GANGLION_ASSIGN(const int32_t sep,
                    read_id(file,
                            {"tokenizer.ggml.seperator_token_id",
                             "tokenizer.ggml.separator_token_id", "tokenizer.ggml.eos_token_id"},
                            102));
    spec.prefix_ids = {cls};
    spec.suffix_ids = {sep};
  }
  Result<WordPiece> tokenizer = WordPiece::create(std::move(spec));
  if (!tokenizer.ok()) return at_place(file.source_name(), tokenizer.error());
  return tokenizer;
}

void write_gguf_wordpiece(const WordPieceSpec& spec, GgufWriter& writer) {
  GANGLION_ASSERT(spec.continuation_prefix == kContinuation);
  GANGLION_ASSERT(spec.prefix_ids.size() <= 1 && spec.suffix_ids.size() <= 1);
  GANGLION_ASSERT(spec.prefix_ids.size() == spec.suffix_ids.size());
  std::vector<std::string> tokens;
  std::vector<int32_t> types;
  for (const std::string& token : spec.tokens) {
    const bool is_special = token.empty() || is_bracketed(token);
    types.push_back(static_cast<int32_t>(is_special ? kControlToken : kNormalToken));
    if (is_special) {
      tokens.push_back(token);
    } else if (token.starts_with(kContinuation)) {
      tokens.push_back(token.substr(kContinuation.size()));
    } else {
      tokens.push_back(fmt::format("{}{}", kWordStart, token));
    }
  }
  writer.set_string("tokenizer.ggml.model", "bert");
  writer.set_strings("tokenizer.ggml.tokens", tokens);
  writer.set_i32s("tokenizer.ggml.token_type", types);
  writer.set_u32("tokenizer.ggml.unknown_token_id", static_cast<uint32_t>(spec.unknown_id));
  writer.set_bool("tokenizer.ganglion.add_special_tokens", !spec.prefix_ids.empty());
  if (!spec.prefix_ids.empty()) {
    writer.set_u32("tokenizer.ggml.cls_token_id", static_cast<uint32_t>(spec.prefix_ids[0]));
    writer.set_u32("tokenizer.ggml.seperator_token_id", static_cast<uint32_t>(spec.suffix_ids[0]));
  }
  writer.set_bool("tokenizer.ganglion.clean_text", spec.clean_text);
  writer.set_bool("tokenizer.ganglion.split_cjk", spec.split_cjk);
  writer.set_bool("tokenizer.ganglion.lowercase", spec.lowercase);
  writer.set_bool("tokenizer.ganglion.strip_accents", spec.strip_accents);
  writer.set_u32("tokenizer.ganglion.max_word_chars", static_cast<uint32_t>(spec.max_word_chars));
}

}  // namespace ganglion
