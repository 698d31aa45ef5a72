#include "engine/ngram_proposer.h"

#include <algorithm>
#include <span>
#include <string>
#include <string_view>

#include "base/hash.h"

namespace ganglion {

uint64_t NgramProposer::word(int32_t token) const {
  std::string bytes;
  if (tokenizer_ != nullptr) tokenizer_->append_bytes(token, bytes);
  std::string_view spelling = bytes;
  if (spelling.starts_with(' ')) spelling.remove_prefix(1);
  return spelling.empty() ? static_cast<uint64_t>(token) : fnv1a64(spelling);
}

size_t NgramProposer::keys(std::array<uint64_t, kLongest>& keys) const {
  const size_t count = std::min(kLongest, words_.size());
  uint64_t key = 0;
  for (size_t i = 0; i < count; ++i) {
    key = mix64(key + 0x9e3779b97f4a7c15ULL + words_[words_.size() - 1 - i]);
    keys[i] = key;
  }
  return count;
}

void NgramProposer::add(int32_t token) {
  if (max_tokens_ == 0) return;
  // What comes now is what followed the tokens in front of it.
  std::array<uint64_t, kLongest> found;
  const size_t count = keys(found);
  const uint64_t own_word = word(token);
  for (const uint64_t key : std::span(found).first(count)) {
    const auto [entry, is_first] = followers_.try_emplace(key);
    Follower& follower = entry->second;
    follower.varies |= !is_first && words_[follower.at] != own_word;
    follower.at = text_.size();
  }
  text_.push_back(token);
  words_.push_back(own_word);
  account_ = std::min(account_ + kTokenIncome, kMaxAccount);
}

std::vector<int32_t> NgramProposer::propose(size_t limit) const {
  const auto affordable = static_cast<size_t>(std::max(account_, 0.0) / kRowCost);
  limit = std::min({limit, next_size_, max_tokens_, affordable});
  std::vector<int32_t> proposed;
  std::array<uint64_t, kLongest> last;
  for (size_t length = keys(last); length > 0; --length) {
    const auto found = followers_.find(last[length - 1]);
    if (found == followers_.end() || (length == 1 && found->second.varies)) continue;
    // Behind the last token a text that goes in circles begins again.
    const auto circle = std::span(text_).subspan(found->second.at);
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
