#include "engine/decoder_session.h"

#include "base/check.h"
#include "engine/decoder_batch.h"

namespace ganglion {

Status DecoderSession::append(std::span<const int32_t> tokens, LogitRows rows,
                              std::vector<float>& logits) {
  const DecoderStep step = {this, tokens, rows, &logits};
  return append_together(runtime_, {&step, 1});
}

void DecoderSession::truncate(size_t length) {
  GANGLION_ASSERT(length <= length_);
  length_ = length;
  cache_.resize(length);
}

Status DecoderSession::drop(size_t begin, size_t end) {
  GANGLION_ASSERT(begin <= end && end <= length_);
  const Decoder& decoder = runtime_.decoder();
  if (!decoder.can_shift()) {
    return fail(ErrorCode::kUnsupported,
                "the model's positions are learned and cannot move: a full context cannot be "
                "shifted; start a new one");
  }
  decoder.shift(runtime_.compute(adapter()).kernels, cache_, begin, end, length_);
  truncate(length_ - (end - begin));
  return {};
}

}  // namespace ganglion
