#include "engine/ngram_proposer.h"

#include <algorithm>
#include <span>

#include "base/hash.h"

namespace ganglion {

// Of the last `length` tokens.
uint64_t NgramProposer::key(size_t length) const {
  uint64_t hash = length;
  for (const int32_t token : std::span(text_).last(length)) {
    hash = mix64(hash + 0x9e3779b97f4a7c15ULL + static_cast<uint64_t>(token));
  }
  return hash;
}

void NgramProposer::add(int32_t token) {
  if (max_tokens_ == 0) return;
  // What comes now is what followed the tokens in front of it.
  for (size_t length = kShortest; length <= kLongest; ++length) {
    if (text_.size() >= length) followers_[length - kShortest][key(length)] = text_.size();
  }
  text_.push_back(token);
  account_ = std::min(account_ + kTokenIncome, kMaxAccount);
}

std::vector<int32_t> NgramProposer::propose(size_t limit) const {
  const auto affordable = static_cast<size_t>(std::max(account_, 0.0) / kRowCost);
  limit = std::min({limit, next_size_, max_tokens_, affordable});
  std::vector<int32_t> proposed;
  for (size_t length = std::min(kLongest, text_.size()); length >= kShortest; --length) {
    const auto& followers = followers_[length - kShortest];
    const auto found = followers.find(key(length));
    if (found == followers.end()) continue;
    // Behind the last token a text that goes in circles begins again.
    const auto circle = std::span(text_).subspan(found->second);
    for (size_t i = 0; i < limit; ++i) proposed.push_back(circle[i % circle.size()]);
    break;
  }
  return proposed;
}

void NgramProposer::settle(size_t num_proposed, size_t num_accepted) {
  account_ += static_cast<double>(num_accepted) - kRowCost * static_cast<double>(num_proposed);
  account_ = std::min(account_, kMaxAccount);
  next_size_ = num_accepted == num_proposed ? std::max(2 * num_proposed, kFirstSize)
                                            : std::max(num_accepted + 1, kFirstSize);
}

}  // namespace ganglion
