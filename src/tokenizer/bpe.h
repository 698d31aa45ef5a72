// Byte-pair encoding of one piece of text: over bytes (GPT-2 and its kin, tiktoken) or over
// characters with bytes to fall back on (SentencePiece BPE).
// Source: the algorithm of `tokenizers` 0.23 (models/bpe), sentencepiece 0.2 (bpe_model.cc) and
// tiktoken 0.14, which agree; compared by tests/tokenizers/compare.py.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "tokenizer/merge_table.h"
#include "tokenizer/piece_model.h"
#include "tokenizer/token_table.h"

namespace ganglion {

struct BpeSpec {
  static constexpr int32_t kNone = -1;

  // By symbol id, the text it stands for. Ids up to num_tokens are tokens; what comes behind exists
  // between merges only. Empty for tokens that no text becomes (control, unknown, byte tokens).
  std::vector<std::string> symbols;
  size_t num_tokens = 0;
  std::vector<MergeRule> merges;
  // The symbols to begin with: of bytes, else of characters (found in `symbols`).
  bool by_bytes = true;
  // by_bytes: the symbol of each byte. Otherwise the token for a byte of a character that has none.
  std::array<int32_t, 256> byte_ids = {};
  // Unless empty, the last byte of a piece begins as another symbol (CLIP's "…</w>").
  std::vector<int32_t> last_byte_ids;
  std::string last_suffix;  // what `symbols` write behind those
  // A piece that is a token becomes it, even where merges would not lead there.
  bool tokens_first = false;
  // For what has no symbol; kNone: it is dropped.
  int32_t unknown_id = kNone;
  bool fuses_unknown = false;  // neighbours become one unknown token
};

// Immutable and thread-safe. A piece of n bytes costs O(n log n) at most.
class Bpe final : public PieceModel {
 public:
  // Requires ids in range (asserted by MergeTable and here): the builders in bpe_builder.h see to
  // it.
  Bpe(BpeSpec spec, const SeededHash& hash);

  void encode(std::string_view piece, PieceScratch& scratch,
              const PieceOutput& output) const override;

 private:
  int32_t find_token(std::string_view piece) const;
  void begin_symbols(std::string_view piece, std::vector<int32_t>& symbols) const;
  void merge(PieceScratch& scratch) const;
  void merge_short(std::vector<int32_t>& symbols) const;
  void merge_long(PieceScratch& scratch) const;
  void emit(std::string_view piece, const std::vector<int32_t>& symbols,
            const PieceOutput& output) const;
  size_t end_of_symbol(std::string_view piece, size_t begin, size_t num_bytes) const;
  void emit_without_symbol(std::string_view piece, size_t begin, size_t end, bool after_unknown,
                           const PieceOutput& output) const;

  BpeSpec spec_;
  TokenTable symbols_;
  MergeTable merges_;
  bool has_all_bytes_ = false;
  bool drops_bytes_ = false;
  // Whether merging the text of a token leads to the token: found out when it is first met, as
  // most of a vocabulary never is. Only a cache: its content depends on nothing but the spec.
  enum class Reached : uint8_t { kUntested, kYes, kNo };
  std::unique_ptr<std::atomic<Reached>[]> reached_;
};

}  // namespace ganglion
