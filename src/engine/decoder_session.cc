#include "engine/decoder_session.h"

#include <algorithm>

#include "base/check.h"

namespace ganglion {
namespace {

constexpr size_t kPassTokens = 128;  // read together: bounds the memory of a long text

}  // namespace

Status DecoderSession::append(std::span<const int32_t> tokens, LogitRows rows,
                              std::vector<float>& logits) {
  if (tokens.size() > capacity() - length_) {
    return fail(ErrorCode::kLimit,
                "the context is full: it holds {} tokens, {} are read, {} more do not fit; take a "
                "larger context or a shorter text",
                capacity(), length_, tokens.size());
  }
  const size_t vocabulary_size = decoder_.sizes().vocabulary_size;
  const size_t hidden_size = decoder_.sizes().hidden_size;
  const bool wants_last = rows == LogitRows::kLast && !tokens.empty();
  logits.resize(vocabulary_size * (rows == LogitRows::kAll ? tokens.size() : wants_last ? 1 : 0));
  for (size_t first = 0; first < tokens.size(); first += kPassTokens) {
    const size_t count = std::min(kPassTokens, tokens.size() - first);
    float* hidden = make_room(hidden_, count * hidden_size);
    decoder_.forward(compute_, tokens.subspan(first, count), length_, cache_, scratch_, hidden);
    length_ += count;
    if (rows == LogitRows::kAll) {
      decoder_.logits(compute_, hidden, count, logits.data() + first * vocabulary_size);
    } else if (wants_last && first + count == tokens.size()) {
      decoder_.logits(compute_, hidden + (count - 1) * hidden_size, 1, logits.data());
    }
  }
  return {};
}

void DecoderSession::truncate(size_t length) {
  GANGLION_ASSERT(length <= length_);
  length_ = length;
  cache_.resize(length);
}

Status DecoderSession::drop(size_t begin, size_t end) {
  GANGLION_ASSERT(begin <= end && end <= length_);
  if (!decoder_.can_shift()) {
    return fail(ErrorCode::kUnsupported,
                "the model's positions are learned and cannot move: a full context cannot be "
                "shifted; start a new one");
  }
  decoder_.shift(compute_.kernels, cache_, begin, end, length_);
  truncate(length_ - (end - begin));
  return {};
}

}  // namespace ganglion
