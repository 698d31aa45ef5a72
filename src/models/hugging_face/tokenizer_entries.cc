#include "models/hugging_face/tokenizer_entries.h"

#include <array>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "base/file.h"
#include "models/gguf_wordpiece.h"
#include "models/hugging_face/vocabulary.h"
#include "tokenizer/wordpiece_files.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxTemplateBytes = uint64_t{1} << 20;
constexpr uint64_t kMaxVocabulary = uint64_t{1} << 24;

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

// The file's object, or an empty one when there is no such file.
Result<HfConfig> open_or_empty(const std::filesystem::path& path) {
  return is_there(path) ? HfConfig::open(path) : HfConfig::parse("{}", path.string());
}

// A token in tokenizer_config.json: its text, or an object with its "content".
std::string named_token(const HfConfig& config, const std::string& key) {
  const json::value* value = config.object().if_contains(key);
  if (value != nullptr && value->is_object()) value = value->get_object().if_contains("content");
  return value != nullptr && value->is_string() ? std::string(value->get_string()) : "";
}

struct SpecialKey {
  std::string_view name;      // in "<name>_token" of tokenizer_config.json
  std::string_view gguf_key;  // misspelt where GGUF has it so
};

constexpr std::array<SpecialKey, 7> kSpecialKeys = {{
    {"bos", "tokenizer.ggml.bos_token_id"},
    {"eos", "tokenizer.ggml.eos_token_id"},
    {"unk", "tokenizer.ggml.unknown_token_id"},
    {"sep", "tokenizer.ggml.seperator_token_id"},
    {"pad", "tokenizer.ggml.padding_token_id"},
    {"cls", "tokenizer.ggml.cls_token_id"},
    {"mask", "tokenizer.ggml.mask_token_id"},
}};

// "<name>_token_id" of config.json: a number, or a list of them, of which the first counts.
std::optional<uint64_t> configured_id(const HfConfig& config, std::string_view name) {
  const json::value* value = config.object().if_contains(fmt::format("{}_token_id", name));
  if (value != nullptr && value->is_array() && !value->get_array().empty()) {
    value = &value->get_array().front();
  }
  if (value == nullptr || !value->is_int64() || value->get_int64() < 0) return std::nullopt;
  return static_cast<uint64_t>(value->get_int64());
}

// SentencePiece's file by any of its names.
std::optional<std::filesystem::path> find_sentencepiece(const std::filesystem::path& folder) {
  for (const char* name : {"tokenizer.model", "spiece.model", "sentencepiece.bpe.model"}) {
    if (is_there(folder / name)) return folder / name;
  }
  return std::nullopt;
}

using SpecialIds = std::map<std::string_view, uint32_t>;  // by SpecialKey::name

// By the token that tokenizer_config.json names, else by config.json's id.
SpecialIds find_special_ids(const HfConfig& config, const HfConfig& tokenizer_config,
                            const std::vector<std::string>& tokens) {
  std::map<std::string, uint32_t> wanted;
  for (const SpecialKey& key : kSpecialKeys) {
    wanted[named_token(tokenizer_config, fmt::format("{}_token", key.name))] = UINT32_MAX;
  }
  for (size_t id = 0; id < tokens.size(); ++id) {
    const auto found = wanted.find(tokens[id]);
    if (found != wanted.end() && !tokens[id].empty()) found->second = static_cast<uint32_t>(id);
  }
  SpecialIds ids;
  for (const SpecialKey& key : kSpecialKeys) {
    const uint32_t id = wanted[named_token(tokenizer_config, fmt::format("{}_token", key.name))];
    if (id != UINT32_MAX) {
      ids[key.name] = id;
    } else if (const auto configured = configured_id(config, key.name);
               configured && *configured < tokens.size()) {
      ids[key.name] = static_cast<uint32_t>(*configured);
    }
  }
  return ids;
}

// Whether tokenizer.json's post-processor puts the token in front of, or behind, every text.
struct Surroundings {
  bool adds_begin = false;
  bool adds_end = false;
};

Surroundings read_post_processor(const json::value* value, int depth) {
  constexpr int kMaxDepth = 8;
  if (value == nullptr || !value->is_object() || depth > kMaxDepth) return {};
  const json::object& object = value->get_object();
  const json::value* type = object.if_contains("type");
  if (type == nullptr || !type->is_string()) return {};
  if (type->get_string() == "RobertaProcessing" || type->get_string() == "BertProcessing") {
    return {true, true};
  }
  if (type->get_string() == "Sequence") {
    Surroundings all;
    const json::value* list = object.if_contains("processors");
    if (list == nullptr || !list->is_array()) return {};
    for (const json::value& part : list->get_array()) {
      const Surroundings found = read_post_processor(&part, depth + 1);
      all.adds_begin |= found.adds_begin;
      all.adds_end |= found.adds_end;
    }
    return all;
  }
  const json::value* single = object.if_contains("single");
  if (single == nullptr || !single->is_array() || single->get_array().empty()) return {};
  const auto is_special = [](const json::value& part) {
    return part.is_object() && part.get_object().contains("SpecialToken");
  };
  const json::array& parts = single->get_array();
  return {is_special(parts.front()), is_special(parts.back())};
}

// What the tokenizers of transformers put around a text where no file says so.
Surroundings sentencepiece_surroundings(const HfConfig& tokenizer_config,
                                        const GgufVocabulary& vocabulary, bool has_fairseq_ids) {
  if (has_fairseq_ids) return {true, true};
  const auto name = tokenizer_config.get_string_or("tokenizer_class", "");
  const bool is_t5 = name.ok() && name->find("T5") != std::string::npos;
  if (is_t5 || (vocabulary.model == "t5" && name.ok() && name->empty())) return {false, true};
  return {true, false};
}

Status add_surroundings(const HfConfig& tokenizer_config, Surroundings found,
                        GgufWriter& metadata) {
  GANGLION_ASSIGN(const bool adds_begin,
                  tokenizer_config.get_bool_or("add_bos_token", found.adds_begin));
  GANGLION_ASSIGN(const bool adds_end,
                  tokenizer_config.get_bool_or("add_eos_token", found.adds_end));
  metadata.set_bool("tokenizer.ggml.add_bos_token", adds_begin);
  metadata.set_bool("tokenizer.ggml.add_eos_token", adds_end);
  return {};
}

// Where transformers keeps it beside chat_template.jinja.
Status add_tool_template(const std::filesystem::path& path, GgufWriter& metadata) {
  if (!is_there(path)) return {};
  GANGLION_ASSIGN(const std::string text, read_file(path, kMaxTemplateBytes));
  metadata.set_string("tokenizer.chat_template.tool_use", text);
  metadata.set_strings("tokenizer.chat_templates", std::vector<std::string>{"tool_use"});
  return {};
}

// chat_template.jinja, else "chat_template" of tokenizer_config.json: a text, or a list of named
// ones.
Status add_chat_templates(const std::filesystem::path& folder, const HfConfig& tokenizer_config,
                          GgufWriter& metadata) {
  constexpr std::string_view kKey = "tokenizer.chat_template";
  if (is_there(folder / "chat_template.jinja")) {
    GANGLION_ASSIGN(const std::string text,
                    read_file(folder / "chat_template.jinja", kMaxTemplateBytes));
    metadata.set_string(kKey, text);
    return add_tool_template(folder / "additional_chat_templates/tool_use.jinja", metadata);
  }
  const json::value* value = tokenizer_config.object().if_contains("chat_template");
  if (value == nullptr || value->is_null()) return {};
  if (value->is_string()) {
    metadata.set_string(kKey, value->get_string());
    return {};
  }
  std::map<std::string, std::string> templates;
  if (value->is_array()) {
    for (const json::value& entry : value->get_array()) {
      if (!entry.is_object()) continue;
      GANGLION_ASSIGN(const std::string_view name, json_string(entry.get_object(), "name"));
      GANGLION_ASSIGN(const std::string_view text, json_string(entry.get_object(), "template"));
      templates[std::string(name)] = text;
    }
  }
  std::vector<std::string> names;
  for (const auto& [name, text] : templates) {
    if (name.empty()) continue;
    metadata.set_string(name == "default" ? std::string(kKey) : fmt::format("{}.{}", kKey, name),
                        text);
    if (name != "default") names.push_back(name);
  }
  if (!names.empty()) metadata.set_strings("tokenizer.chat_templates", names);
  return {};
}

void add_vocabulary(const GgufVocabulary& vocabulary, GgufWriter& metadata) {
  metadata.set_string("tokenizer.ggml.model", vocabulary.model);
  metadata.set_string("tokenizer.ggml.pre", vocabulary.pre);
  metadata.set_strings("tokenizer.ggml.tokens", std::span<const std::string>(vocabulary.tokens));
  metadata.set_i32s("tokenizer.ggml.token_type", vocabulary.kinds);
  if (!vocabulary.scores.empty()) metadata.set_f32s("tokenizer.ggml.scores", vocabulary.scores);
  if (vocabulary.model == "gpt2") {
    metadata.set_strings("tokenizer.ggml.merges", std::span<const std::string>(vocabulary.merges));
    return;
  }
  metadata.set_bool("tokenizer.ggml.add_space_prefix", vocabulary.adds_space_prefix);
  if (vocabulary.model != "t5") return;
  metadata.set_bool("tokenizer.ggml.remove_extra_whitespaces", vocabulary.removes_extra_spaces);
  if (vocabulary.character_map.empty()) return;
  const auto* bytes = reinterpret_cast<const uint8_t*>(vocabulary.character_map.data());
  metadata.set_u8s("tokenizer.ggml.precompiled_charsmap", {bytes, vocabulary.character_map.size()});
}

// BERT's, whose entries models/gguf_wordpiece.h writes.
Status add_wordpiece(const std::filesystem::path& folder, uint64_t vocabulary_size,
                     GgufWriter& metadata) {
  GANGLION_ASSIGN(const WordPiece tokenizer, load_wordpiece(folder));
  WordPieceSpec spec = tokenizer.spec();
  if (spec.tokens.size() > vocabulary_size) {
    return fail(
        ErrorCode::kMalformed,
        "{}: tokenizer: expected at most {} tokens (\"vocab_size\" in config.json), found {}",
        folder.string(), vocabulary_size, spec.tokens.size());
  }
  spec.tokens.resize(vocabulary_size);
  write_gguf_wordpiece(spec, metadata);
  for (const auto& [token, key] : {std::pair{"[PAD]", "tokenizer.ggml.padding_token_id"},
                                   {"[MASK]", "tokenizer.ggml.mask_token_id"}}) {
    const int32_t id = tokenizer.find(token);
    if (id >= 0) metadata.set_u32(key, static_cast<uint32_t>(id));
  }
  return {};
}

bool is_wordpiece(const HfConfig& tokenizer_json) {
  const json::value* model = tokenizer_json.object().if_contains("model");
  if (model == nullptr || !model->is_object()) return false;
  const json::value* type = model->get_object().if_contains("type");
  return type != nullptr && type->is_string() && type->get_string() == "WordPiece";
}

// What the configurations name counts before what tokenizer.model says.
void add_special_ids(const HfConfig& config, const HfConfig& tokenizer_config,
                     const GgufVocabulary& vocabulary, GgufWriter& metadata) {
  SpecialIds ids = find_special_ids(config, tokenizer_config, vocabulary.tokens);
  const SpecialTokens& own = vocabulary.special;
  const std::array<std::pair<std::string_view, int32_t>, 4> named = {
      {{"bos", own.begin}, {"eos", own.end}, {"unk", own.unknown}, {"pad", own.padding}}};
  for (const auto& [name, id] : named) {
    if (id != SpecialTokens::kNone) ids.emplace(name, static_cast<uint32_t>(id));
  }
  for (const SpecialKey& key : kSpecialKeys) {
    const auto found = ids.find(key.name);
    if (found != ids.end()) metadata.set_u32(key.gguf_key, found->second);
  }
}

}  // namespace

Status add_tokenizer_entries(const HfCheckpoint& checkpoint, GgufWriter& metadata) {
  const std::filesystem::path& folder = checkpoint.folder();
  const HfConfig& config = checkpoint.config();
  GANGLION_ASSIGN(const uint64_t vocabulary_size, config.get_unsigned("vocab_size"));
  GANGLION_ASSERT(vocabulary_size <= kMaxVocabulary);  // the mapping has checked it
  GANGLION_ASSIGN(const HfConfig tokenizer_config, open_or_empty(folder / "tokenizer_config.json"));
  if (config.has("type_vocab_size")) {
    GANGLION_ASSIGN(const uint64_t num_types, config.get_unsigned("type_vocab_size"));
    metadata.set_u32("tokenizer.ggml.token_type_count", static_cast<uint32_t>(num_types));
  } else if (checkpoint.model_type() == "distilbert") {
    metadata.set_u32("tokenizer.ggml.token_type_count", 1);  // llama.cpp asks for it all the same
  }
  GANGLION_ASSIGN(const HfConfig tokenizer_json, open_or_empty(folder / "tokenizer.json"));
  const bool has_json = !tokenizer_json.object().empty();
  if (is_wordpiece(tokenizer_json) || (!has_json && is_there(folder / "vocab.txt"))) {
    return add_wordpiece(folder, vocabulary_size, metadata);
  }
  GgufVocabulary vocabulary;
  Surroundings surroundings =
      read_post_processor(tokenizer_json.object().if_contains("post_processor"), 0);
  if (has_json) {
    GANGLION_ASSIGN(vocabulary, read_tokenizer_json(tokenizer_json, vocabulary_size));
  } else if (is_there(folder / "vocab.json") && is_there(folder / "merges.txt")) {
    GANGLION_ASSIGN(vocabulary, read_vocabulary_and_merges(folder, vocabulary_size));
    // These files do not say it; RoBERTa's tokenizer does it in code.
    if (checkpoint.model_type() == "roberta") surroundings = {true, true};
  } else if (const auto path = find_sentencepiece(folder)) {
    GANGLION_ASSIGN(const HfConfig added, open_or_empty(folder / "added_tokens.json"));
    const bool has_fairseq_ids = checkpoint.model_type() == "xlm-roberta";
    GANGLION_ASSIGN(vocabulary, read_sentencepiece_vocabulary(*path, {added, tokenizer_config},
                                                              has_fairseq_ids, vocabulary_size));
    surroundings = sentencepiece_surroundings(tokenizer_config, vocabulary, has_fairseq_ids);
  } else {
    metadata.set_string("tokenizer.ggml.model", "none");
    return {};
  }
  add_vocabulary(vocabulary, metadata);
  add_special_ids(config, tokenizer_config, vocabulary, metadata);
  GANGLION_TRY(add_surroundings(tokenizer_config, surroundings, metadata));
  return add_chat_templates(folder, tokenizer_config, metadata);
}

}  // namespace ganglion
