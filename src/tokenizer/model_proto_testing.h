// Writes small SentencePiece models (sentencepiece_model.proto), for tests.
#pragma once

#include <string>

namespace ganglion {

struct ModelProto {
  bool is_unigram = false;
  bool squeezes_spaces = false;
};
inline constexpr ModelProto kBpeProto = {false, false};
inline constexpr ModelProto kUnigramProto = {true, true};

// The pieces <unk>, <s>, </s>, "a" (score -1) and "▁a" (score -2).
std::string model_proto(const ModelProto& model);

}  // namespace ganglion
