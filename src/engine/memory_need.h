// Whether a language model fits in memory, and what would.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "engine/language_model.h"

namespace ganglion {

// kLimit when the weights need more than `available_bytes`: names both, and a type in which they
// would fit.
Status check_weights_fit(const std::string& source_name, const ModelDescription& model,
                         uint64_t available_bytes);

// kLimit when a cache of `cache_bytes` for `context_length` tokens needs more than
// `available_bytes`: names both, and a context that would fit.
Status check_cache_fits(const std::string& source_name, size_t context_length, uint64_t cache_bytes,
                        uint64_t available_bytes);

}  // namespace ganglion
