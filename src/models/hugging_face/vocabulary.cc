#include "models/hugging_face/vocabulary.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <optional>
#include <unordered_map>
#include <utility>

#include "base/file.h"
#include "tokenizer/base64.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxFileBytes = uint64_t{64} << 20;
constexpr size_t kMaxMerges = size_t{1} << 24;
constexpr std::string_view kWordStart = "\u2581";  // SentencePiece's "▁"

int32_t number_of(TokenKind kind) { return static_cast<int32_t>(kind); }

// "<0x0A>"
bool is_byte_token(std::string_view token) {
  return token.size() == 6 && token.starts_with("<0x") && token.back() == '>';
}

// Added tokens that steer the model, though their file does not say so.
bool looks_like_control(std::string_view token) {
  constexpr std::array<std::string_view, 4> kNames = {"<pad>", "<mask>", "<2mass>", "[@BOS@]"};
  return std::find(kNames.begin(), kNames.end(), token) != kNames.end() ||
         (token.starts_with("<|") && token.ends_with("|>")) ||
         (token.starts_with("<\uFF5C") && token.ends_with("\uFF5C>")) ||
         (token.starts_with("<unused") && token.ends_with('>'));
}

class VocabularyReader {
 public:
  VocabularyReader(std::string source_name, uint64_t vocabulary_size)
      : source_name_(std::move(source_name)),
        tokens_(vocabulary_size),
        kinds_(vocabulary_size, number_of(TokenKind::kUnused)) {}

  Status put(std::string_view token, const json::value& id, TokenKind kind) {
    if (!id.is_int64() || id.get_int64() < 0 ||
        static_cast<uint64_t>(id.get_int64()) >= tokens_.size()) {
      return fail(ErrorCode::kMalformed,
                  "{}: token \"{}\": expected an id from 0 to {} (\"vocab_size\" in config.json), "
                  "found {}",
                  source_name_, token, tokens_.size() - 1, json::serialize(id));
    }
    const auto index = static_cast<size_t>(id.get_int64());
    tokens_[index] = token;
    kinds_[index] = number_of(kind);
    return {};
  }

  Status put_all(const json::object& vocabulary) {
    for (const auto& member : vocabulary) {
      GANGLION_TRY(put(member.key(), member.value(), TokenKind::kNormal));
    }
    return {};
  }

  // A token that another file names: one that is there already keeps its kind, unless it is an
  // ordinary one.
  Status put_extra(std::string_view token, const json::value& id, TokenKind kind) {
    const bool is_known = id.is_int64() && id.get_int64() >= 0 &&
                          static_cast<uint64_t>(id.get_int64()) < tokens_.size();
    if (is_known) {
      const auto index = static_cast<size_t>(id.get_int64());
      const bool keeps_kind = kinds_[index] != number_of(TokenKind::kUnused) &&
                              kinds_[index] != number_of(TokenKind::kNormal);
      if (keeps_kind) return {};
    }
    std::string spelled(token);
    if (kind == TokenKind::kUserDefined) replace_all(spelled, kWordStart, " ");
    return put(spelled, id, kind);
  }

  // tokenizer.json's "added_tokens".
  Status put_added(const json::object& root, bool is_sentencepiece) {
    const json::value* added = root.if_contains("added_tokens");
    if (added == nullptr || !added->is_array()) return {};
    for (const json::value& entry : added->get_array()) {
      if (!entry.is_object()) {
        return fail(ErrorCode::kMalformed, "{}: \"added_tokens\": expected objects, found {}",
                    source_name_, json_kind_name(entry.kind()));
      }
      const json::object& object = entry.get_object();
      const auto content = json_string(object, "content");
      if (!content.ok()) return at_place(source_name_ + ": \"added_tokens\"", content.error());
      const json::value* special = object.if_contains("special");
      const bool is_control = (special != nullptr && special->is_bool() && special->get_bool()) ||
                              looks_like_control(*content);
      std::string token(*content);
      // SentencePiece vocabularies write spaces as "▁"; GGUF's user-defined tokens as they are.
      if (!is_control && is_sentencepiece) replace_all(token, kWordStart, " ");
      const json::value* id = object.if_contains("id");
      GANGLION_TRY(put(token, id == nullptr ? json::value() : *id,
                       is_control ? TokenKind::kControl : TokenKind::kUserDefined));
    }
    return {};
  }

  // Names the ids without a token, and moves the lists out.
  void finish(GgufVocabulary& out) {
    for (size_t id = 0; id < tokens_.size(); ++id) {
      if (kinds_[id] == number_of(TokenKind::kUnused)) tokens_[id] = fmt::format("[PAD{}]", id);
    }
    out.tokens = std::move(tokens_);
    out.kinds = std::move(kinds_);
  }

  static void replace_all(std::string& text, std::string_view from, std::string_view to) {
    std::string replaced;
    size_t begin = 0;
    for (size_t at = 0; (at = text.find(from, begin)) != std::string::npos;
         begin = at + from.size()) {
      replaced.append(text, begin, at - begin).append(to);
    }
    replaced.append(text, begin);
    text = std::move(replaced);
  }

  std::vector<int32_t>& kinds() { return kinds_; }
  const std::vector<std::string>& tokens() const { return tokens_; }

 private:
  std::string source_name_;
  std::vector<std::string> tokens_;
  std::vector<int32_t> kinds_;
};

Error malformed_merge(const std::string& source_name, size_t index) {
  return fail(ErrorCode::kMalformed,
              "{}: merge {}: expected two tokens, as \"left right\" or [\"left\", \"right\"]",
              source_name, index);
}

// Pairs, in either of the spellings; a space inside a token becomes "Ġ", as in the vocabulary.
Result<std::vector<std::pair<std::string, std::string>>> read_merges(
    const json::object& model, const std::string& source_name) {
  GANGLION_ASSIGN(const json::array* list, json_array(model, "merges"));
  if (list->size() > kMaxMerges) {
    return fail(ErrorCode::kLimit, "{}: \"merges\": expected at most {}, found {}", source_name,
                kMaxMerges, list->size());
  }
  std::vector<std::pair<std::string, std::string>> merges;
  merges.reserve(list->size());
  for (const json::value& merge : *list) {
    if (merge.is_string()) {
      const std::string_view text = merge.get_string();
      const size_t space = text.find(' ', 1);
      if (space == std::string_view::npos || space + 1 == text.size()) {
        return malformed_merge(source_name, merges.size());
      }
      merges.emplace_back(text.substr(0, space), text.substr(space + 1));
    } else if (merge.is_array() && merge.get_array().size() == 2 &&
               merge.get_array()[0].is_string() && merge.get_array()[1].is_string()) {
      merges.emplace_back(merge.get_array()[0].get_string(), merge.get_array()[1].get_string());
    } else {
      return malformed_merge(source_name, merges.size());
    }
  }
  return merges;
}

std::string spell_merge(const std::pair<std::string, std::string>& merge) {
  std::string text;
  for (const std::string* part : {&merge.first, &merge.second}) {
    if (!text.empty()) text += ' ';
    for (const char c : *part) {
      if (c == ' ') {
        text += "\u0120";
      } else {
        text += c;
      }
    }
  }
  return text;
}

// The order of the merges as SentencePiece's scores: 0, -1, -2, … for the tokens that merges make,
// in the order of their first merge. Of other tokens the score does not count.
std::vector<float> merge_scores(const std::vector<std::string>& tokens,
                                const std::vector<int32_t>& kinds,
                                const std::vector<std::pair<std::string, std::string>>& merges) {
  std::unordered_map<std::string, size_t> ranks;
  ranks.reserve(merges.size());
  for (const auto& [left, right] : merges) ranks.emplace(left + right, ranks.size());
  std::vector<float> scores(tokens.size(), 0.0F);
  size_t next = ranks.size();
  for (size_t id = 0; id < tokens.size(); ++id) {
    if (kinds[id] != number_of(TokenKind::kNormal)) continue;
    const auto found = ranks.find(tokens[id]);
    scores[id] = -static_cast<float>(found == ranks.end() ? next++ : found->second);
  }
  return scores;
}

bool mentions(const json::value* value, std::string_view text) {
  return value != nullptr && json::serialize(*value).find(text) != std::string::npos;
}

// Whether encoding puts a space in front of the text.
bool adds_space(const json::object& root) {
  const json::value* normalizer = root.if_contains("normalizer");
  if (mentions(normalizer, "\"Prepend\"")) return true;
  const json::value* pre_tokenizer = root.if_contains("pre_tokenizer");
  if (!mentions(pre_tokenizer, "\"Metaspace\"")) return false;
  return !mentions(pre_tokenizer, "\"add_prefix_space\":false") &&
         !mentions(pre_tokenizer, "\"prepend_scheme\":\"never\"");
}

Status read_sentencepiece_bpe(const HfConfig& root, const json::object& model,
                              VocabularyReader& reader, GgufVocabulary& out) {
  out.model = "llama";
  out.pre = "default";
  out.adds_space_prefix = adds_space(root.object());
  GANGLION_ASSIGN(const auto merges, read_merges(model, root.source_name()));
  const json::value* unknown = model.if_contains("unk_token");
  for (size_t id = 0; id < reader.tokens().size(); ++id) {
    if (is_byte_token(reader.tokens()[id])) reader.kinds()[id] = number_of(TokenKind::kByte);
    if (unknown != nullptr && unknown->is_string() &&
        unknown->get_string() == reader.tokens()[id]) {
      reader.kinds()[id] = number_of(TokenKind::kUnknown);
    }
  }
  out.scores = merge_scores(reader.tokens(), reader.kinds(), merges);
  return {};
}

Status read_bpe(const HfConfig& root, const json::object& model, uint64_t vocabulary_size,
                GgufVocabulary& out) {
  GANGLION_ASSIGN(const json::object* vocabulary, json_object(model, "vocab"));
  VocabularyReader reader(root.source_name(), vocabulary_size);
  const json::value* fallback = model.if_contains("byte_fallback");
  const bool is_sentencepiece = fallback != nullptr && fallback->is_bool() && fallback->get_bool();
  GANGLION_TRY(reader.put_all(*vocabulary));
  GANGLION_TRY(reader.put_added(root.object(), is_sentencepiece));
  if (is_sentencepiece) {
    GANGLION_TRY(read_sentencepiece_bpe(root, model, reader, out));
  } else {
    const json::value* normalizer = root.object().if_contains("normalizer");
    const bool is_plain = normalizer == nullptr || normalizer->is_null() ||
                          json::serialize(*normalizer) == R"({"type":"NFC"})";
    if (!is_plain) {
      return fail(ErrorCode::kUnsupported, "{}: \"normalizer\": expected none or NFC, found {}",
                  root.source_name(), json::serialize(*normalizer).substr(0, 200));
    }
    out.model = "gpt2";
    GANGLION_ASSIGN(out.pre, pre_tokenizer_name(root));
    GANGLION_ASSIGN(const auto merges, read_merges(model, root.source_name()));
    out.merges.reserve(merges.size());
    for (const auto& merge : merges) out.merges.push_back(spell_merge(merge));
  }
  reader.finish(out);
  return {};
}

// The "precompiled_charsmap" of a normaliser, alone or in a sequence; null when it has none.
const json::value* find_character_map(const json::value* normalizer) {
  if (normalizer == nullptr || !normalizer->is_object()) return nullptr;
  const json::object& object = normalizer->get_object();
  if (const json::value* map = object.if_contains("precompiled_charsmap")) return map;
  const json::value* list = object.if_contains("normalizers");
  if (list == nullptr || !list->is_array()) return nullptr;
  for (const json::value& part : list->get_array()) {
    if (!part.is_object()) continue;
    if (const json::value* map = part.get_object().if_contains("precompiled_charsmap")) return map;
  }
  return nullptr;
}

Status read_unigram(const HfConfig& root, const json::object& model, uint64_t vocabulary_size,
                    GgufVocabulary& out) {
  GANGLION_ASSIGN(const json::array* pieces, json_array(model, "vocab"));
  VocabularyReader reader(root.source_name(), vocabulary_size);
  out.scores.assign(vocabulary_size, 0.0F);
  for (size_t id = 0; id < pieces->size(); ++id) {
    const json::value& piece = (*pieces)[id];
    const bool is_pair = piece.is_array() && piece.get_array().size() == 2 &&
                         piece.get_array()[0].is_string() && piece.get_array()[1].is_number();
    if (!is_pair) {
      return fail(ErrorCode::kMalformed, "{}: \"vocab\": expected [token, score] at {}",
                  root.source_name(), id);
    }
    GANGLION_TRY(reader.put(piece.get_array()[0].get_string(),
                            json::value(static_cast<int64_t>(id)), TokenKind::kNormal));
    out.scores[id] = static_cast<float>(piece.get_array()[1].to_number<double>());
  }
  GANGLION_TRY(reader.put_added(root.object(), true));
  const json::value* unknown = model.if_contains("unk_id");
  if (unknown != nullptr && unknown->is_int64() && unknown->get_int64() >= 0 &&
      static_cast<uint64_t>(unknown->get_int64()) < vocabulary_size) {
    reader.kinds()[static_cast<size_t>(unknown->get_int64())] = number_of(TokenKind::kUnknown);
  }
  reader.finish(out);
  out.model = "t5";
  out.pre = "default";
  out.adds_space_prefix = adds_space(root.object());
  out.removes_extra_spaces = true;
  const json::value* map = find_character_map(root.object().if_contains("normalizer"));
  if (map == nullptr || map->is_null()) return {};
  if (!map->is_string()) {
    return fail(ErrorCode::kMalformed, "{}: \"precompiled_charsmap\": expected base64, found {}",
                root.source_name(), json_kind_name(map->kind()));
  }
  std::optional<std::string> bytes = decode_base64(map->get_string());
  if (!bytes) {
    return fail(ErrorCode::kMalformed,
                "{}: \"precompiled_charsmap\": expected base64, found other characters",
                root.source_name());
  }
  out.character_map = *std::move(bytes);
  return {};
}

// What SentencePiece's BPE does to a text that GGUF has no word for.
Status check_bpe_normalisation(const std::string& source_name, const SentencePieceTables& tables) {
  if (tables.is_unigram || (tables.charsmap.empty() && !tables.squeezes_spaces)) return {};
  return fail(ErrorCode::kUnsupported,
              "{}: normalizer_spec: expected a BPE model that takes text as it is (\"identity\", "
              "remove_extra_whitespaces false), found {}; GGUF's BPE cannot say so",
              source_name,
              tables.charsmap.empty() ? "remove_extra_whitespaces" : "a precompiled_charsmap");
}

// The id of SentencePiece's piece in XLM-R's checkpoints.
int64_t fairseq_id(int64_t piece) {
  constexpr std::array<int64_t, 3> kMoved = {3, 0, 2};  // <unk>, <s>, </s>
  return piece < 3 ? kMoved[static_cast<size_t>(piece)] : piece + 1;
}

Status put_pieces(const SentencePieceTables& tables, bool has_fairseq_ids, VocabularyReader& reader,
                  std::vector<float>& scores) {
  for (size_t piece = 0; piece < tables.tokens.spelled.size(); ++piece) {
    const auto number = static_cast<int64_t>(piece);
    const int64_t id = has_fairseq_ids ? fairseq_id(number) : number;
    const TokenKind kind = tables.tokens.kinds[piece];
    std::string token = tables.tokens.spelled[piece];
    if (kind == TokenKind::kUserDefined) VocabularyReader::replace_all(token, kWordStart, " ");
    GANGLION_TRY(reader.put(token, json::value(id), kind));
    scores[static_cast<size_t>(id)] = tables.scores[piece];
  }
  if (!has_fairseq_ids) return {};
  const auto num_pieces = static_cast<int64_t>(tables.tokens.spelled.size());
  GANGLION_TRY(reader.put("<pad>", json::value(int64_t{1}), TokenKind::kControl));
  return reader.put("<mask>", json::value(num_pieces + 1), TokenKind::kControl);
}

Status put_added_files(const AddedTokenFiles& added, VocabularyReader& reader) {
  for (const auto& member : added.added_tokens.object()) {
    const TokenKind kind =
        looks_like_control(member.key()) ? TokenKind::kControl : TokenKind::kUserDefined;
    GANGLION_TRY(reader.put_extra(member.key(), member.value(), kind));
  }
  if (!added.tokenizer_config.has("added_tokens_decoder")) return {};
  GANGLION_ASSIGN(const HfConfig decoder,
                  added.tokenizer_config.get_object("added_tokens_decoder"));
  for (const auto& member : decoder.object()) {
    int64_t id = 0;
    const std::string_view key = member.key();
    const auto [end, error] = std::from_chars(key.data(), key.data() + key.size(), id);
    const bool is_entry =
        error == std::errc() && end == key.data() + key.size() && member.value().is_object();
    if (!is_entry) {
      return fail(ErrorCode::kMalformed, "{}: expected an id with an object, found \"{}\"",
                  decoder.source_name(), key);
    }
    const json::object& object = member.value().get_object();
    const auto content = json_string(object, "content");
    if (!content.ok()) return at_place(decoder.source_name(), content.error());
    const json::value* special = object.if_contains("special");
    const bool is_control = (special != nullptr && special->is_bool() && special->get_bool()) ||
                            looks_like_control(*content);
    GANGLION_TRY(reader.put_extra(*content, json::value(id),
                                  is_control ? TokenKind::kControl : TokenKind::kUserDefined));
  }
  return {};
}

}  // namespace

Result<GgufVocabulary> read_tokenizer_json(const HfConfig& root, uint64_t vocabulary_size) {
  GANGLION_ASSIGN(const HfConfig model, root.get_object("model"));
  // Files from before the field have what their members say.
  const std::string_view implied = model.has("merges") ? "BPE" : "Unigram";
  GANGLION_ASSIGN(const std::string type, model.get_string_or("type", implied));
  GgufVocabulary out;
  if (type == "BPE") {
    GANGLION_TRY(read_bpe(root, model.object(), vocabulary_size, out));
  } else if (type == "Unigram") {
    GANGLION_TRY(read_unigram(root, model.object(), vocabulary_size, out));
  } else {
    return fail(ErrorCode::kUnsupported, "{}: \"type\": expected BPE or Unigram, found {}",
                model.source_name(), type);
  }
  return out;
}

Result<GgufVocabulary> read_vocabulary_and_merges(const std::filesystem::path& folder,
                                                  uint64_t vocabulary_size) {
  GANGLION_ASSIGN(const HfConfig vocabulary, HfConfig::open(folder / "vocab.json"));
  VocabularyReader reader(vocabulary.source_name(), vocabulary_size);
  GANGLION_TRY(reader.put_all(vocabulary.object()));
  GgufVocabulary out;
  out.model = "gpt2";
  out.pre = "gpt-2";
  const std::filesystem::path path = folder / "merges.txt";
  GANGLION_ASSIGN(const std::string text, read_file(path, kMaxFileBytes));
  for (size_t at = 0; at < text.size();) {
    const size_t end = std::min(text.find('\n', at), text.size());
    std::string_view line = std::string_view(text).substr(at, end - at);
    at = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (line.empty() || (out.merges.empty() && line.starts_with("#version"))) continue;
    const size_t space = line.find(' ', 1);
    if (space == std::string_view::npos || space + 1 == line.size()) {
      return malformed_merge(path.string(), out.merges.size());
    }
    out.merges.emplace_back(line);
  }
  // The file has no word on which of its tokens are control tokens; these are their known names.
  for (size_t id = 0; id < reader.tokens().size(); ++id) {
    const std::string& token = reader.tokens()[id];
    const bool is_control =
        looks_like_control(token) || token == "<s>" || token == "</s>" || token == "<unk>";
    if (is_control) reader.kinds()[id] = number_of(TokenKind::kControl);
  }
  reader.finish(out);
  return out;
}

Result<GgufVocabulary> read_sentencepiece_vocabulary(const std::filesystem::path& path,
                                                     const AddedTokenFiles& added,
                                                     bool has_fairseq_ids,
                                                     uint64_t vocabulary_size) {
  GANGLION_ASSIGN(const std::string bytes, read_file(path, kMaxFileBytes));
  GANGLION_ASSIGN(const SentencePieceTables tables,
                  parse_sentencepiece_tables(bytes, path.string()));
  GANGLION_TRY(check_bpe_normalisation(path.string(), tables));
  const uint64_t num_tokens = tables.tokens.spelled.size() + (has_fairseq_ids ? 2 : 0);
  if (num_tokens > vocabulary_size) {
    return fail(ErrorCode::kMalformed,
                "{}: expected at most {} tokens (\"vocab_size\" in config.json), found {}",
                path.string(), vocabulary_size, num_tokens);
  }
  VocabularyReader reader(path.string(), vocabulary_size);
  GgufVocabulary out;
  out.scores.assign(vocabulary_size, 0.0F);
  GANGLION_TRY(put_pieces(tables, has_fairseq_ids, reader, out.scores));
  GANGLION_TRY(put_added_files(added, reader));
  reader.finish(out);
  out.model = tables.is_unigram ? "t5" : "llama";
  out.pre = "default";
  out.adds_space_prefix = tables.adds_space;
  out.removes_extra_spaces = tables.squeezes_spaces;
  out.character_map = tables.charsmap;
  out.special = tables.special;
  if (!has_fairseq_ids) return out;
  out.special.begin = 0;
  out.special.padding = 1;
  out.special.end = 2;
  out.special.unknown = 3;
  return out;
}

}  // namespace ganglion
