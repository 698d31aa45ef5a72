// What is done to a text before it is cut into pieces.
// Source: `tokenizers` 0.23 (normalizers/) and sentencepiece 0.2 (normalizer.cc); compared by
// tests/tokenizers/compare.py.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "tokenizer/byte_trie.h"
#include "tokenizer/encode_options.h"
#include "tokenizer/precompiled_charsmap.h"

namespace ganglion {

// A text on its way, and where it comes from.
struct MappedText {
  std::string text;
  std::vector<TokenSpan> sources;  // of every byte of `text`, in the original; empty: not wanted
};

enum class NormalizerKind : uint8_t {
  kNfc,
  kNfd,
  kNfkc,
  kNfkd,
  kLowercase,     // each character for itself
  kStripAccents,  // drop nonspacing marks
  kStripLeft,
  kStripRight,
  kReplace,               // every `pattern` becomes `content`
  kReplaceSpaceRuns,      // \s+ becomes `content`
  kReplaceBlankRuns,      // two or more " " become `content`
  kPrepend,               // `content` in front of a text that is not empty
  kPrependAtBegin,        // the same, of the first part of a text only
  kPrependUnless,         // as kPrepend, unless the text begins with it already
  kPrependUnlessAtBegin,  // that, of the first part of a text only
  kCharsmap,              // longest match at every place, as sentencepiece does
  kCharsmapByCluster,     // one match for each grapheme cluster, as `tokenizers` does
  kSqueezeSpaces,         // no " " at both ends, one between words (sentencepiece)
  kMarkWords,             // words apart by \s: each begins with `content`, the blanks go
};

struct NormalizerStep {
  NormalizerKind kind;
  std::string pattern;  // not empty for kReplace
  std::string content;
  std::shared_ptr<const PrecompiledCharsmap> charsmap;
  std::shared_ptr<const ByteTrie> kept;  // texts that kCharsmap leaves as they are; or null
};

// Immutable and thread-safe. Linear in the text.
class Normalizer {
 public:
  explicit Normalizer(std::vector<NormalizerStep> steps = {}) : steps_(std::move(steps)) {}

  bool is_identity() const { return steps_.empty(); }
  // `text` is valid UTF-8, unless all steps are kCharsmap, kSqueezeSpaces, kReplace and prefixes.
  // `at_begin`: it is the begin of what the caller encodes. Sources are kept up where there are
  // any.
  void apply(MappedText& text, bool at_begin) const;

 private:
  std::vector<NormalizerStep> steps_;
};

}  // namespace ganglion
