#include "engine/chat_template_source.h"

#include <string_view>
#include <vector>

#include "base/file.h"
#include "formats/gguf.h"
#include "models/hugging_face/convert.h"
#include "text/jinja.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxConfigBytes = 64ull << 20;

std::string text_or_empty(const GgufFile& file, std::string_view key) {
  const auto text = file.get_string(key);
  return text.ok() ? std::string(*text) : std::string();
}

Result<ChatTemplateSource> read_gguf(const std::filesystem::path& path) {
  GANGLION_ASSIGN(const GgufFile file, open_model(path));
  ChatTemplateSource source;
  source.name = path.string();
  source.text = text_or_empty(file, "tokenizer.chat_template");
  source.tool_text = text_or_empty(file, "tokenizer.chat_template.tool_use");
  const auto tokens = file.get_strings("tokenizer.ggml.tokens");
  if (!tokens.ok()) return source;
  for (const std::string_view kind : {"bos", "eos", "unk", "pad"}) {
    const std::string key = fmt::format("tokenizer.ggml.{}_token_id", kind == "unk"   ? "unknown"
                                                                      : kind == "pad" ? "padding"
                                                                                      : kind);
    const auto id = file.get_integers(key);
    if (!id.ok() || id->size() != 1 || (*id)[0] < 0) continue;
    const auto place = static_cast<uint64_t>((*id)[0]);
    if (place < tokens->size())
      source.special_texts[fmt::format("{}_token", kind)] = (*tokens)[place];
  }
  return source;
}

// A string, or an object of tokenizer_config.json that describes a token.
std::string token_text(const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (!value.is_object()) return "";
  const json::value* content = value.get_object().if_contains("content");
  return content != nullptr && content->is_string() ? std::string(content->get_string()) : "";
}

Result<ChatTemplateSource> read_tokenizer_config(const std::filesystem::path& path) {
  GANGLION_ASSIGN(const std::string bytes, read_file(path, kMaxConfigBytes));
  GANGLION_ASSIGN(const json::value value, parse_json(bytes, path.string()));
  if (!value.is_object()) {
    return fail(ErrorCode::kMalformed, "{}: expected an object, found {}", path.string(),
                json_kind_name(value.kind()));
  }
  const json::object& config = value.get_object();
  ChatTemplateSource source;
  source.name = path.string();
  for (const std::string_view key : {"bos_token", "eos_token", "unk_token", "pad_token"}) {
    const json::value* token = config.if_contains(key);
    const std::string text = token == nullptr ? "" : token_text(*token);
    if (!text.empty()) source.special_texts[std::string(key)] = text;
  }
  const json::value* templates = config.if_contains("chat_template");
  if (templates == nullptr) return source;
  if (templates->is_string()) source.text = std::string(templates->get_string());
  if (!templates->is_array()) return source;
  for (const json::value& entry : templates->get_array()) {
    if (!entry.is_object()) continue;
    GANGLION_ASSIGN(const std::string_view name, json_string(entry.get_object(), "name"));
    GANGLION_ASSIGN(const std::string_view text, json_string(entry.get_object(), "template"));
    if (name == "default") source.text = text;
    if (name == "tool_use") source.tool_text = text;
  }
  return source;
}

}  // namespace

Result<ChatTemplateSource> read_chat_template(const std::filesystem::path& path) {
  std::error_code ignored;
  if (path.extension() == ".gguf" || std::filesystem::is_directory(path, ignored)) {
    return read_gguf(path);
  }
  if (path.extension() == ".json") return read_tokenizer_config(path);
  GANGLION_ASSIGN(std::string text, read_file(path, JinjaLimits().source_bytes));
  return ChatTemplateSource{path.string(), std::move(text), "", {}};
}

std::map<std::string, std::string> special_texts_of(const Tokenizer& tokenizer) {
  const SpecialTokens& special = tokenizer.special_tokens();
  std::map<std::string, std::string> texts;
  const auto add = [&](const char* key, int32_t id) {
    if (id != SpecialTokens::kNone) texts[key] = std::string(tokenizer.token(id));
  };
  add("bos_token", special.begin);
  add("eos_token", special.end);
  add("unk_token", special.unknown);
  add("pad_token", special.padding);
  return texts;
}

ChatTemplateSource chat_template_of(const LanguageModel& model) {
  return {model.description().name.empty() ? "the model" : model.description().name,
          std::string(model.chat_template()), std::string(model.tool_template()),
          special_texts_of(*model.tokenizer())};
}

}  // namespace ganglion
