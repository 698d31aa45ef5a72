// WordPiece behind the interface of all tokenizers.
#pragma once

#include "tokenizer/tokenizer.h"
#include "tokenizer/wordpiece.h"

namespace ganglion {

// Immutable and thread-safe. Special tokens are those around a text, the unknown one, and [PAD] and
// [MASK] where the vocabulary has them; `parse_special_tokens` finds them by their names.
class WordPieceTokenizer final : public Tokenizer {
 public:
  explicit WordPieceTokenizer(WordPiece wordpiece);

  void encode(std::string_view text, const EncodeOptions& options, std::vector<int32_t>& ids,
              std::vector<TokenSpan>* spans) const override;
  void append_bytes(int32_t id, std::string& text) const override;
  // Words apart by one space, pieces of a word joined: what was cleaned away does not come back.
  std::string decode(const std::vector<int32_t>& ids) const override;

  size_t vocabulary_size() const override { return wordpiece_.vocabulary_size(); }
  std::string_view token(int32_t id) const override;
  int32_t find(std::string_view token) const override { return wordpiece_.find(token); }
  TokenKind kind(int32_t id) const override;
  const SpecialTokens& special_tokens() const override { return special_; }

 private:
  void encode_with_special(std::string_view text, const EncodeOptions& options,
                           std::vector<int32_t>& ids, std::vector<TokenSpan>* spans) const;

  WordPiece wordpiece_;
  SpecialTokens special_;
  std::vector<int32_t> control_ids_;
};

}  // namespace ganglion
