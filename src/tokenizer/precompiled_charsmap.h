// SentencePiece's compiled table of replacements: a double-array trie over the bytes of what is
// replaced, and the replacements.
// Source: sentencepiece 0.2 (normalizer.cc) and darts-clone's array units. The table is untrusted:
// every step of a walk is checked against its size.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

// Immutable and thread-safe.
class PrecompiledCharsmap {
 public:
  struct Match {
    size_t num_bytes;  // of the text, at least 1
    std::string_view replacement;
  };

  // uint32 bytes of the trie, the trie, the replacements with a NUL behind each; little-endian.
  // kMalformed, kLimit above 16 MiB.
  static Result<PrecompiledCharsmap> parse(std::string_view bytes);

  // The longest (or shortest) key that `text` begins with. Keys above 64 bytes and
  // replacements above 128 bytes do not count.
  std::optional<Match> match(std::string_view text, bool longest) const;

 private:
  std::vector<uint32_t> units_;
  std::string replacements_;
};

}  // namespace ganglion
