#include "tokenizer/sentencepiece.h"

#include <algorithm>
#include <limits>

#include "tokenizer/protobuf_reader.h"
#include "tokenizer/special_names.h"
#include "tokenizer/unigram.h"

namespace ganglion {
namespace {

Result<Normalizer> make_normalizer(const SentencePieceTables& tables) {
  std::vector<NormalizerStep> steps;
  if (!tables.charsmap.empty()) {
    GANGLION_ASSIGN(PrecompiledCharsmap charsmap, PrecompiledCharsmap::parse(tables.charsmap));
    std::vector<std::pair<std::string_view, int32_t>> kept;
    for (size_t id = 0; id < tables.tokens.spelled.size(); ++id) {
      if (tables.tokens.kinds[id] != TokenKind::kUserDefined) continue;
      kept.emplace_back(tables.tokens.spelled[id], static_cast<int32_t>(id));
    }
    steps.push_back({NormalizerKind::kCharsmap, "", "",
                     std::make_shared<const PrecompiledCharsmap>(std::move(charsmap)),
                     std::make_shared<const ByteTrie>(std::move(kept))});
  }
  if (tables.squeezes_spaces) {
    steps.push_back({NormalizerKind::kSqueezeSpaces, "", "", nullptr, nullptr});
  }
  if (tables.adds_space) {
    steps.push_back(
        {tables.matches_raw_text ? NormalizerKind::kPrepend : NormalizerKind::kPrependAtBegin, "",
         " ", nullptr, nullptr});
  }
  steps.push_back({NormalizerKind::kReplace, " ", std::string(kSpaceMark), nullptr, nullptr});
  return Normalizer(std::move(steps));
}

std::string with_space_marks(std::string_view text) {
  std::string result;
  for (const char c : text) {
    if (c == ' ') {
      result += kSpaceMark;
    } else {
      result += c;
    }
  }
  return result;
}

std::vector<AddedToken> added_tokens(const SentencePieceTables& tables) {
  std::vector<AddedToken> added;
  for (size_t id = 0; id < tables.tokens.spelled.size(); ++id) {
    const TokenKind kind = tables.tokens.kinds[id];
    const bool is_special = kind == TokenKind::kControl || kind == TokenKind::kUnknown;
    // A Unigram model finds them by their score.
    const bool is_matched = !tables.is_unigram || tables.matches_raw_text;
    if (!is_special && (kind != TokenKind::kUserDefined || !is_matched)) continue;
    AddedToken token;
    token.id = static_cast<int32_t>(id);
    token.is_special = is_special;
    token.content = tables.tokens.spelled[id];
    if (!is_special && !tables.matches_raw_text) {
      token.content = with_space_marks(token.content);
      token.is_normalized = token.is_content_final = true;
    }
    added.push_back(std::move(token));
  }
  return added;
}

// User-defined tokens get one that is better than what any other tokens make of the same text, as a
// rule: unigram_model.cc has it so, where the highest score is one above zero, but barely.
std::vector<double> scores_of(const SentencePieceTables& tables) {
  std::vector<double> scores(tables.scores.begin(), tables.scores.end());
  if (scores.size() != tables.tokens.kinds.size() || tables.matches_raw_text) return scores;
  double highest = std::numeric_limits<float>::min();
  for (size_t id = 0; id < scores.size(); ++id) {
    if (tables.tokens.kinds[id] == TokenKind::kNormal) highest = std::max(highest, scores[id]);
  }
  for (size_t id = 0; id < scores.size(); ++id) {
    if (tables.tokens.kinds[id] != TokenKind::kUserDefined) continue;
    scores[id] = static_cast<double>(tables.tokens.spelled[id].size()) * highest - 0.1;
  }
  return scores;
}

Result<std::unique_ptr<PieceModel>> make_unigram(const SentencePieceTables& tables) {
  UnigramSpec unigram;
  BpeSpec symbols = bpe_symbols(tables.tokens, false);  // the same tokens come from text
  for (size_t id = 0; id < symbols.symbols.size(); ++id) {
    if (tables.tokens.kinds[id] == TokenKind::kUnused) symbols.symbols[id].clear();
    symbols.symbols[id] = with_space_marks(symbols.symbols[id]);
  }
  if (tables.falls_back_to_bytes) find_byte_tokens(tables.tokens, symbols);
  unigram.byte_ids = symbols.byte_ids;
  unigram.tokens = std::move(symbols.symbols);
  unigram.scores = scores_of(tables);
  unigram.single_precision = tables.single_precision;
  unigram.unknown_id = tables.special.unknown;
  return Unigram::create(std::move(unigram));
}

Status make_bpe(const SentencePieceTables& tables, TextTokenizerSpec& spec) {
  if (tables.scores.size() != tables.tokens.spelled.size()) {
    return fail(ErrorCode::kMalformed, "scores: expected {} (one a token), found {}",
                tables.tokens.spelled.size(), tables.scores.size());
  }
  GANGLION_ASSIGN(const std::vector<uint32_t> ranks, ranks_of_scores(tables.scores));
  BpeSpec bpe = bpe_symbols(tables.tokens, false);
  if (tables.falls_back_to_bytes) find_byte_tokens(tables.tokens, bpe);
  bpe.unknown_id = tables.special.unknown;
  bpe.fuses_unknown = true;
  GANGLION_TRY(add_ranked_merges(ranks, bpe));
  if (merges_stay_inside_words(bpe)) spec.pre_tokenizer = PreTokenizer({{Split::kMarkedWords}});
  const SeededHash hash(digest_of(bpe.symbols));
  spec.model = std::make_unique<Bpe>(std::move(bpe), hash);
  return {};
}

// sentencepiece_model.proto, by field numbers.
enum ModelField : uint32_t { kPieces = 1, kTrainer = 2, kNormalizer = 3 };
enum PieceField : uint32_t { kPiece = 1, kScore = 2, kType = 3 };
enum TrainerField : uint32_t {
  kModelType = 3,
  kSpaceAsSuffix = 24,
  kByteFallback = 35,
  kUnknownId = 40,
  kBeginId = 41,
  kEndId = 42,
  kPaddingId = 43
};
enum NormalizerField : uint32_t {
  kCharsmapField = 2,
  kAddsSpace = 3,
  kSqueezesSpaces = 4,
  kEscapesSpaces = 5
};
constexpr int32_t kUnigramModel = 1;
constexpr int32_t kBpeModel = 2;

struct TrainerSettings {
  int32_t model_type = kUnigramModel;
  bool space_as_suffix = false;
  bool escapes_spaces = true;
};

Status read_piece(std::string_view message, SentencePieceTables& tables) {
  std::string_view piece;
  float score = 0;
  uint64_t type = static_cast<uint64_t>(TokenKind::kNormal);
  for (ProtobufReader reader(message); !reader.at_end();) {
    GANGLION_ASSIGN(const ProtobufField field, reader.next());
    if (field.number == kPiece) piece = field.bytes;
    if (field.number == kScore) score = field.as_float();
    if (field.number == kType) type = field.value;
  }
  if (type < static_cast<uint64_t>(TokenKind::kNormal) ||
      type > static_cast<uint64_t>(TokenKind::kByte)) {
    return fail(ErrorCode::kMalformed, "type: expected 1 to 6, found {}", type);
  }
  tables.tokens.spelled.emplace_back(piece);
  tables.tokens.kinds.push_back(static_cast<TokenKind>(type));
  tables.scores.push_back(score);
  if (tables.tokens.spelled.size() <= kMaxVocabularyTokens) return {};
  return fail(ErrorCode::kLimit, "expected at most {} pieces", kMaxVocabularyTokens);
}

Status read_trainer(std::string_view message, SentencePieceTables& tables,
                    TrainerSettings& settings) {
  SpecialTokens& special = tables.special;
  special.unknown = 0;
  special.begin = 1;
  special.end = 2;
  for (ProtobufReader reader(message); !reader.at_end();) {
    GANGLION_ASSIGN(const ProtobufField field, reader.next());
    if (field.number == kModelType) settings.model_type = field.as_int32();
    if (field.number == kSpaceAsSuffix) settings.space_as_suffix = field.as_bool();
    if (field.number == kByteFallback) tables.falls_back_to_bytes = field.as_bool();
    if (field.number == kUnknownId) special.unknown = field.as_int32();
    if (field.number == kBeginId) special.begin = field.as_int32();
    if (field.number == kEndId) special.end = field.as_int32();
    if (field.number == kPaddingId) special.padding = field.as_int32();
  }
  return {};
}

Status read_normalizer(std::string_view message, SentencePieceTables& tables,
                       TrainerSettings& settings) {
  for (ProtobufReader reader(message); !reader.at_end();) {
    GANGLION_ASSIGN(const ProtobufField field, reader.next());
    if (field.number == kCharsmapField) tables.charsmap = field.bytes;
    if (field.number == kAddsSpace) tables.adds_space = field.as_bool();
    if (field.number == kSqueezesSpaces) tables.squeezes_spaces = field.as_bool();
    if (field.number == kEscapesSpaces) settings.escapes_spaces = field.as_bool();
  }
  return {};
}

// Ids that name no token are absent; the unknown token is the one of that type.
void settle_special(SentencePieceTables& tables) {
  const auto& kinds = tables.tokens.kinds;
  SpecialTokens& special = tables.special;
  for (int32_t* const id : {&special.begin, &special.end, &special.padding}) {
    const bool is_control = *id >= 0 && static_cast<size_t>(*id) < kinds.size() &&
                            kinds[static_cast<size_t>(*id)] == TokenKind::kControl;
    if (!is_control) *id = SpecialTokens::kNone;
  }
  const auto unknown = std::find(kinds.begin(), kinds.end(), TokenKind::kUnknown);
  special.unknown =
      unknown == kinds.end() ? SpecialTokens::kNone : static_cast<int32_t>(unknown - kinds.begin());
}

Result<SentencePieceTables> read_tables(std::string_view bytes) {
  SentencePieceTables tables;
  TrainerSettings settings;
  for (ProtobufReader reader(bytes); !reader.at_end();) {
    GANGLION_ASSIGN(const ProtobufField field, reader.next());
    if (field.number == kPieces) {
      if (Status status = read_piece(field.bytes, tables); !status.ok()) {
        return at_place(fmt::format("piece {}", tables.tokens.spelled.size()), status.error());
      }
    }
    if (field.number == kTrainer) GANGLION_TRY(read_trainer(field.bytes, tables, settings));
    if (field.number == kNormalizer) GANGLION_TRY(read_normalizer(field.bytes, tables, settings));
  }
  if (settings.model_type != kUnigramModel && settings.model_type != kBpeModel) {
    return fail(ErrorCode::kUnsupported,
                "model type: expected 1 (Unigram) or 2 (BPE), found {} (words or characters)",
                settings.model_type);
  }
  if (settings.space_as_suffix || !settings.escapes_spaces) {
    return fail(ErrorCode::kUnsupported,
                "spaces: expected them escaped and in front of words, found otherwise");
  }
  tables.is_unigram = settings.model_type == kUnigramModel;
  settle_special(tables);
  return tables;
}

}  // namespace

Result<TextTokenizerSpec> sentencepiece_spec(SentencePieceTables tables) {
  GANGLION_TRY(check_vocabulary(tables.tokens));
  TextTokenizerSpec spec;
  find_special_by_name(tables.tokens, tables.special);
  spec.special = tables.special;
  if (spec.special.adds_begin) spec.prefix_ids.push_back(spec.special.begin);
  if (spec.special.adds_end) spec.suffix_ids.push_back(spec.special.end);
  spec.spelling = TokenSpelling::kMarkedSpaces;
  // A charsmap step replaces what is invalid itself: it must not replace that once more.
  spec.invalid_utf8 = tables.charsmap.empty() ? InvalidUtf8::kReplaceBytes : InvalidUtf8::kKeep;
  spec.begins_with_space = tables.adds_space;
  spec.added = added_tokens(tables);
  GANGLION_ASSIGN(spec.normalizer, make_normalizer(tables));
  if (tables.is_unigram) {
    GANGLION_ASSIGN(spec.model, make_unigram(tables));
  } else {
    GANGLION_TRY(make_bpe(tables, spec));
  }
  spec.tokens = std::move(tables.tokens);
  return spec;
}

Result<SentencePieceTables> parse_sentencepiece_tables(std::string_view bytes,
                                                       std::string_view source_name) {
  Result<SentencePieceTables> tables = read_tables(bytes);
  if (tables.ok()) return tables;
  return at_place(source_name, tables.error());
}

Result<TextTokenizerSpec> parse_sentencepiece_model(std::string_view bytes,
                                                    std::string_view source_name) {
  GANGLION_ASSIGN(SentencePieceTables tables, parse_sentencepiece_tables(bytes, source_name));
  Result<TextTokenizerSpec> spec = sentencepiece_spec(std::move(tables));
  if (spec.ok()) return spec;
  return at_place(source_name, spec.error());
}

}  // namespace ganglion
