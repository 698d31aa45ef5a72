// Every tokenizer but WordPiece: added tokens are matched, the rest is cleaned, cut into pieces,
// and each piece goes through a model (BPE or Unigram). The order is that of the package
// `tokenizers` (tokenizer/mod.rs), into whose parts the other file formats are translated.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "tokenizer/added_tokens.h"
#include "tokenizer/bpe_builder.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/piece_model.h"
#include "tokenizer/pre_tokenizer.h"
#include "tokenizer/token_table.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

// What becomes of bytes that are not UTF-8.
enum class InvalidUtf8 : uint8_t {
  kReplaceParts,  // U+FFFD for each maximal part of a sequence, as Python and Rust make strings
  kReplaceBytes,  // U+FFFD for each byte, as sentencepiece and llama.cpp's BPE do
  kKeep,          // the model has tokens for bytes
};

// How a spelling stands for bytes.
enum class TokenSpelling : uint8_t {
  kByteLevel,     // tokenizer/byte_level.h
  kMarkedSpaces,  // "▁" is a space, <0x0A> a byte
};

struct TextTokenizerSpec {
  VocabularyTokens tokens;
  TokenSpelling spelling = TokenSpelling::kByteLevel;
  std::string word_end;  // what spells the end of a word ("</w>"): decoded as a space
  SpecialTokens special;
  std::vector<int32_t> prefix_ids;  // put in front, where the caller wants special tokens
  std::vector<int32_t> suffix_ids;  // and behind
  std::vector<AddedToken> added;
  InvalidUtf8 invalid_utf8 = InvalidUtf8::kReplaceParts;
  Normalizer normalizer;
  Normalizer part_normalizer;  // what else is done to what lies between added tokens
  PreTokenizer pre_tokenizer;
  bool begins_with_space = false;  // encode() puts one in front, so decode() takes one off
  std::unique_ptr<const PieceModel> model;
};

class TextTokenizer final : public Tokenizer {
 public:
  // kMalformed when an id is out of range, kLimit above the bounds of check_vocabulary.
  static Result<std::unique_ptr<Tokenizer>> create(TextTokenizerSpec spec);

  void encode(std::string_view text, const EncodeOptions& options, std::vector<int32_t>& ids,
              std::vector<TokenSpan>* spans) const override;
  void append_bytes(int32_t id, std::string& text) const override;
  std::string decode(const std::vector<int32_t>& ids) const override;

  size_t vocabulary_size() const override { return spelled_.size(); }
  std::string_view token(int32_t id) const override;
  int32_t find(std::string_view token) const override { return spelled_.find(token); }
  TokenKind kind(int32_t id) const override;
  const SpecialTokens& special_tokens() const override { return spec_.special; }

 private:
  struct Call;

  TextTokenizer(TextTokenizerSpec spec, AddedTokenMatcher raw, AddedTokenMatcher normalized);

  // `sources`: of every byte of the whole text that `offset` counts in; empty: the byte itself.
  using Sources = std::vector<TokenSpan>;
  void encode_valid(std::string_view text, const Sources& sources, Call& call) const;
  void encode_part(std::string_view part, size_t offset, const Sources& sources, Call& call) const;
  void encode_normalized(std::string_view part, size_t offset, const Sources& sources,
                         bool at_begin, Call& call) const;
  void encode_pieces(std::string_view part, size_t offset, const Sources& sources,
                     Call& call) const;
  static void add_token(const AddedTokenMatcher::Match& match, const Sources& sources, Call& call);

  TextTokenizerSpec spec_;  // without its tokens, which the tables hold
  TokenTable spelled_;
  std::vector<std::string> bytes_;  // by id
  AddedTokenMatcher raw_;
  AddedTokenMatcher normalized_;
};

}  // namespace ganglion
