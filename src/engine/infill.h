// Infilling ("fill in the middle", FIM): the model writes what stands between two texts.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

// The prompt after which a model writes what stands between `prefix` and `suffix`: begin token if
// the vocabulary adds one, prefix token, prefix, suffix token, suffix, middle token (the
// prefix-suffix-middle order of Bavarian et al. 2022, that of llama.cpp). kUnsupported, naming the
// tokens, when the vocabulary lacks them.
Result<std::vector<int32_t>> infill_prompt(const Tokenizer& tokenizer, std::string_view prefix,
                                           std::string_view suffix);

}  // namespace ganglion
