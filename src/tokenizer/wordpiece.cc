#include "tokenizer/wordpiece.h"

#include <algorithm>
#include <cstring>

#include "base/check.h"
#include "text/unicode.h"
#include "text/utf8.h"
#include "tokenizer/char_class.h"

namespace ganglion {
namespace {

constexpr size_t kMaxTokens = size_t{4} << 20;
constexpr size_t kMaxTokenBytes = size_t{32} << 20;
constexpr size_t kMaxWordChars = 1000;
constexpr size_t kMaxUtf8Bytes = 4;

bool is_ascii_punctuation(unsigned char byte) {
  return (byte >= 33 && byte <= 47) || (byte >= 58 && byte <= 64) || (byte >= 91 && byte <= 96) ||
         (byte >= 123 && byte <= 126);
}

// The blocks that `tokenizers` calls Chinese. It begins one at U+2B920 where BERT's reference has
// U+2B820; vocabularies are used with the former.
bool is_cjk(char32_t c) {
  return (c >= 0x4E00 && c <= 0x9FFF) || (c >= 0x3400 && c <= 0x4DBF) ||
         (c >= 0x20000 && c <= 0x2A6DF) || (c >= 0x2A700 && c <= 0x2B73F) ||
         (c >= 0x2B740 && c <= 0x2B81F) || (c >= 0x2B920 && c <= 0x2CEAF) ||
         (c >= 0xF900 && c <= 0xFAFF) || (c >= 0x2F800 && c <= 0x2FA1F);
}

Status check_ids(const WordPieceSpec& spec) {
  std::vector<int32_t> ids = spec.prefix_ids;
  ids.insert(ids.end(), spec.suffix_ids.begin(), spec.suffix_ids.end());
  ids.push_back(spec.unknown_id);
  for (const int32_t id : ids) {
    if (id < 0 || static_cast<size_t>(id) >= spec.tokens.size()) {
      return fail(ErrorCode::kMalformed, "special token id: expected 0 to {}, found {}",
                  static_cast<int64_t>(spec.tokens.size()) - 1, id);
    }
  }
  return {};
}

Status check_tokens(const WordPieceSpec& spec) {
  if (spec.tokens.size() > kMaxTokens) {
    return fail(ErrorCode::kLimit, "vocabulary: expected at most {} tokens, found {}", kMaxTokens,
                spec.tokens.size());
  }
  size_t num_bytes = 0;
  for (size_t id = 0; id < spec.tokens.size(); ++id) {
    num_bytes += spec.tokens[id].size();
    if (find_invalid_utf8(spec.tokens[id]) != std::string_view::npos) {
      return fail(ErrorCode::kMalformed, "vocabulary: token {}: expected UTF-8 text", id);
    }
  }
  if (num_bytes > kMaxTokenBytes) {
    return fail(ErrorCode::kLimit, "vocabulary: expected at most {} bytes of tokens, found {}",
                kMaxTokenBytes, num_bytes);
  }
  return {};
}

}  // namespace

// One word after cleaning, as it grows. A word that gets too long keeps its first part only.
struct WordPiece::Word {
  explicit Word(size_t max_num_chars) : max_chars(max_num_chars) {
    text.resize((max_chars + 1) * kMaxUtf8Bytes);
  }

  bool is_full() const { return num_chars > max_chars; }

  std::string text;  // the first num_bytes of it
  size_t num_bytes = 0;
  size_t num_chars = 0;
  size_t max_chars;
  TokenSpan source;                // of the whole word
  std::vector<TokenSpan> sources;  // of every byte; only filled with spans
};

struct WordPiece::Output {
  std::vector<int32_t>& ids;
  std::vector<TokenSpan>* spans;
  size_t max_tokens;

  bool is_full() const { return ids.size() >= max_tokens; }
};

Result<WordPiece> WordPiece::create(WordPieceSpec spec) {
  GANGLION_TRY(check_tokens(spec));
  GANGLION_TRY(check_ids(spec));
  if (spec.max_word_chars < 1 || spec.max_word_chars > kMaxWordChars) {
    return fail(ErrorCode::kLimit, "longest word: expected 1 to {} characters, found {}",
                kMaxWordChars, spec.max_word_chars);
  }
  return WordPiece(std::move(spec));
}

WordPiece::WordPiece(WordPieceSpec spec) : spec_(std::move(spec)) {
  std::vector<std::pair<std::string_view, int32_t>> initial;
  std::vector<std::pair<std::string_view, int32_t>> continuation;
  const size_t max_bytes = spec_.max_word_chars * kMaxUtf8Bytes;
  for (size_t id = 0; id < spec_.tokens.size(); ++id) {
    std::string_view token = spec_.tokens[id];
    const bool continues = token.starts_with(spec_.continuation_prefix);
    if (continues) token.remove_prefix(spec_.continuation_prefix.size());
    if (token.empty() || token.size() > max_bytes) continue;  // no word can match it
    if (continues) continuation.emplace_back(token, static_cast<int32_t>(id));
    if (!continues || spec_.continuation_prefix.empty()) {
      initial.emplace_back(token, static_cast<int32_t>(id));
    }
  }
  initial_ = ByteTrie(std::move(initial));
  continuation_ = ByteTrie(std::move(continuation));
  for (size_t i = 0; i < byte_class_.size(); ++i) {
    const auto byte = static_cast<unsigned char>(i);
    const bool is_blank = byte == ' ' || byte == '\t' || byte == '\n' || byte == '\r';
    const bool is_control_byte = byte < 0x20 || byte == 0x7F;
    byte_class_[i] = byte >= 0x80                          ? ByteClass::kNotAscii
                     : is_blank                            ? ByteClass::kSpace
                     : is_ascii_punctuation(byte)          ? ByteClass::kPunctuation
                     : is_control_byte && spec_.clean_text ? ByteClass::kDropped
                     : byte == '\v' || byte == '\f'        ? ByteClass::kSpace
                                                           : ByteClass::kWord;
    const bool is_upper_byte = byte >= 'A' && byte <= 'Z';
    if (byte < 0x80) {
      byte_text_[i] =
          static_cast<char>(spec_.lowercase && is_upper_byte ? byte + ('a' - 'A') : byte);
    }
  }
}

int32_t WordPiece::find(std::string_view token) const {
  if (token.starts_with(spec_.continuation_prefix)) {
    return continuation_.find(token.substr(spec_.continuation_prefix.size()));
  }
  return initial_.find(token);
}

std::vector<int32_t> WordPiece::encode(std::string_view text, const EncodeOptions& options) const {
  std::vector<int32_t> ids;
  encode(text, options, ids);
  return ids;
}

void WordPiece::encode(std::string_view text, const EncodeOptions& options,
                       std::vector<int32_t>& ids, std::vector<TokenSpan>* spans) const {
  ids.clear();
  if (spans != nullptr) spans->clear();
  const size_t limit = options.max_tokens == 0 ? SIZE_MAX : options.max_tokens;
  const auto add_special = [&](const std::vector<int32_t>& specials, TokenSpan span) {
    for (const int32_t id : specials) {
      if (ids.size() == limit) return;
      ids.push_back(id);
      if (spans != nullptr) spans->push_back(span);
    }
  };
  const size_t num_suffix = options.add_special_tokens ? spec_.suffix_ids.size() : 0;
  if (options.add_special_tokens) add_special(spec_.prefix_ids, {0, 0});
  Output output{ids, spans, limit - std::min(limit, num_suffix)};
  if (spans == nullptr) {
    encode_text<false>(text, output);
  } else {
    encode_text<true>(text, output);
  }
  if (options.add_special_tokens) add_special(spec_.suffix_ids, {text.size(), text.size()});
}

template <bool kWithSpans>
void WordPiece::encode_text(std::string_view text, Output& output) const {
  Word word(spec_.max_word_chars);
  size_t offset = 0;
  while (offset < text.size() && !output.is_full()) {
    const auto byte = static_cast<unsigned char>(text[offset]);
    switch (byte_class_[byte]) {
      case ByteClass::kWord:
        if (!word.is_full()) {
          if constexpr (kWithSpans) word.sources.push_back({offset, offset + 1});
          word.text[word.num_bytes++] = byte_text_[byte];
          ++word.num_chars;
        }
        if constexpr (kWithSpans) word.source.end = offset + 1;
        ++offset;
        break;
      case ByteClass::kSpace:
        finish_word<kWithSpans>(word, output);
        ++offset;
        break;
      case ByteClass::kPunctuation:
        add_normalized<kWithSpans>(byte, {offset, offset + 1}, word, output);
        ++offset;
        break;
      case ByteClass::kDropped:
        ++offset;
        break;
      case ByteClass::kNotAscii: {
        const DecodedCodePoint decoded = decode_utf8(text, offset);
        const TokenSpan source = {offset, offset + decoded.num_bytes};
        add_code_point<kWithSpans>(decoded.value, source, word, output);
        offset = source.end;
        break;
      }
    }
  }
  finish_word<kWithSpans>(word, output);
}

// BertNormalizer for one code point outside ASCII.
template <bool kWithSpans>
void WordPiece::add_code_point(char32_t code_point, TokenSpan source, Word& word,
                               Output& output) const {
  if (code_point == kReplacementCharacter) return;
  if (spec_.clean_text && is_control(code_point) && existed_in_unicode_8(code_point)) return;
  const bool is_ideograph = spec_.split_cjk && is_cjk(code_point);
  if (is_ideograph) finish_word<kWithSpans>(word, output);
  if (spec_.strip_accents) {
    for (const char32_t part : decompose_code_point(code_point)) {
      if (was_nonspacing_mark_in_unicode_8(part)) continue;
      const char32_t lower = spec_.lowercase ? lower_code_point(part) : part;
      add_normalized<kWithSpans>(lower, source, word, output);
    }
  } else {
    const char32_t lower = spec_.lowercase ? lower_code_point(code_point) : code_point;
    add_normalized<kWithSpans>(lower, source, word, output);
    // The one code point whose lower case is two.
    if (spec_.lowercase && code_point == 0x130) {
      add_normalized<kWithSpans>(0x307, source, word, output);
    }
  }
  if (is_ideograph) finish_word<kWithSpans>(word, output);
}

// BertPreTokenizer: blanks end a word, punctuation is a word.
template <bool kWithSpans>
void WordPiece::add_normalized(char32_t code_point, TokenSpan source, Word& word,
                               Output& output) const {
  if (is_space(code_point)) return finish_word<kWithSpans>(word, output);
  const bool alone = code_point < 0x80
                         ? is_ascii_punctuation(static_cast<unsigned char>(code_point))
                         : was_punctuation_in_unicode_8(code_point);
  if (alone) finish_word<kWithSpans>(word, output);
  if (!word.is_full()) {
    std::string encoded;
    append_utf8(encoded, code_point);
    std::memcpy(word.text.data() + word.num_bytes, encoded.data(), encoded.size());
    word.num_bytes += encoded.size();
    ++word.num_chars;
    if constexpr (kWithSpans) word.sources.insert(word.sources.end(), encoded.size(), source);
  }
  if constexpr (kWithSpans) word.source.end = source.end;
  if (alone) finish_word<kWithSpans>(word, output);
}

// Greedy longest match from the left; a word with an unmatched rest is unknown as a whole.
template <bool kWithSpans>
void WordPiece::finish_word(Word& word, Output& output) const {
  if (word.num_bytes == 0 || output.is_full()) return;
  const size_t first = output.ids.size();
  bool matched = !word.is_full();
  for (size_t begin = 0; matched && begin < word.num_bytes;) {
    const ByteTrie& trie = begin == 0 ? initial_ : continuation_;
    ByteTrie::Node node = ByteTrie::kRoot;
    int32_t best = ByteTrie::kNoValue;
    size_t best_end = begin;
    for (size_t i = begin; i < word.num_bytes; ++i) {
      node = trie.child(node, static_cast<uint8_t>(word.text[i]));
      if (node == ByteTrie::kNone) break;
      if (const int32_t value = trie.value(node); value != ByteTrie::kNoValue) {
        best = value;
        best_end = i + 1;
      }
    }
    matched = best != ByteTrie::kNoValue;
    if (!matched) break;
    output.ids.push_back(best);
    if constexpr (kWithSpans) {
      output.spans->push_back({word.sources[begin].begin, word.sources[best_end - 1].end});
    }
    begin = best_end;
  }
  if (!matched) {
    output.ids.resize(first);
    output.ids.push_back(spec_.unknown_id);
    if constexpr (kWithSpans) {
      output.spans->resize(first);
      output.spans->push_back({word.sources[0].begin, word.source.end});
    }
  }
  if (output.ids.size() > output.max_tokens) {
    output.ids.resize(output.max_tokens);
    if constexpr (kWithSpans) output.spans->resize(output.max_tokens);
  }
  word.num_bytes = 0;
  word.num_chars = 0;
  if constexpr (kWithSpans) word.sources.clear();
}

}  // namespace ganglion
