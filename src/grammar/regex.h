// Regular expressions in bounded time, for patterns that come from outside.
// Source: Thompson 1968 and Pike's simulation as told by Cox, "Regular Expression Matching: the
// Virtual Machine Approach" (2009). std::regex was rejected: it recurses once a character.
#pragma once

#include <bitset>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "grammar/regex_syntax.h"

namespace ganglion {

// Bytes [begin, end) of the text.
struct RegexMatch {
  size_t begin;
  size_t end;
};

// Immutable and thread-safe.
class Regex {
 public:
  // The program a pattern becomes, with counted repetitions written out, is at most this long.
  static constexpr size_t kMaxProgram = 10'000;
  // Steps of the simulation spent on one call before it gives up.
  static constexpr uint64_t kMaxSteps = 20'000'000;

  // The syntax of parse_regex. kLimit when the program would be too long.
  static Result<Regex> compile(std::string_view pattern);

  // Whether the pattern occurs in `text`, anchors as written (JSON Schema's meaning). kLimit after
  // kMaxSteps.
  Result<bool> occurs_in(std::string_view text) const;
  // The same with a budget of steps for many calls: what this one spends is taken from it, and
  // kLimit says that it does not suffice.
  Result<bool> occurs_in(std::string_view text, uint64_t& budget_steps) const;

  // Memory of the compiled pattern.
  size_t num_bytes() const;

  // The non-empty, non-overlapping occurrences, leftmost first and each as long as can be. ^ and $
  // are ignored; instead a match neither starts nor ends between two letters or digits, so that a
  // pattern anchored for a whole value finds that value inside a sentence. At most `max_matches`;
  // kLimit after kMaxSteps in all.
  Result<std::vector<RegexMatch>> find_values(std::string_view text, size_t max_matches) const;

 private:
  enum class Op : uint8_t { kSet, kSplit, kJump, kAssert, kMatch };
  struct Instruction {
    Op op;
    RegexNodeKind assertion = RegexNodeKind::kEmpty;
    uint32_t set = 0;    // kSet
    uint32_t next = 0;   // kSplit, kJump; every other goes on to the next instruction
    uint32_t other = 0;  // kSplit
  };
  class Compiler;
  class Simulation;

  Regex() = default;

  std::vector<Instruction> program_;
  std::vector<CodePointSet> sets_;
  std::vector<std::bitset<128>> ascii_;  // of each set
};

}  // namespace ganglion
