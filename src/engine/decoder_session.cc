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
