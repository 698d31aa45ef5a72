// Parses a regular expression: the part of ECMA-262 that describes a regular language.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

struct CodePointRange {
  char32_t first;
  char32_t last;  // included
};

// Sorted, disjoint.
using CodePointSet = std::vector<CodePointRange>;

enum class RegexNodeKind : uint8_t {
  kEmpty,
  kSet,             // one code point of sets[set]
  kConcatenation,   // children in order
  kAlternation,     // one of the children
  kRepetition,      // the only child, min to max times
  kTextStart,       // ^
  kTextEnd,         // $
  kWordBoundary,    // \b
  kNoWordBoundary,  // \B
};

inline constexpr uint32_t kUnlimited = UINT32_MAX;

struct RegexNode {
  RegexNodeKind kind = RegexNodeKind::kEmpty;
  uint32_t set = 0;
  uint32_t min = 0;
  uint32_t max = 0;                // kUnlimited
  std::vector<uint32_t> children;  // into RegexSyntax::nodes
};

struct RegexSyntax {
  std::vector<RegexNode> nodes;
  std::vector<CodePointSet> sets;
  uint32_t root = 0;
};

// Reads literals, ., [classes], \d \w \s \D \W \S \b \B, \p{…} \P{…} with a general category (L,
// Lu, Letter, gc=Lu), \t \n \r \f \v \0 \xHH \uHHHH \u{H…}, groups (…) (?:…) (?<name>…), |, ^, $
// and the quantifiers * + ? {m} {m,} {m,n} with counts up to 1000. kUnsupported names what else was
// found (look-around, back-references, lazy quantifiers, other properties) and its byte; kMalformed
// and kLimit likewise (4096 bytes, nesting 50, classes of 200,000 ranges in all). Linear time.
Result<RegexSyntax> parse_regex(std::string_view pattern);

}  // namespace ganglion
