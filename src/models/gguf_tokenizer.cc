#include "models/gguf_tokenizer.h"

#include <algorithm>

#include "models/gguf_wordpiece.h"
#include "tokenizer/sentencepiece.h"
#include "tokenizer/special_names.h"
#include "tokenizer/text_tokenizer.h"
#include "tokenizer/wordpiece_tokenizer.h"

namespace ganglion {
namespace {

struct KnownToken {
  std::string_view key;
  int32_t SpecialTokens::*id;
};

constexpr KnownToken kKnownTokens[] = {
    {"tokenizer.ggml.bos_token_id", &SpecialTokens::begin},
    {"tokenizer.ggml.eos_token_id", &SpecialTokens::end},
    {"tokenizer.ggml.eot_token_id", &SpecialTokens::end_of_turn},
    {"tokenizer.ggml.unknown_token_id", &SpecialTokens::unknown},
    {"tokenizer.ggml.padding_token_id", &SpecialTokens::padding},
    {"tokenizer.ggml.seperator_token_id", &SpecialTokens::separator},  // so in most files
    {"tokenizer.ggml.separator_token_id", &SpecialTokens::separator},
    {"tokenizer.ggml.prefix_token_id", &SpecialTokens::fill_prefix},
    {"tokenizer.ggml.suffix_token_id", &SpecialTokens::fill_suffix},
    {"tokenizer.ggml.middle_token_id", &SpecialTokens::fill_middle},
    {"tokenizer.ggml.fim_pre_token_id", &SpecialTokens::fill_prefix},
    {"tokenizer.ggml.fim_suf_token_id", &SpecialTokens::fill_suffix},
    {"tokenizer.ggml.fim_mid_token_id", &SpecialTokens::fill_middle},
};

// What a kind of vocabulary puts around a text when the file does not say.
struct Around {
  bool begin = false;
  bool end = false;
};

Result<std::string_view> string_or(const GgufFile& file, std::string_view key,
                                   std::string_view fallback) {
  if (file.find(key) == nullptr) return fallback;
  return file.get_string(key);
}

Result<VocabularyTokens> read_tokens(const GgufFile& file) {
  GANGLION_ASSIGN(const std::vector<std::string_view> spelled,
                  file.get_strings("tokenizer.ggml.tokens"));
  VocabularyTokens tokens;
  tokens.spelled.assign(spelled.begin(), spelled.end());
  tokens.kinds.assign(spelled.size(), TokenKind::kNormal);
  constexpr std::string_view kTypes = "tokenizer.ggml.token_type";
  if (file.find(kTypes) == nullptr) return tokens;
  GANGLION_ASSIGN(const std::vector<int64_t> types, file.get_integers(kTypes));
  if (types.size() != spelled.size()) {
    return fail(ErrorCode::kMalformed,
                "metadata \"{}\": expected {} values (one a token), found {}", kTypes,
                spelled.size(), types.size());
  }
  for (size_t id = 0; id < types.size(); ++id) {
    // 0 is "undefined"; nothing is known of others.
    const bool is_known = types[id] >= static_cast<int64_t>(TokenKind::kNormal) &&
                          types[id] <= static_cast<int64_t>(TokenKind::kByte);
    if (is_known) tokens.kinds[id] = static_cast<TokenKind>(types[id]);
  }
  return tokens;
}

Status read_special(const GgufFile& file, Around around, TextTokenizerSpec& spec) {
  SpecialTokens& special = spec.special;
  const size_t num_tokens = spec.tokens.spelled.size();
  for (const KnownToken& known : kKnownTokens) {
    if (file.find(known.key) == nullptr) continue;
    GANGLION_ASSIGN(const uint64_t id, file.get_unsigned(known.key));
    if (id >= num_tokens) {
      return fail(ErrorCode::kMalformed, "metadata \"{}\": expected 0 to {}, found {}", known.key,
                  num_tokens - 1, id);
    }
    special.*known.id = static_cast<int32_t>(id);
  }
  find_special_by_name(spec.tokens, special);
  GANGLION_ASSIGN(const bool add_begin,
                  file.get_bool_or("tokenizer.ggml.add_bos_token", around.begin));
  GANGLION_ASSIGN(const bool add_end, file.get_bool_or("tokenizer.ggml.add_eos_token", around.end));
  GANGLION_ASSIGN(const bool add_separator,
                  file.get_bool_or("tokenizer.ggml.add_sep_token", false));
  special.adds_begin = add_begin && special.begin != SpecialTokens::kNone;
  special.adds_end = add_end && special.end != SpecialTokens::kNone;
  if (special.adds_begin) spec.prefix_ids.push_back(special.begin);
  if (special.adds_end) spec.suffix_ids.push_back(special.end);
  const bool is_other = special.separator != special.end || !special.adds_end;
  if (add_separator && special.separator != SpecialTokens::kNone && is_other) {
    spec.suffix_ids.push_back(special.separator);
  }
  return {};
}

// Tokens that GGUF files do not describe further. `takes_blanks`: Phi-3's take what follows them.
void add_special_tokens(bool takes_blanks, TextTokenizerSpec& spec) {
  for (size_t id = 0; id < spec.tokens.spelled.size(); ++id) {
    const TokenKind kind = spec.tokens.kinds[id];
    const bool is_special = kind == TokenKind::kControl || kind == TokenKind::kUnknown;
    if (!is_special && kind != TokenKind::kUserDefined) continue;
    AddedToken token;
    token.id = static_cast<int32_t>(id);
    token.content = spec.tokens.spelled[id];
    token.is_special = is_special;
    const bool keeps_blanks =
        token.content == "<unk>" || token.content == "<s>" || token.content == "<|endoftext|>";
    token.takes_right_blanks = takes_blanks && !keeps_blanks;
    spec.added.push_back(std::move(token));
  }
}

Result<TextTokenizerSpec> read_byte_level(const GgufFile& file, TextTokenizerSpec spec) {
  GANGLION_ASSIGN(const std::string_view name, string_or(file, "tokenizer.ggml.pre", "default"));
  Result<NamedPreTokenizer> named = find_pre_tokenizer(name);
  if (!named.ok()) return at_place("metadata \"tokenizer.ggml.pre\"", named.error());
  GANGLION_TRY(read_special(file, {named->adds_begin, false}, spec));
  add_special_tokens(false, spec);
  spec.spelling = TokenSpelling::kByteLevel;
  spec.invalid_utf8 = InvalidUtf8::kReplaceBytes;
  spec.pre_tokenizer = PreTokenizer(named->stages);
  GANGLION_ASSIGN(const bool space_in_front,
                  file.get_bool_or("tokenizer.ggml.add_space_prefix", false));
  if (space_in_front) {
    spec.normalizer =
        Normalizer({{NormalizerKind::kPrependUnlessAtBegin, "", " ", nullptr, nullptr}});
    spec.begins_with_space = true;
  }
  BpeSpec bpe = bpe_symbols(spec.tokens, true);
  bpe.tokens_first = named->tokens_first;
  bpe.unknown_id = spec.special.unknown;
  GANGLION_ASSIGN(const std::vector<std::string_view> lines,
                  file.get_strings("tokenizer.ggml.merges"));
  GANGLION_ASSIGN(const std::vector<MergePair> merges, parse_merge_lines(spec.tokens, lines));
  GANGLION_TRY(add_merges(spec.tokens, merges, bpe));
  const SeededHash hash(digest_of(bpe.symbols));
  spec.model = std::make_unique<Bpe>(std::move(bpe), hash);
  return spec;
}

Result<std::vector<float>> read_scores(const GgufFile& file, size_t num_tokens) {
  constexpr std::string_view kScores = "tokenizer.ggml.scores";
  GANGLION_ASSIGN(std::vector<float> scores, file.get_numbers(kScores));
  if (scores.size() == num_tokens) return scores;
  return fail(ErrorCode::kMalformed, "metadata \"{}\": expected {} values (one a token), found {}",
              kScores, num_tokens, scores.size());
}

Result<TextTokenizerSpec> read_sentencepiece_bpe(const GgufFile& file, TextTokenizerSpec spec) {
  GANGLION_TRY(read_special(file, {true, false}, spec));
  // llama.cpp knows Phi-3 by its name, too: its files say no more.
  GANGLION_ASSIGN(const std::string_view name, string_or(file, "general.name", ""));
  std::string lower(name);
  std::transform(lower.begin(), lower.end(), lower.begin(), [](char c) {
    return static_cast<char>(c >= 'A' && c <= 'Z' ? c + ('a' - 'A') : c);
  });
  add_special_tokens(
      lower.find("phi-3") != std::string::npos || lower.find("phi3") != std::string::npos, spec);
  spec.spelling = TokenSpelling::kMarkedSpaces;
  spec.invalid_utf8 = InvalidUtf8::kKeep;
  GANGLION_ASSIGN(spec.begins_with_space,
                  file.get_bool_or("tokenizer.ggml.add_space_prefix", true));
  std::vector<NormalizerStep> steps;
  if (spec.begins_with_space)
    steps.push_back({NormalizerKind::kPrepend, "", " ", nullptr, nullptr});
  steps.push_back({NormalizerKind::kReplace, " ", std::string(kSpaceMark), nullptr, nullptr});
  spec.normalizer = Normalizer(std::move(steps));
  GANGLION_ASSIGN(const std::vector<float> scores, read_scores(file, spec.tokens.spelled.size()));
  GANGLION_ASSIGN(const std::vector<uint32_t> ranks, ranks_of_scores(scores));
  BpeSpec bpe = bpe_symbols(spec.tokens, false);
  find_byte_tokens(spec.tokens, bpe);
  bpe.unknown_id = spec.special.unknown;
  bpe.fuses_unknown = true;
  GANGLION_TRY(add_ranked_merges(ranks, bpe));
  if (merges_stay_inside_words(bpe)) {
    spec.pre_tokenizer = PreTokenizer({{Split::kMarkedWords}});
  }
  const SeededHash hash(digest_of(bpe.symbols));
  spec.model = std::make_unique<Bpe>(std::move(bpe), hash);
  return spec;
}

Result<std::string> read_charsmap(const GgufFile& file) {
  constexpr std::string_view kKey = "tokenizer.ggml.precompiled_charsmap";
  std::string bytes;
  if (file.find(kKey) == nullptr) return bytes;
  GANGLION_ASSIGN(const std::vector<int64_t> values, file.get_integers(kKey));
  bytes.reserve(values.size());
  for (const int64_t value : values) bytes += static_cast<char>(value);  // int8 or uint8
  return bytes;
}

Result<TextTokenizerSpec> read_unigram(const GgufFile& file, TextTokenizerSpec spec) {
  GANGLION_TRY(read_special(file, {false, true}, spec));
  SentencePieceTables tables;
  tables.is_unigram = true;
  tables.single_precision = false;
  tables.matches_raw_text = true;
  tables.special = spec.special;
  GANGLION_ASSIGN(tables.scores, read_scores(file, spec.tokens.spelled.size()));
  GANGLION_ASSIGN(tables.charsmap, read_charsmap(file));
  GANGLION_ASSIGN(tables.adds_space, file.get_bool_or("tokenizer.ggml.add_space_prefix", true));
  GANGLION_ASSIGN(tables.squeezes_spaces,
                  file.get_bool_or("tokenizer.ggml.remove_extra_whitespaces", true));
  GANGLION_ASSIGN(const bool as_suffix,
                  file.get_bool_or("tokenizer.ggml.treat_whitespace_as_suffix", false));
  if (as_suffix) {
    return fail(
        ErrorCode::kUnsupported,
        "metadata \"tokenizer.ggml.treat_whitespace_as_suffix\": expected false, found true");
  }
  tables.tokens = std::move(spec.tokens);
  GANGLION_ASSIGN(TextTokenizerSpec result, sentencepiece_spec(std::move(tables)));
  result.prefix_ids = spec.prefix_ids;
  result.suffix_ids = spec.suffix_ids;
  return result;
}

Result<TextTokenizerSpec> read_spec(const GgufFile& file, std::string_view model) {
  TextTokenizerSpec spec;
  GANGLION_ASSIGN(spec.tokens, read_tokens(file));
  GANGLION_TRY(check_vocabulary(spec.tokens));
  if (model == "gpt2") return read_byte_level(file, std::move(spec));
  if (model == "llama") return read_sentencepiece_bpe(file, std::move(spec));
  if (model == "t5") return read_unigram(file, std::move(spec));
  return fail(
      ErrorCode::kUnsupported,
      "metadata \"tokenizer.ggml.model\": expected \"gpt2\", \"llama\", \"t5\" or \"bert\", "
      "found \"{}\"",
      model);
}

}  // namespace

Result<std::unique_ptr<Tokenizer>> load_gguf_tokenizer(const GgufFile& file) {
  Result<std::string_view> model = file.get_string("tokenizer.ggml.model");
  if (!model.ok() || *model == "none" || *model == "no_vocab") {
    return fail(ErrorCode::kNotFound,
                "{}: metadata \"tokenizer.ggml.model\": expected a tokenizer, but the file holds "
                "none; give token ids, or a file with its vocabulary",
                file.source_name());
  }
  if (*model == "bert") {
    GANGLION_ASSIGN(WordPiece wordpiece, read_gguf_wordpiece(file));
    return std::unique_ptr<Tokenizer>(std::make_unique<WordPieceTokenizer>(std::move(wordpiece)));
  }
  Result<TextTokenizerSpec> spec = read_spec(file, *model);
  if (!spec.ok()) return at_place(file.source_name(), spec.error());
  Result<std::unique_ptr<Tokenizer>> tokenizer = TextTokenizer::create(std::move(spec).value());
  if (!tokenizer.ok()) return at_place(file.source_name(), tokenizer.error());
  return tokenizer;
}

}  // namespace ganglion
