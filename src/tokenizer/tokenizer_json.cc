#include "tokenizer/tokenizer_json.h"

#include <algorithm>

#include "tokenizer/byte_level.h"
#include "tokenizer/json_members.h"
#include "tokenizer/special_names.h"
#include "tokenizer/tokenizer_json_stages.h"
#include "tokenizer/unigram.h"

namespace ganglion {
namespace {

constexpr size_t kMaxAround = 16;  // special tokens around a text

std::string_view model_type(const json::object& model) {
  if (const json::value* type = find_member(model, "type"); type != nullptr && type->is_string()) {
    return type->get_string();
  }
  const json::value* vocabulary = find_member(model, "vocab");
  if (vocabulary != nullptr && vocabulary->is_array()) return "Unigram";
  return find_member(model, "merges") != nullptr ? "BPE" : "WordPiece";
}

// What the readers of one file share.
struct Reading {
  Reading(const json::object& file, const json::object& its_model) : root(file), model(its_model) {}

  const json::object& root;
  const json::object& model;
  TextTokenizerSpec spec;
  JsonPreTokenizer pre_tokenizer;
};

Status put_token(VocabularyTokens& tokens, std::string_view token, int64_t id, TokenKind kind,
                 size_t max_tokens) {
  if (id < 0 || static_cast<uint64_t>(id) >= max_tokens) {
    return fail(ErrorCode::kMalformed, "token \"{}\": expected an id from 0 to {}, found {}", token,
                max_tokens - 1, id);
  }
  const auto index = static_cast<size_t>(id);
  if (index >= tokens.spelled.size()) {
    tokens.spelled.resize(index + 1);
    tokens.kinds.resize(index + 1, TokenKind::kUnused);
  }
  tokens.spelled[index] = token;
  tokens.kinds[index] = kind;
  return {};
}

// {"token": id, …} of BPE
Status read_vocabulary(size_t num_added, Reading& reading) {
  GANGLION_ASSIGN(const json::object* vocabulary, json_object(reading.model, "vocab"));
  // Ids may have gaps, but a file cannot make us allocate far more than it holds itself.
  const size_t max_tokens = 2 * (vocabulary->size() + num_added) + 1024;
  for (const auto& entry : *vocabulary) {
    if (!entry.value().is_int64()) {
      return fail(ErrorCode::kMalformed, "\"vocab\": \"{}\": expected an id, found {}",
                  std::string_view(entry.key()), json_kind_name(entry.value().kind()));
    }
    GANGLION_TRY(put_token(reading.spec.tokens, entry.key(), entry.value().get_int64(),
                           TokenKind::kNormal, max_tokens));
  }
  return {};
}

// [["token", score], …] of Unigram
Status read_scored_vocabulary(Reading& reading, std::vector<double>& scores) {
  GANGLION_ASSIGN(const json::array* vocabulary, json_array(reading.model, "vocab"));
  for (const json::value& entry : *vocabulary) {
    const bool is_pair = entry.is_array() && entry.get_array().size() == 2 &&
                         entry.get_array()[0].is_string() && entry.get_array()[1].is_number();
    if (!is_pair) {
      return fail(ErrorCode::kMalformed, "\"vocab\": entry {}: expected [token, score]",
                  scores.size());
    }
    reading.spec.tokens.spelled.emplace_back(entry.get_array()[0].get_string());
    reading.spec.tokens.kinds.push_back(TokenKind::kNormal);
    scores.push_back(entry.get_array()[1].to_number<double>());
  }
  return {};
}

Status read_added_token(const json::value& value, size_t max_tokens, Reading& reading) {
  if (!value.is_object()) {
    return fail(ErrorCode::kMalformed, "expected objects, found {}", json_kind_name(value.kind()));
  }
  const json::object& object = value.get_object();
  AddedToken token;
  GANGLION_ASSIGN(const std::string_view content, json_string(object, "content"));
  GANGLION_ASSIGN(const int64_t id, json_integer(object, "id"));
  token.content = content;
  GANGLION_ASSIGN(token.is_special, bool_member_or(object, "special", false));
  GANGLION_ASSIGN(token.single_word, bool_member_or(object, "single_word", false));
  GANGLION_ASSIGN(token.takes_left_blanks, bool_member_or(object, "lstrip", false));
  GANGLION_ASSIGN(token.takes_right_blanks, bool_member_or(object, "rstrip", false));
  GANGLION_ASSIGN(token.is_normalized, bool_member_or(object, "normalized", !token.is_special));
  GANGLION_TRY(put_token(reading.spec.tokens, content, id,
                         token.is_special ? TokenKind::kControl : TokenKind::kUserDefined,
                         max_tokens));
  token.id = static_cast<int32_t>(id);
  reading.spec.added.push_back(std::move(token));
  return {};
}

Status read_added_tokens(Reading& reading) {
  const json::value* added = find_member(reading.root, "added_tokens");
  if (added == nullptr) return {};
  GANGLION_ASSIGN(const json::array* tokens, json_array(reading.root, "added_tokens"));
  const size_t max_tokens = 2 * (reading.spec.tokens.spelled.size() + tokens->size()) + 1024;
  for (const json::value& token : *tokens) {
    if (Status status = read_added_token(token, max_tokens, reading); !status.ok()) {
      return at_place("\"added_tokens\"", status.error());
    }
  }
  return {};
}

Result<int32_t> id_of(const TokenTable& table, std::string_view token) {
  const int32_t id = table.find(token);
  if (id >= 0) return id;
  return fail(ErrorCode::kMalformed, "token \"{}\": expected in the vocabulary, but it is absent",
              token);
}

Status put_around(int32_t id, bool behind, TextTokenizerSpec& spec) {
  if (spec.prefix_ids.size() + spec.suffix_ids.size() == kMaxAround) {
    return fail(ErrorCode::kLimit, "expected at most {} special tokens", kMaxAround);
  }
  (behind ? spec.suffix_ids : spec.prefix_ids).push_back(id);
  return {};
}

// {"single": [{"SpecialToken": {"id": "<s>"}}, {"Sequence": {"id": "A"}}, …]}
Status read_template(const json::object& processor, const TokenTable& table,
                     TextTokenizerSpec& spec) {
  GANGLION_ASSIGN(const json::array* pieces, json_array(processor, "single"));
  bool behind = false;
  for (const json::value& piece : *pieces) {
    if (!piece.is_object()) return fail(ErrorCode::kMalformed, "\"single\": expected objects");
    if (find_member(piece.get_object(), "SpecialToken") == nullptr) {
      behind = true;
      continue;
    }
    GANGLION_ASSIGN(const json::object* special, json_object(piece.get_object(), "SpecialToken"));
    GANGLION_ASSIGN(const std::string_view name, json_string(*special, "id"));
    GANGLION_ASSIGN(const int32_t id, id_of(table, name));
    GANGLION_TRY(put_around(id, behind, spec));
  }
  return {};
}

// {"cls": ["<s>", 0], "sep": ["</s>", 2]}
Status read_around_pair(const json::object& processor, const TokenTable& table,
                        TextTokenizerSpec& spec) {
  for (const std::string_view key : {"cls", "sep"}) {
    GANGLION_ASSIGN(const json::array* pair, json_array(processor, key));
    if (pair->empty() || !(*pair)[0].is_string()) {
      return fail(ErrorCode::kMalformed, "\"{}\": expected [token, id]", key);
    }
    GANGLION_ASSIGN(const int32_t id, id_of(table, (*pair)[0].get_string()));
    GANGLION_TRY(put_around(id, key == "sep", spec));
  }
  return {};
}

Status read_post_processor(const json::value& value, const TokenTable& table,
                           TextTokenizerSpec& spec) {
  GANGLION_ASSIGN(const std::string_view type, type_member(value, "post_processor"));
  const json::object& object = value.get_object();
  if (type == "ByteLevel") return {};  // it trims offsets only
  if (type == "TemplateProcessing") return read_template(object, table, spec);
  if (type == "BertProcessing" || type == "RobertaProcessing") {
    return read_around_pair(object, table, spec);
  }
  if (type != "Sequence") return fail(ErrorCode::kUnsupported, "unknown type \"{}\"", type);
  GANGLION_ASSIGN(const json::array* parts, json_array(object, "processors"));
  if (parts->size() > kMaxAround) return fail(ErrorCode::kLimit, "too many processors");
  for (const json::value& part : *parts) GANGLION_TRY(read_post_processor(part, table, spec));
  return {};
}

Status read_special(const TokenTable& table, Reading& reading) {
  TextTokenizerSpec& spec = reading.spec;
  if (const json::value* processor = find_member(reading.root, "post_processor")) {
    if (Status status = read_post_processor(*processor, table, spec); !status.ok()) {
      return at_place("\"post_processor\"", status.error());
    }
  }
  SpecialTokens& special = spec.special;
  if (!spec.prefix_ids.empty()) special.begin = spec.prefix_ids.front();
  if (!spec.suffix_ids.empty()) special.end = spec.suffix_ids.back();
  special.adds_begin = !spec.prefix_ids.empty();
  special.adds_end = !spec.suffix_ids.empty();
  find_special_by_name(spec.tokens, special);
  for (AddedToken& token : spec.added) {
    token.is_special = spec.tokens.kinds[static_cast<size_t>(token.id)] != TokenKind::kUserDefined;
  }
  return {};
}

Result<std::vector<MergePair>> read_merges(const json::object& model,
                                           const VocabularyTokens& tokens) {
  GANGLION_ASSIGN(const json::array* merges, json_array(model, "merges"));
  std::vector<std::string_view> lines;
  std::vector<MergePair> pairs;
  for (const json::value& merge : *merges) {
    const bool is_pair = merge.is_array() && merge.get_array().size() == 2 &&
                         merge.get_array()[0].is_string() && merge.get_array()[1].is_string();
    if (is_pair) {
      pairs.emplace_back(merge.get_array()[0].get_string(), merge.get_array()[1].get_string());
    } else if (merge.is_string()) {
      lines.emplace_back(merge.get_string());
    } else {
      return fail(ErrorCode::kMalformed, "\"merges\": entry {}: expected two tokens",
                  pairs.size() + lines.size());
    }
  }
  if (lines.empty()) return pairs;
  if (pairs.empty()) return parse_merge_lines(tokens, lines);
  return fail(ErrorCode::kMalformed, "\"merges\": expected texts or pairs, found both");
}

void set_byte_kinds(VocabularyTokens& tokens) {
  for (size_t id = 0; id < tokens.spelled.size(); ++id) {
    if (tokens.kinds[id] == TokenKind::kNormal && byte_of_hex_token(tokens.spelled[id])) {
      tokens.kinds[id] = TokenKind::kByte;
    }
  }
}

// The symbols of bytes at the end of a piece, which is spelt out: "e</w>".
void set_word_end(const std::string& word_end, const TokenTable& table, BpeSpec& bpe) {
  bpe.last_suffix = word_end;
  for (uint32_t byte = 0; byte < 256; ++byte) {
    std::string spelled;
    append_byte_level(spelled, static_cast<uint8_t>(byte));
    bpe.last_byte_ids.push_back(table.find(spelled + word_end));
  }
}

Status read_bpe(Reading& reading) {
  TextTokenizerSpec& spec = reading.spec;
  const json::object& model = reading.model;
  const bool byte_level = reading.pre_tokenizer.byte_level;
  GANGLION_ASSIGN(const std::string unknown, string_member_or(model, "unk_token", ""));
  GANGLION_ASSIGN(const std::string prefix,
                  string_member_or(model, "continuing_subword_prefix", ""));
  GANGLION_ASSIGN(spec.word_end, string_member_or(model, "end_of_word_suffix", ""));
  GANGLION_ASSIGN(const bool byte_fallback, bool_member_or(model, "byte_fallback", false));
  if (!prefix.empty() || (!spec.word_end.empty() && !byte_level)) {
    return fail(ErrorCode::kUnsupported,
                "\"continuing_subword_prefix\" \"{}\", \"end_of_word_suffix\" \"{}\"", prefix,
                spec.word_end);
  }
  const SeededHash spelled_hash(digest_of(spec.tokens.spelled));
  const TokenTable table(spec.tokens.spelled, spelled_hash);
  if (byte_fallback) set_byte_kinds(spec.tokens);
  if (!unknown.empty()) {
    GANGLION_ASSIGN(spec.special.unknown, id_of(table, unknown));
    TokenKind& kind = spec.tokens.kinds[static_cast<size_t>(spec.special.unknown)];
    if (kind == TokenKind::kNormal || kind == TokenKind::kControl) kind = TokenKind::kUnknown;
  }
  GANGLION_TRY(read_special(table, reading));
  BpeSpec bpe = bpe_symbols(spec.tokens, byte_level);
  if (byte_fallback && !byte_level) find_byte_tokens(spec.tokens, bpe);
  if (!spec.word_end.empty()) set_word_end(spec.word_end, table, bpe);
  bpe.unknown_id = spec.special.unknown;
  GANGLION_ASSIGN(bpe.fuses_unknown, bool_member_or(model, "fuse_unk", false));
  GANGLION_ASSIGN(bpe.tokens_first, bool_member_or(model, "ignore_merges", false));
  GANGLION_ASSIGN(const std::vector<MergePair> merges, read_merges(model, spec.tokens));
  GANGLION_TRY(add_merges(spec.tokens, merges, bpe));
  const bool may_cut = !byte_level && table.find(kSpaceMark) >= 0 && merges_stay_inside_words(bpe);
  if (may_cut && reading.pre_tokenizer.stages.empty()) {
    reading.pre_tokenizer.stages.push_back({Split::kMarkedWords});
  }
  const SeededHash hash(digest_of(bpe.symbols));
  spec.model = std::make_unique<Bpe>(std::move(bpe), hash);
  return {};
}

Status read_unigram(std::vector<double> scores, Reading& reading) {
  TextTokenizerSpec& spec = reading.spec;
  GANGLION_ASSIGN(const bool byte_fallback, bool_member_or(reading.model, "byte_fallback", false));
  if (byte_fallback) set_byte_kinds(spec.tokens);
  GANGLION_ASSIGN(const int64_t unknown, json_integer(reading.model, "unk_id"));
  if (unknown < 0 || static_cast<uint64_t>(unknown) >= spec.tokens.spelled.size()) {
    return fail(ErrorCode::kMalformed, "\"unk_id\": expected 0 to {}, found {}",
                spec.tokens.spelled.size() - 1, unknown);
  }
  spec.special.unknown = static_cast<int32_t>(unknown);
  spec.tokens.kinds[static_cast<size_t>(unknown)] = TokenKind::kUnknown;
  const SeededHash hash(digest_of(spec.tokens.spelled));
  const TokenTable table(spec.tokens.spelled, hash);
  GANGLION_TRY(read_special(table, reading));
  BpeSpec symbols = bpe_symbols(spec.tokens, false);  // the same tokens come from text
  if (byte_fallback) find_byte_tokens(spec.tokens, symbols);
  UnigramSpec unigram;
  unigram.byte_ids = symbols.byte_ids;
  unigram.tokens = std::move(symbols.symbols);
  unigram.unknown_id = spec.special.unknown;
  scores.resize(unigram.tokens.size());
  // Added tokens behind the model's are none of its own.
  for (size_t id = 0; id < unigram.tokens.size(); ++id) {
    if (spec.tokens.kinds[id] == TokenKind::kUserDefined) unigram.tokens[id].clear();
  }
  unigram.scores = std::move(scores);
  GANGLION_ASSIGN(spec.model, Unigram::create(std::move(unigram)));
  return {};
}

Result<const json::object*> model_of(const json::value& root) {
  if (root.is_object()) return json_object(root.get_object(), "model");
  return fail(ErrorCode::kMalformed, "expected an object, found {}", json_kind_name(root.kind()));
}

Result<TextTokenizerSpec> read_spec(const json::value& value) {
  GANGLION_ASSIGN(const json::object* model, model_of(value));
  const json::object& root = value.get_object();
  Reading reading(root, *model);
  TextTokenizerSpec& spec = reading.spec;
  const std::string_view type = model_type(*model);
  std::vector<double> scores;
  const json::value* added = find_member(root, "added_tokens");
  const size_t num_added = added != nullptr && added->is_array() ? added->get_array().size() : 0;
  if (type == "BPE") {
    GANGLION_TRY(read_vocabulary(num_added, reading));
  } else if (type == "Unigram") {
    GANGLION_TRY(read_scored_vocabulary(reading, scores));
  } else {
    return fail(ErrorCode::kUnsupported, "\"model\": expected BPE or Unigram, found {}", type);
  }
  GANGLION_TRY(read_added_tokens(reading));
  GANGLION_TRY(check_vocabulary(spec.tokens));
  GANGLION_ASSIGN(std::vector<NormalizerStep> steps,
                  read_normalizer_json(find_member(root, "normalizer")));
  spec.begins_with_space = std::any_of(steps.begin(), steps.end(), [](const NormalizerStep& step) {
    return step.kind == NormalizerKind::kPrepend;
  });
  spec.normalizer = Normalizer(std::move(steps));
  GANGLION_ASSIGN(reading.pre_tokenizer,
                  read_pre_tokenizer_json(find_member(root, "pre_tokenizer")));
  GANGLION_TRY(type == "BPE" ? read_bpe(reading) : read_unigram(std::move(scores), reading));
  spec.begins_with_space = spec.begins_with_space || reading.pre_tokenizer.adds_space;
  spec.spelling =
      reading.pre_tokenizer.byte_level ? TokenSpelling::kByteLevel : TokenSpelling::kMarkedSpaces;
  spec.part_normalizer = Normalizer(std::move(reading.pre_tokenizer.steps));
  spec.pre_tokenizer = PreTokenizer(std::move(reading.pre_tokenizer.stages));
  return std::move(reading.spec);
}

}  // namespace

Result<TextTokenizerSpec> parse_tokenizer_json(std::string_view text, std::string_view source_name,
                                               bool* is_wordpiece) {
  GANGLION_ASSIGN(const json::value root, parse_json(text, source_name));
  if (is_wordpiece != nullptr) {
    const Result<const json::object*> model = model_of(root);
    *is_wordpiece = model.ok() && model_type(*model.value()) == "WordPiece";
  }
  Result<TextTokenizerSpec> spec = read_spec(root);
  if (spec.ok()) return spec;
  return at_place(source_name, spec.error());
}

}  // namespace ganglion
