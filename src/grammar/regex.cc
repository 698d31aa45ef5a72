#include "grammar/regex.h"

#include <algorithm>

#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr char32_t kNone = 0xFFFFFFFF;  // before the first and after the last code point

bool is_word(char32_t c) {
  return (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || c == '_';
}

bool is_alphanumeric(char32_t c) {
  if (c == kNone) return false;
  if (c < 0x80) return is_word(c) && c != '_';
  return is_letter(c) || is_number(c);
}

}  // namespace

// Writes the program of a syntax tree. Counted repetitions copy their child, so every step is
// counted against kMaxProgram, also those that write nothing.
class Regex::Compiler {
 public:
  Compiler(const RegexSyntax& syntax, std::vector<Instruction>& program)
      : syntax_(syntax), program_(program) {}

  Status run() {
    GANGLION_TRY(write(syntax_.root));
    program_.push_back({.op = Op::kMatch});
    return {};
  }

 private:
  uint32_t here() const { return static_cast<uint32_t>(program_.size()); }

  Status write(uint32_t index) {
    if (++num_steps_ > kMaxProgram || program_.size() > kMaxProgram) {
      return fail(ErrorCode::kLimit,
                  "the pattern is too large: with its repetitions written out it has more than {} "
                  "steps; use smaller counts",
                  kMaxProgram);
    }
    const RegexNode& node = syntax_.nodes[index];
    switch (node.kind) {
      case RegexNodeKind::kEmpty:
        return {};
      case RegexNodeKind::kSet:
        program_.push_back({.op = Op::kSet, .set = node.set});
        return {};
      case RegexNodeKind::kConcatenation:
        for (const uint32_t child : node.children) GANGLION_TRY(write(child));
        return {};
      case RegexNodeKind::kAlternation:
        return write_alternation(node);
      case RegexNodeKind::kRepetition:
        return write_repetition(node);
      default:
        program_.push_back({.op = Op::kAssert, .assertion = node.kind});
        return {};
    }
  }

  Status write_alternation(const RegexNode& node) {
    std::vector<uint32_t> jumps;
    for (size_t i = 0; i < node.children.size(); ++i) {
      const bool is_last = i + 1 == node.children.size();
      const uint32_t split = here();
      if (!is_last) program_.push_back({.op = Op::kSplit, .next = split + 1});
      GANGLION_TRY(write(node.children[i]));
      if (is_last) continue;
      jumps.push_back(here());
      program_.push_back({.op = Op::kJump});
      program_[split].other = here();
    }
    for (const uint32_t jump : jumps) program_[jump].next = here();
    return {};
  }

  Status write_repetition(const RegexNode& node) {
    const uint32_t child = node.children[0];
    for (uint32_t i = 0; i < node.min; ++i) GANGLION_TRY(write(child));
    if (node.max == kUnlimited) {
      const uint32_t split = here();
      program_.push_back({.op = Op::kSplit, .next = split + 1});
      GANGLION_TRY(write(child));
      program_.push_back({.op = Op::kJump, .next = split});
      program_[split].other = here();
      return {};
    }
    std::vector<uint32_t> splits;
    for (uint32_t i = node.min; i < node.max; ++i) {
      splits.push_back(here());
      program_.push_back({.op = Op::kSplit, .next = here() + 1});
      GANGLION_TRY(write(child));
    }
    for (const uint32_t split : splits) program_[split].other = here();
    return {};
  }

  const RegexSyntax& syntax_;
  std::vector<Instruction>& program_;
  size_t num_steps_ = 0;
};

// Runs all threads in step over the text. Threads are kept in the order of their start, and an
// instruction keeps only its first thread: the one with the leftmost start.
class Regex::Simulation {
 public:
  Simulation(const Regex& regex, std::string_view text, bool anchored, uint64_t max_steps)
      : regex_(regex),
        text_(text),
        anchored_(anchored),
        max_steps_(max_steps),
        num_steps_(regex.program_.size() / 16),  // for clearing seen_
        seen_(regex.program_.size(), 0) {}

  uint64_t num_steps() const { return num_steps_; }

  // The leftmost longest match from `offset` on; with `first_is_enough` any match.
  Result<std::optional<RegexMatch>> find(size_t offset, bool first_is_enough) {
    current_.clear();
    std::optional<RegexMatch> best;
    previous_ = code_point_before(offset);
    while (true) {
      const bool at_end = offset >= text_.size();
      const DecodedCodePoint point =
          at_end ? DecodedCodePoint{kNone, 0} : decode_utf8(text_, offset);
      ++generation_;
      pending_.swap(current_);
      current_.clear();
      // Threads that wait at this place, then a new one; both follow their empty steps.
      for (const Thread& thread : pending_) follow(thread, point.value, offset, best);
      if (!best && may_start(point.value)) follow({0, offset}, point.value, offset, best);
      if (best && first_is_enough) return best;
      if (num_steps_ > max_steps_) {
        return fail(ErrorCode::kLimit, "the pattern takes more than {} steps on this text",
                    max_steps_);
      }
      if (at_end || (best && current_.empty())) return best;
      advance(point.value);
      previous_ = point.value;
      offset += point.num_bytes;
    }
  }

 private:
  struct Thread {
    uint32_t at;
    size_t begin;
  };

  char32_t code_point_before(size_t offset) const {
    if (offset == 0) return kNone;
    size_t begin = offset - 1;
    while (begin > 0 && (static_cast<unsigned char>(text_[begin]) & 0xC0) == 0x80) --begin;
    return decode_utf8(text_, begin).value;
  }

  bool may_start(char32_t next) const {
    return anchored_ || !is_alphanumeric(previous_) || !is_alphanumeric(next);
  }

  bool holds(RegexNodeKind assertion, char32_t next) const {
    switch (assertion) {
      case RegexNodeKind::kTextStart:
        return !anchored_ || previous_ == kNone;
      case RegexNodeKind::kTextEnd:
        return !anchored_ || next == kNone;
      case RegexNodeKind::kWordBoundary:
        return is_word(previous_) != is_word(next);
      default:
        return is_word(previous_) == is_word(next);
    }
  }

  // Adds `thread` and all that it reaches without reading; a match ends at `offset`.
  void follow(const Thread& thread, char32_t next, size_t offset, std::optional<RegexMatch>& best) {
    if (best && thread.begin > best->begin) return;
    stack_.assign(1, thread.at);
    while (!stack_.empty()) {
      const uint32_t at = stack_.back();
      stack_.pop_back();
      if (seen_[at] == generation_) continue;
      seen_[at] = generation_;
      ++num_steps_;
      const Instruction& instruction = regex_.program_[at];
      switch (instruction.op) {
        case Op::kSet:
          current_.push_back({at, thread.begin});
          break;
        case Op::kSplit:
          stack_.push_back(instruction.other);
          stack_.push_back(instruction.next);
          break;
        case Op::kJump:
          stack_.push_back(instruction.next);
          break;
        case Op::kAssert:
          if (holds(instruction.assertion, next)) stack_.push_back(at + 1);
          break;
        case Op::kMatch:
          note_match({thread.begin, offset}, next, best);
          break;
      }
    }
  }

  void note_match(const RegexMatch& match, char32_t next, std::optional<RegexMatch>& best) const {
    if (!anchored_) {
      if (match.begin == match.end) return;
      if (is_alphanumeric(previous_) && is_alphanumeric(next)) return;
    }
    if (!best || match.begin < best->begin || match.end > best->end) best = match;
  }

  // Keeps the threads whose set holds `c`, moved on by one instruction.
  void advance(char32_t c) {
    size_t kept = 0;
    for (const Thread& thread : current_) {
      ++num_steps_;
      if (!contains(regex_.program_[thread.at].set, c)) continue;
      current_[kept++] = {thread.at + 1, thread.begin};
    }
    current_.resize(kept);
  }

  bool contains(uint32_t set, char32_t c) const {
    if (c < 128) return regex_.ascii_[set][c];
    const CodePointSet& ranges = regex_.sets_[set];
    const auto after = std::upper_bound(
        ranges.begin(), ranges.end(), c,
        [](char32_t value, const CodePointRange& range) { return value < range.first; });
    return after != ranges.begin() && c <= (after - 1)->last;
  }

  const Regex& regex_;
  std::string_view text_;
  bool anchored_;
  uint64_t max_steps_;
  uint64_t num_steps_;
  uint32_t generation_ = 0;
  char32_t previous_ = kNone;
  std::vector<uint32_t> seen_;  // the generation in which an instruction was last reached
  std::vector<Thread> current_;
  std::vector<Thread> pending_;
  std::vector<uint32_t> stack_;
};

Result<Regex> Regex::compile(std::string_view pattern) {
  GANGLION_ASSIGN(const RegexSyntax syntax, parse_regex(pattern));
  Regex regex;
  regex.sets_ = syntax.sets;
  for (const CodePointSet& set : regex.sets_) {
    std::bitset<128> ascii;
    for (const CodePointRange& range : set) {
      for (char32_t c = range.first; c <= range.last && c < 128; ++c) ascii.set(c);
    }
    regex.ascii_.push_back(ascii);
  }
  GANGLION_TRY(Compiler(syntax, regex.program_).run());
  return regex;
}

Result<bool> Regex::occurs_in(std::string_view text) const {
  uint64_t budget_steps = kMaxSteps;
  return occurs_in(text, budget_steps);
}

Result<bool> Regex::occurs_in(std::string_view text, uint64_t& budget_steps) const {
  Simulation simulation(*this, text, true, budget_steps);
  const auto match = simulation.find(0, true);
  budget_steps -= std::min(budget_steps, simulation.num_steps());
  if (!match.ok()) return match.error();
  return match->has_value();
}

size_t Regex::num_bytes() const {
  size_t num_bytes = program_.size() * sizeof(Instruction) + ascii_.size() * sizeof(ascii_[0]);
  for (const CodePointSet& set : sets_) {
    num_bytes += sizeof(set) + set.size() * sizeof(CodePointRange);
  }
  return num_bytes;
}

Result<std::vector<RegexMatch>> Regex::find_values(std::string_view text,
                                                   size_t max_matches) const {
  std::vector<RegexMatch> matches;
  Simulation simulation(*this, text, false, kMaxSteps);
  size_t offset = 0;
  while (offset < text.size() && matches.size() < max_matches) {
    GANGLION_ASSIGN(const auto match, simulation.find(offset, false));
    if (!match) break;
    matches.push_back(*match);
    offset = match->end;
  }
  return matches;
}

}  // namespace ganglion
