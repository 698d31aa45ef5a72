// Tokens that are matched whole in the text, before anything else is done with it.
// Source: `tokenizers` 0.23 (added_vocabulary.rs).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/byte_trie.h"
#include "tokenizer/encode_options.h"

namespace ganglion {

struct AddedToken {
  int32_t id = 0;
  std::string content;
  bool is_special = false;   // a control token: matched only where the caller asks for it
  bool single_word = false;  // not inside of a word
  bool takes_left_blanks = false;
  bool takes_right_blanks = false;
  bool is_normalized = false;     // matched in the text as the normaliser leaves it
  bool is_content_final = false;  // `content` is already what the normaliser would make of it
};

// Immutable and thread-safe.
class AddedTokenMatcher {
 public:
  struct Match {
    int32_t id;
    size_t begin;
    size_t end;
  };

  AddedTokenMatcher() = default;
  // kLimit when a token is longer than 256 bytes: a search may look at each byte of a text that
  // often. Tokens without content are never found.
  static Result<AddedTokenMatcher> create(std::vector<AddedToken> tokens);

  bool is_empty() const { return tokens_.empty(); }
  // The longest at every place from the left, in order; replaces `matches`. Special tokens that
  // would take a byte of `plain_ranges` (in order) do not count. `text` may hold any bytes.
  void find_all(std::string_view text, bool with_special, std::span<const TokenSpan> plain_ranges,
                std::vector<Match>& matches) const;

 private:
  struct Index {
    ByteTrie trie;
    std::vector<bool> first_bytes = std::vector<bool>(256);
  };
  static Index index_of(const std::vector<AddedToken>& tokens, bool with_special);
  static bool adjust(const AddedToken& token, std::string_view text, Match& match);

  std::vector<AddedToken> tokens_;
  Index ordinary_;
  Index all_;
};

}  // namespace ganglion
