// Puts the values back into a stream of text whose pieces may cut a token anywhere.
#pragma once

#include <string>
#include <string_view>

#include "guard/pseudonyms.h"

namespace ganglion {

// Holds back only the end of the text that is the beginning of an issued token, and no longer than
// that can still come true. The concatenated output equals Pseudonyms::restore of the whole.
// Keeps a reference to `pseudonyms`. Not thread-safe.
class Unmasker {
 public:
  explicit Unmasker(const Pseudonyms& pseudonyms) : pseudonyms_(pseudonyms) {}

  // The text that is certain after `chunk`.
  std::string feed(std::string_view chunk);

  // What is still held back, when the stream ends. The next feed() starts a new stream.
  std::string finish();

 private:
  bool may_become_token(std::string_view tail) const;

  const Pseudonyms& pseudonyms_;
  std::string held_;  // starts with '[' when not empty
};

}  // namespace ganglion
