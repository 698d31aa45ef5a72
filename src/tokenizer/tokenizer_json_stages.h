// The "normalizer" and "pre_tokenizer" of a tokenizer.json.
#pragma once

#include <vector>

#include "base/result.h"
#include "text/json.h"
#include "tokenizer/normalizer.h"
#include "tokenizer/pre_tokenizer.h"

namespace ganglion {

// Null or an object. kUnsupported names the type or pattern.
Result<std::vector<NormalizerStep>> read_normalizer_json(const json::value* value);

struct JsonPreTokenizer {
  std::vector<NormalizerStep> steps;  // what it changes in the text before it cuts
  std::vector<SplitStage> stages;
  bool byte_level = false;
  bool marks_spaces = false;  // "▁"
  bool adds_space = false;    // in front of the text
};

// Null or an object.
Result<JsonPreTokenizer> read_pre_tokenizer_json(const json::value* value);

}  // namespace ganglion
