// Which tokens probably come next, without a model: those that followed the last time the same
// tokens came ("prompt lookup"). Answers that quote what they read, and code, repeat themselves.
// Source: the idea is A. Saxena's "Prompt Lookup Decoding" (2023).
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

#include "tokenizer/tokenizer.h"

namespace ganglion {

// Wrong guesses cost time, as each is a row of a pass. So guesses are paid from an account, in
// passes: what a right one saves comes in, and a little for every token, so that repetitions that
// begin late are found too. Text that never repeats is slowed down by at most that little.
// Not thread-safe.
class NgramProposer {
 public:
  // At most `max_tokens` are proposed at a time; 0: never any. A token that `tokenizer` (outlives
  // this) spells as another one but for the space in front of it is the same when repetitions are
  // looked for: what JSON quotes has none in front of its first word. Null: no two are the same.
  NgramProposer(size_t max_tokens, const Tokenizer* tokenizer)
      : max_tokens_(max_tokens), tokenizer_(tokenizer) {}

  // The next token of the text.
  void add(int32_t token);

  // At most `limit` tokens that may follow; often none.
  std::vector<int32_t> propose(size_t limit) const;

  // How many of the proposed tokens came.
  void settle(size_t num_proposed, size_t num_accepted);

 private:
  // One is enough, where the same always followed: the first token of what is quoted is news, the
  // others are guessed from it.
  static constexpr size_t kLongest = 6;

  struct Follower {
    size_t at = 0;  // in text_, the last time but the present one
    bool varies = false;
  };

  uint64_t word(int32_t token) const;
  // Of the last 1, 2, … kLongest tokens, as many as there are; returns how many.
  size_t keys(std::array<uint64_t, kLongest>& keys) const;

  size_t max_tokens_;
  const Tokenizer* tokenizer_;
  size_t next_size_ = kFirstSize;
  double account_ = kMaxAccount;  // passes
  std::vector<int32_t> text_;
  std::vector<uint64_t> words_;  // of each token: the same where the spelling is
  std::unordered_map<uint64_t, Follower> followers_;  // by the key of what they follow

  // A pass of one token waits for memory; each further row costs 0.16 to 0.25 of it (TinyLlama 1.1B
  // Q4_K_M, two cores; docs/performance.md).
  static constexpr double kRowCost = 0.2;
  static constexpr double kTokenIncome = 0.01;
  static constexpr double kMaxAccount = 3;
  static constexpr size_t kFirstSize = 2;
};

}  // namespace ganglion
