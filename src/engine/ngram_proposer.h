// Which tokens probably come next, without a model: those that followed the last time the same few
// tokens came ("prompt lookup"). Answers that quote what they read, and code, repeat themselves.
// Source: the idea is A. Saxena's "Prompt Lookup Decoding" (2023).
#pragma once

#include <cstddef>
#include <cstdint>
#include <unordered_map>
#include <vector>

namespace ganglion {

// Wrong guesses cost time, as each is a row of a pass. So guesses are paid from an account, in
// passes: what a right one saves comes in, and a little for every token, so that repetitions that
// begin late are found too. Text that never repeats is slowed down by at most that little.
// Not thread-safe.
class NgramProposer {
 public:
  // At most `max_tokens` are proposed at a time; 0: never any.
  explicit NgramProposer(size_t max_tokens) : max_tokens_(max_tokens) {}

  // The next token of the text.
  void add(int32_t token);

  // At most `limit` tokens that may follow; often none.
  std::vector<int32_t> propose(size_t limit) const;

  // How many of the proposed tokens came.
  void settle(size_t num_proposed, size_t num_accepted);

 private:
  static constexpr size_t kLongest = 3;
  static constexpr size_t kShortest = 2;

  uint64_t key(size_t length) const;

  size_t max_tokens_;
  size_t next_size_ = kFirstSize;
  double account_ = kMaxAccount;  // passes
  std::vector<int32_t> text_;
  // What followed `length` tokens, by their hash, the last time but the present one: an index into
  // text_.
  std::unordered_map<uint64_t, size_t> followers_[kLongest - kShortest + 1];

  // A pass of one token waits for memory; each further row costs 13 ms of its 31 (TinyLlama 1.1B
  // Q4_K_M, two cores).
  static constexpr double kRowCost = 0.4;
  static constexpr double kTokenIncome = 0.02;
  static constexpr double kMaxAccount = 3;
  static constexpr size_t kFirstSize = 2;
};

}  // namespace ganglion
