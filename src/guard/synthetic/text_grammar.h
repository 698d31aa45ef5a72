// Texts with known personal values, written from a small grammar file: for measurements and for
// training the name tagger.
//
// The file: a line "@symbol" starts a list of alternatives, one a line ("@symbol|": several a line,
// divided by '|'); "# " starts a comment; "\n" in an alternative is a line break, "{symbol}" is
// replaced by an alternative of that symbol, "{PERSON=symbol}" also labels it.
// Symbols that need no list: the value types ("CREDIT_CARD", written "{CREDIT_CARD}"; "{~US_ABA}":
// in a way of writing that tells the type; "{!US_ABA}": with a wrong check digit, not labelled) and
// "{9}": so many random digits.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "base/rng.h"
#include "guard/pii_type.h"

namespace ganglion {

struct LabelledValue {
  PiiType type;
  size_t begin;  // bytes
  size_t end;
};

struct AnnotatedText {
  std::string text;
  std::vector<LabelledValue> values;  // disjoint, in order
};

// Immutable and thread-safe.
class TextGrammar {
 public:
  // kMalformed, with file and line, for a symbol that is used but not defined, an empty list, or an
  // unclosed brace. A list may go on at a second "@symbol" line.
  static Result<TextGrammar> parse(std::string_view text, std::string_view source_name);

  bool has_symbol(std::string_view symbol) const;
  // A text from `symbol`, which has a list (asserted). Of nested labels the outermost counts.
  AnnotatedText write(std::string_view symbol, Rng& rng) const;

 private:
  using Lists = std::map<std::string, std::vector<std::string>, std::less<>>;

  Status check_alternative(std::string_view alternative, std::string_view place) const;
  void expand(std::string_view alternative, bool labelled, int depth, Rng& rng,
              AnnotatedText& out) const;
  void expand_symbol(std::string_view text, bool labelled, int depth, Rng& rng,
                     AnnotatedText& out) const;

  Lists lists_;
};

}  // namespace ganglion
