#include "tokenizer/wordpiece_files.h"

#include <algorithm>
#include <optional>

#include "base/file.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;
constexpr size_t kMaxSpecialTokens = 16;  // around a text; each costs a search of the vocabulary

// The member if it is there and not null.
const json::value* find(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<bool> bool_or(const json::object& object, std::string_view key, bool fallback) {
  if (find(object, key) == nullptr) return fallback;
  return json_bool(object, key);
}

Result<std::string> string_or(const json::object& object, std::string_view key,
                              std::string_view fallback) {
  const json::value* value = find(object, key);
  if (value == nullptr) return std::string(fallback);
  // tokenizer_config.json may write a token as {"content": "[UNK]", …}.
  if (value->is_object()) {
    GANGLION_ASSIGN(const std::string_view content, json_string(value->get_object(), "content"));
    return std::string(content);
  }
  GANGLION_ASSIGN(const std::string_view text, json_string(object, key));
  return std::string(text);
}

Result<std::string_view> type_of(const json::value& value, std::string_view field) {
  if (value.is_object()) return json_string(value.get_object(), "type");
  return fail(ErrorCode::kMalformed, "\"{}\": expected an object, found {}", field,
              json_kind_name(value.kind()));
}

Status put_token(std::vector<std::string>& tokens, std::string_view token, int64_t id,
                 size_t max_tokens) {
  if (id < 0 || static_cast<uint64_t>(id) >= max_tokens) {
    return fail(ErrorCode::kMalformed, "token \"{}\": expected an id from 0 to {}, found {}", token,
                max_tokens - 1, id);
  }
  const auto index = static_cast<size_t>(id);
  if (index >= tokens.size()) tokens.resize(index + 1);
  tokens[index] = token;
  return {};
}

Status read_vocabulary(const json::object& root, const json::object& model, WordPieceSpec& spec) {
  GANGLION_ASSIGN(const json::object* vocabulary, json_object(model, "vocab"));
  const json::value* added = find(root, "added_tokens");
  const size_t num_added = added != nullptr && added->is_array() ? added->get_array().size() : 0;
  // Ids may have gaps, but a file cannot make us allocate far more than it holds itself.
  const size_t max_tokens = 2 * (vocabulary->size() + num_added) + 1024;
  for (const auto& entry : *vocabulary) {
    GANGLION_ASSIGN(const int64_t id, json_integer(*vocabulary, entry.key()));
    GANGLION_TRY(put_token(spec.tokens, entry.key(), id, max_tokens));
  }
  for (size_t i = 0; i < num_added; ++i) {
    const json::value& token = added->get_array()[i];
    if (!token.is_object()) {
      return fail(ErrorCode::kMalformed, "\"added_tokens\": expected objects, found {}",
                  json_kind_name(token.kind()));
    }
    GANGLION_ASSIGN(const std::string_view content, json_string(token.get_object(), "content"));
    GANGLION_ASSIGN(const int64_t id, json_integer(token.get_object(), "id"));
    GANGLION_TRY(put_token(spec.tokens, content, id, max_tokens));
  }
  return {};
}

Result<int32_t> id_of(const WordPieceSpec& spec, std::string_view token) {
  const auto found = std::find(spec.tokens.begin(), spec.tokens.end(), token);
  if (found != spec.tokens.end()) return static_cast<int32_t>(found - spec.tokens.begin());
  return fail(ErrorCode::kMalformed, "token \"{}\": expected in the vocabulary, but it is absent",
              token);
}

Status read_normalizer(const json::object& root, WordPieceSpec& spec) {
  const json::value* normalizer = find(root, "normalizer");
  if (normalizer == nullptr) {
    spec.clean_text = spec.split_cjk = spec.strip_accents = spec.lowercase = false;
    return {};
  }
  GANGLION_ASSIGN(const std::string_view type, type_of(*normalizer, "normalizer"));
  if (type != "BertNormalizer") {
    return fail(ErrorCode::kUnsupported, "\"normalizer\": expected BertNormalizer, found {}", type);
  }
  const json::object& object = normalizer->get_object();
  GANGLION_ASSIGN(spec.clean_text, bool_or(object, "clean_text", true));
  GANGLION_ASSIGN(spec.split_cjk, bool_or(object, "handle_chinese_chars", true));
  GANGLION_ASSIGN(spec.lowercase, bool_or(object, "lowercase", true));
  GANGLION_ASSIGN(spec.strip_accents, bool_or(object, "strip_accents", spec.lowercase));
  return {};
}

Status check_pre_tokenizer(const json::object& root) {
  const json::value* pre_tokenizer = find(root, "pre_tokenizer");
  if (pre_tokenizer == nullptr) {
    return fail(ErrorCode::kUnsupported,
                "\"pre_tokenizer\": expected BertPreTokenizer, found none");
  }
  GANGLION_ASSIGN(const std::string_view type, type_of(*pre_tokenizer, "pre_tokenizer"));
  if (type == "BertPreTokenizer") return {};
  return fail(ErrorCode::kUnsupported, "\"pre_tokenizer\": expected BertPreTokenizer, found {}",
              type);
}

// {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": "[CLS]"}}, {"Sequence": …}, …]}
Status read_template(const json::object& processor, WordPieceSpec& spec) {
  GANGLION_ASSIGN(const json::array* pieces, json_array(processor, "single"));
  bool behind = false;
  for (const json::value& piece : *pieces) {
    if (!piece.is_object()) {
      return fail(ErrorCode::kMalformed, "\"single\": expected objects, found {}",
                  json_kind_name(piece.kind()));
    }
    if (piece.get_object().contains("Sequence")) {
      behind = true;
      continue;
    }
    if (spec.prefix_ids.size() + spec.suffix_ids.size() == kMaxSpecialTokens) {
      return fail(ErrorCode::kLimit, "\"single\": expected at most {} special tokens, found more",
                  kMaxSpecialTokens);
    }
    GANGLION_ASSIGN(const json::object* special, json_object(piece.get_object(), "SpecialToken"));
    GANGLION_ASSIGN(const std::string_view token, json_string(*special, "id"));
    GANGLION_ASSIGN(const int32_t id, id_of(spec, token));
    (behind ? spec.suffix_ids : spec.prefix_ids).push_back(id);
  }
  return {};
}

// {"type": "BertProcessing", "sep": ["[SEP]", 102], "cls": ["[CLS]", 101]}
Status read_bert_processing(const json::object& processor, WordPieceSpec& spec) {
  for (const std::string_view key : {"cls", "sep"}) {
    GANGLION_ASSIGN(const json::array* pair, json_array(processor, key));
    if (pair->empty() || !(*pair)[0].is_string()) {
      return fail(ErrorCode::kMalformed, "\"{}\": expected [token, id]", key);
    }
    GANGLION_ASSIGN(const int32_t id, id_of(spec, (*pair)[0].get_string()));
    (key == "cls" ? spec.prefix_ids : spec.suffix_ids).push_back(id);
  }
  return {};
}

Status read_post_processor(const json::object& root, WordPieceSpec& spec) {
  const json::value* processor = find(root, "post_processor");
  if (processor == nullptr) return {};
  GANGLION_ASSIGN(const std::string_view type, type_of(*processor, "post_processor"));
  if (type == "TemplateProcessing") return read_template(processor->get_object(), spec);
  if (type == "BertProcessing") return read_bert_processing(processor->get_object(), spec);
  return fail(ErrorCode::kUnsupported,
              "\"post_processor\": expected TemplateProcessing or BertProcessing, found {}", type);
}

Result<WordPieceSpec> read_spec(const json::value& root_value) {
  if (!root_value.is_object()) {
    return fail(ErrorCode::kMalformed, "expected an object, found {}",
                json_kind_name(root_value.kind()));
  }
  const json::object& root = root_value.get_object();
  GANGLION_ASSIGN(const json::object* model, json_object(root, "model"));
  GANGLION_ASSIGN(const std::string type, string_or(*model, "type", "WordPiece"));
  if (type != "WordPiece") {
    return fail(ErrorCode::kUnsupported, "\"model\": expected type WordPiece, found {}", type);
  }
  WordPieceSpec spec;
  GANGLION_TRY(read_vocabulary(root, *model, spec));
  GANGLION_ASSIGN(spec.continuation_prefix, string_or(*model, "continuing_subword_prefix", "##"));
  GANGLION_ASSIGN(const std::string unknown, string_or(*model, "unk_token", "[UNK]"));
  GANGLION_ASSIGN(spec.unknown_id, id_of(spec, unknown));
  if (find(*model, "max_input_chars_per_word") != nullptr) {
    GANGLION_ASSIGN(const int64_t max_chars, json_integer(*model, "max_input_chars_per_word"));
    spec.max_word_chars = max_chars < 0 ? 0 : static_cast<size_t>(max_chars);
  }
  GANGLION_TRY(read_normalizer(root, spec));
  GANGLION_TRY(check_pre_tokenizer(root));
  GANGLION_TRY(read_post_processor(root, spec));
  return spec;
}

Status read_tokenizer_config(std::string_view config_json, WordPieceSpec& spec) {
  json::value root = json::object();
  if (!config_json.empty()) {
    GANGLION_ASSIGN(root, parse_json(config_json, "tokenizer_config.json"));
  }
  if (!root.is_object()) {
    return fail(ErrorCode::kMalformed, "tokenizer_config.json: expected an object, found {}",
                json_kind_name(root.kind()));
  }
  const json::object& object = root.get_object();
  GANGLION_ASSIGN(spec.lowercase, bool_or(object, "do_lower_case", true));
  GANGLION_ASSIGN(spec.strip_accents, bool_or(object, "strip_accents", spec.lowercase));
  GANGLION_ASSIGN(spec.split_cjk, bool_or(object, "tokenize_chinese_chars", true));
  GANGLION_ASSIGN(const std::string unknown, string_or(object, "unk_token", "[UNK]"));
  GANGLION_ASSIGN(const std::string cls, string_or(object, "cls_token", "[CLS]"));
  GANGLION_ASSIGN(const std::string sep, string_or(object, "sep_token", "[SEP]"));
  GANGLION_ASSIGN(spec.unknown_id, id_of(spec, unknown));
  GANGLION_ASSIGN(const int32_t cls_id, id_of(spec, cls));
  GANGLION_ASSIGN(const int32_t sep_id, id_of(spec, sep));
  spec.prefix_ids = {cls_id};
  spec.suffix_ids = {sep_id};
  return {};
}

// Any failure gets the file's name in front.
template <typename T>
Result<T> named(std::string_view source_name, Result<T> result) {
  if (result.ok()) return result;
  return at_place(source_name, result.error());
}

}  // namespace

Result<WordPiece> parse_wordpiece_json(std::string_view text, std::string_view source_name) {
  GANGLION_ASSIGN(const json::value root, parse_json(text, source_name));
  GANGLION_ASSIGN(WordPieceSpec spec, named(source_name, read_spec(root)));
  return named(source_name, WordPiece::create(std::move(spec)));
}

Result<WordPiece> parse_wordpiece_vocabulary(std::string_view vocabulary,
                                             std::string_view config_json,
                                             std::string_view source_name) {
  WordPieceSpec spec;
  while (!vocabulary.empty()) {
    const size_t end = std::min(vocabulary.find('\n'), vocabulary.size());
    std::string_view line = vocabulary.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    spec.tokens.emplace_back(line);
    vocabulary.remove_prefix(std::min(end + 1, vocabulary.size()));
  }
  if (Status status = read_tokenizer_config(config_json, spec); !status.ok()) {
    return at_place(source_name, status.error());
  }
  return named(source_name, WordPiece::create(std::move(spec)));
}

Result<WordPiece> load_wordpiece(const std::filesystem::path& folder) {
  const std::filesystem::path json_path = folder / "tokenizer.json";
  if (std::filesystem::exists(json_path)) {
    GANGLION_ASSIGN(const std::string text, read_file(json_path, kMaxFileBytes));
    return parse_wordpiece_json(text, json_path.string());
  }
  const std::filesystem::path vocabulary_path = folder / "vocab.txt";
  const std::filesystem::path config_path = folder / "tokenizer_config.json";
  GANGLION_ASSIGN(const std::string vocabulary, read_file(vocabulary_path, kMaxFileBytes));
  std::string config;
  if (std::filesystem::exists(config_path)) {
    GANGLION_ASSIGN(config, read_file(config_path, kMaxFileBytes));
  }
  return parse_wordpiece_vocabulary(vocabulary, config, vocabulary_path.string());
}

}  // namespace ganglion
