// WordPiece with BERT's text cleaning: text → token ids.
// Source: Hugging Face tokenizers 0.15 (BertNormalizer, BertPreTokenizer, WordPiece), which
// llama.cpp's `bert` vocabulary follows; checked by wordpiece_test.cc against its vectors.
#pragma once

#include <array>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/byte_trie.h"
#include "tokenizer/encode_options.h"

namespace ganglion {

struct WordPieceSpec {
  // By id; pieces inside a word start with `continuation_prefix`. An empty text is an id without a
  // token. Of equal texts the last one counts.
  std::vector<std::string> tokens;
  std::string continuation_prefix = "##";
  bool clean_text = true;     // drop control characters
  bool split_cjk = true;      // every ideograph is a word
  bool strip_accents = true;  // decompose, drop nonspacing marks
  bool lowercase = true;
  size_t max_word_chars = 100;  // a longer word is unknown; code points, 1 to 1000
  int32_t unknown_id = 0;
  std::vector<int32_t> prefix_ids;  // put in front: [CLS]
  std::vector<int32_t> suffix_ids;  // put behind: [SEP]
};

// Immutable and thread-safe. Costs about 20 ns a word of English text.
class WordPiece {
 public:
  // kMalformed when an id is out of range, a token is not UTF-8 or there is none; kLimit above
  // 4 Mi tokens, 32 MiB of them, or 1000 characters a word.
  static Result<WordPiece> create(WordPieceSpec spec);

  // Replaces `ids`, and `spans` unless null (one for every id). Bytes that are not UTF-8 are
  // dropped like control characters.
  void encode(std::string_view text, const EncodeOptions& options, std::vector<int32_t>& ids,
              std::vector<TokenSpan>* spans = nullptr) const;
  std::vector<int32_t> encode(std::string_view text, const EncodeOptions& options = {}) const;

  size_t vocabulary_size() const { return spec_.tokens.size(); }
  // Requires 0 <= id < vocabulary_size().
  std::string_view token(int32_t id) const { return spec_.tokens[static_cast<size_t>(id)]; }
  // The id of a token as the vocabulary spells it ("##ing"), or -1.
  int32_t find(std::string_view token) const;
  int32_t unknown_id() const { return spec_.unknown_id; }
  const WordPieceSpec& spec() const { return spec_; }

 private:
  enum class ByteClass : uint8_t { kWord, kSpace, kPunctuation, kDropped, kNotAscii };
  struct Word;
  struct Output;

  explicit WordPiece(WordPieceSpec spec);

  template <bool kWithSpans>
  void encode_text(std::string_view text, Output& output) const;
  template <bool kWithSpans>
  void add_code_point(char32_t code_point, TokenSpan source, Word& word, Output& output) const;
  template <bool kWithSpans>
  void add_normalized(char32_t code_point, TokenSpan source, Word& word, Output& output) const;
  template <bool kWithSpans>
  void finish_word(Word& word, Output& output) const;

  WordPieceSpec spec_;
  ByteTrie initial_;       // tokens that start a word
  ByteTrie continuation_;  // the others, without their prefix
  std::array<ByteClass, 256> byte_class_ = {};
  std::array<char, 128> byte_text_ = {};  // lower case where the spec says so
};

}  // namespace ganglion
