#include "engine/decoder_session.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "engine/decoder_batch.h"

namespace ganglion {
namespace {

constexpr size_t kAll = std::numeric_limits<size_t>::max();
constexpr size_t kBlockTokens = KvCache::kBlockTokens;

}  // namespace

DecoderSession::DecoderSession(const DecoderRuntime& runtime, KvCache cache,
                               std::shared_ptr<const LoraAdapter> adapter)
    : runtime_(runtime),
      cache_(std::move(cache)),
      kind_{std::move(adapter), cache_.type(), runtime.decoder().has_long_rope(cache_.capacity())} {
}

Status DecoderSession::append(std::span<const int32_t> tokens, LogitRows rows,
                              std::vector<float>& logits) {
  const DecoderStep step = {this, tokens, rows, &logits};
  return append_together(runtime_, {&step, 1});
}

Status DecoderSession::look_ahead(const TokenTree& tree, std::span<const TreeLogit> wanted,
                                  std::vector<float>& logits) {
  const size_t num_tokens = tree.tokens.size();
  GANGLION_ASSERT(tree.parents.size() == num_tokens);
  if (length() == 0) {
    return fail(ErrorCode::kInvalidArgument, "nothing has been read that tokens could follow");
  }
  if (num_tokens > TokenTree::kMaxTokens) {
    return fail(ErrorCode::kLimit, "a tree of {} tokens is too large; at most {} are read at once",
                num_tokens, TokenTree::kMaxTokens);
  }
  if (num_tokens > capacity() - length()) {
    return fail(ErrorCode::kLimit,
                "a tree of {} tokens does not fit: the context holds {} tokens and {} are read; "
                "take a larger context or a shorter text",
                num_tokens, capacity(), length());
  }
  std::unique_ptr<DecoderBuffers> buffers = runtime_.take_buffers();
  read_tree(tree, *buffers);
  logits.resize(wanted.size());
  const size_t hidden_size = runtime_.decoder().sizes().hidden_size;
  std::vector<int32_t> ids;
  for (size_t first = 0; first < wanted.size(); first += ids.size()) {
    ids.clear();
    for (size_t i = first; i < wanted.size() && wanted[i].place == wanted[first].place; ++i) {
      ids.push_back(wanted[i].token);
    }
    float* row = make_room(buffers->wanted, hidden_size);
    std::copy_n(buffers->hidden.data() + static_cast<size_t>(wanted[first].place + 1) * hidden_size,
                hidden_size, row);
    runtime_.decoder().logits_of(runtime_.compute(adapter()), ids, row, logits.data() + first);
  }
  runtime_.give_back(std::move(buffers));
  return {};
}

// The hidden rows of the last token, which the tree stands on, and of the tree.
void DecoderSession::read_tree(const TokenTree& tree, DecoderBuffers& buffers) {
  std::vector<int32_t> tokens = {tokens_.back()};
  std::vector<int32_t> parents = {-1};
  for (size_t i = 0; i < tree.tokens.size(); ++i) {
    GANGLION_ASSERT(tree.parents[i] >= -1 && tree.parents[i] < static_cast<int32_t>(i));
    tokens.push_back(tree.tokens[i]);
    parents.push_back(tree.parents[i] + 1);
  }
  KvCache branch = cache_.fork();
  const PassSequence sequence = {&branch, length() - 1, tokens, parents};
  float* hidden = make_room(buffers.hidden, tokens.size() * runtime_.decoder().sizes().hidden_size);
  runtime_.decoder().forward(runtime_.compute(adapter()), {&sequence, 1}, buffers.scratch, hidden);
}

void DecoderSession::add_read(std::span<const int32_t> tokens) {
  tokens_.insert(tokens_.end(), tokens.begin(), tokens.end());
  publish();
}

void DecoderSession::publish() {
  const size_t num_full = std::min(length(), num_exact_) / kBlockTokens;
  if (num_full <= num_published_ || runtime_.prefixes().is_off()) return;
  std::vector<std::shared_ptr<KvBlock>> blocks;
  blocks.reserve(num_full);
  for (size_t i = 0; i < num_full; ++i) blocks.push_back(cache_.share(i));
  runtime_.prefixes().add(kind_, std::span(tokens_).first(num_full * kBlockTokens), blocks);
  for (size_t i = 0; i < num_full; ++i) cache_.put(i, std::move(blocks[i]));
  num_published_ = num_full;
}

void DecoderSession::truncate(size_t length) {
  GANGLION_ASSERT(length <= tokens_.size());
  tokens_.resize(length);
  cache_.resize(length);
  num_published_ = std::min(num_published_, length / kBlockTokens);
  if (length <= num_exact_) num_exact_ = kAll;
}

Status DecoderSession::drop(size_t begin, size_t end) {
  GANGLION_ASSERT(begin <= end && end <= length());
  const Decoder& decoder = runtime_.decoder();
  if (!decoder.can_shift()) {
    return fail(ErrorCode::kUnsupported,
                "the model's positions are learned and cannot move: a full context cannot be "
                "shifted; start a new one");
  }
  decoder.shift(cache_, begin, end, length());
  std::copy(tokens_.begin() + static_cast<std::ptrdiff_t>(end), tokens_.end(),
            tokens_.begin() + static_cast<std::ptrdiff_t>(begin));
  if (begin < end) {
    num_exact_ = std::min(num_exact_, begin);
    num_published_ = std::min(num_published_, begin / kBlockTokens);
  }
  truncate(length() - (end - begin));
  return {};
}

std::unique_ptr<Session> DecoderSession::fork() {
  auto branch = std::make_unique<DecoderSession>(runtime_, cache_.fork(), kind_.adapter);
  branch->tokens_ = tokens_;
  branch->num_exact_ = num_exact_;
  branch->num_published_ = num_published_;
  return branch;
}

size_t DecoderSession::reuse(std::span<const int32_t> tokens) {
  tokens = tokens.first(std::min(tokens.size(), capacity()));
  const auto held = std::span(tokens_).first(std::min(length(), num_exact_));
  const auto differs = std::mismatch(held.begin(), held.end(), tokens.begin(), tokens.end());
  const auto num_held = static_cast<size_t>(differs.first - held.begin());
  truncate(num_held);
  PrefixMatch match = runtime_.prefixes().find(kind_, tokens);
  if (match.num_tokens <= num_held) return num_held;
  const size_t first = num_held / kBlockTokens;
  cache_.resize(first * kBlockTokens);
  for (size_t i = first; i < match.blocks.size(); ++i) {
    cache_.put(i, std::move(match.blocks[i]));
  }
  const auto taken = tokens.first(match.num_tokens);
  tokens_.assign(taken.begin(), taken.end());
  num_published_ = match.num_tokens / kBlockTokens;
  return length();
}

}  // namespace ganglion
