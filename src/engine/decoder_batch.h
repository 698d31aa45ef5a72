// Tokens of several sessions read in the same passes.
#pragma once

#include <span>
#include <vector>

#include "base/result.h"
#include "engine/decoder_session.h"

namespace ganglion {

struct DecoderStep {
  DecoderSession* session = nullptr;
  std::span<const int32_t> tokens;
  LogitRows rows = LogitRows::kNone;
  std::vector<float>* logits = nullptr;
};

// As LanguageModel::append_all; the sessions are those of `runtime` (asserted). Those with the same
// adapter are read together.
Status append_together(const DecoderRuntime& runtime, std::span<const DecoderStep> steps);

}  // namespace ganglion
