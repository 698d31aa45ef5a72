// What every tokenizer's `encode` takes and gives besides the text and the ids.
#pragma once

#include <cstddef>
#include <span>

namespace ganglion {

// The bytes of the text a token stands for: [begin, end). Empty for special tokens.
struct TokenSpan {
  size_t begin = 0;
  size_t end = 0;
  bool operator==(const TokenSpan&) const = default;
};

struct EncodeOptions {
  // Put the model's [CLS] and [SEP] (or their kin) around the text.
  bool add_special_tokens = true;
  // Text that spells a control token becomes it. Only for text of our own making, such as the frame
  // of a chat template: with the user's, it would let a message end itself.
  bool parse_special_tokens = false;
  // Bytes of the text, in order, in which no control token is read even so: what a user wrote
  // within a frame of ours. Must outlive the call.
  std::span<const TokenSpan> plain_ranges = {};
  // At most this many tokens, the special ones included; 0 means no limit. What is beyond is cut.
  size_t max_tokens = 0;
};

}  // namespace ganglion
