// Token ids given by --tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "cli/exit.h"

namespace ganglion {

// Fails the command unless every id is one of the vocabulary's. The option keeps them from 0 up.
inline void check_token_ids(std::span<const int32_t> ids, size_t vocabulary_size) {
  for (const int32_t id : ids) {
    if (static_cast<size_t>(id) < vocabulary_size) continue;
    or_fail(fail(ErrorCode::kInvalidArgument,
                 "--tokens: expected ids below {} (the size of the vocabulary), found {}",
                 vocabulary_size, id));
  }
}

}  // namespace ganglion
