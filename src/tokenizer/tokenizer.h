// What every tokenizer does: text to token ids and back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/encode_options.h"

namespace ganglion {

// What a token is for, with the numbers of GGUF's `tokenizer.ggml.token_type`.
enum class TokenKind : uint8_t {
  kNormal = 1,
  kUnknown = 2,
  kControl = 3,      // steers the model, stands for no text
  kUserDefined = 4,  // matched whole before anything else is cut
  kUnused = 5,
  kByte = 6,  // one byte, for text the vocabulary lacks
};

// Ids of the tokens with a meaning of their own; kNone where the vocabulary has none.
struct SpecialTokens {
  static constexpr int32_t kNone = -1;

  int32_t begin = kNone;        // of a text (BOS)
  int32_t end = kNone;          // of a text (EOS)
  int32_t end_of_turn = kNone;  // of a chat message (EOT)
  int32_t unknown = kNone;
  int32_t padding = kNone;
  int32_t separator = kNone;
  int32_t fill_prefix = kNone;  // infilling (FIM): before the text that precedes the gap,
  int32_t fill_suffix = kNone;  // before the text that follows it,
  int32_t fill_middle = kNone;  // and where the model begins to fill it
  bool adds_begin = false;      // whether encode() puts `begin` in front
  bool adds_end = false;        // and `end` behind
};

// Immutable and thread-safe. Ids are from 0 to vocabulary_size() - 1; others are a bug (asserted).
class Tokenizer {
 public:
  virtual ~Tokenizer() = default;

  // Replaces `ids`, and `spans` unless null (one for every id). `text` may hold any bytes.
  virtual void encode(std::string_view text, const EncodeOptions& options,
                      std::vector<int32_t>& ids, std::vector<TokenSpan>* spans = nullptr) const = 0;

  // Appends the bytes that the token stands for inside a text. They may be a part of a character;
  // a control token appends nothing.
  virtual void append_bytes(int32_t id, std::string& text) const = 0;

  // The text of `ids`: append_bytes() of each, less what encode() adds to every text (the space
  // that SentencePiece puts in front).
  virtual std::string decode(const std::vector<int32_t>& ids) const = 0;

  virtual size_t vocabulary_size() const = 0;
  // As the vocabulary spells it ("##ing", "Ġthe", "▁the", "<0x0A>").
  virtual std::string_view token(int32_t id) const = 0;
  // The id of a token by that spelling, or -1.
  virtual int32_t find(std::string_view token) const = 0;
  virtual TokenKind kind(int32_t id) const = 0;
  virtual const SpecialTokens& special_tokens() const = 0;
};

}  // namespace ganglion
