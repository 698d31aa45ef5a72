// The bytes of tokens to text that can be shown while it is still being written.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

// With U+FFFD for every byte that belongs to no character.
std::string without_invalid(std::string_view text);

// kInvalidArgument unless there are at most 64, each of 1 to 1024 bytes of valid UTF-8.
Status check_stop_strings(const std::vector<std::string>& stop_strings);

// Gives out whole characters only, and nothing that may be the begin of a stop string. A byte that
// belongs to no character becomes U+FFFD. O(bytes * stop strings). Not thread-safe.
class TextStream {
 public:
  // Requires check_stop_strings().
  explicit TextStream(std::vector<std::string> stop_strings);

  // Appends to `text` what can be shown. True when a stop string has come: the text ends before it,
  // and what follows it is dropped; no more may be pushed. Of several, the first to be complete
  // counts, and of those the longest.
  bool push(std::string_view bytes, std::string& text);

  // Appends what was held back. To be called once, at the end, unless push() returned true.
  void finish(std::string& text);

  // The one that came; an index into the constructor's.
  std::optional<size_t> stop_string() const { return found_; }

 private:
  struct Matcher {
    std::string stop;
    std::vector<size_t> fallback;  // of Knuth, Morris and Pratt
    size_t matched = 0;            // bytes of `stop` that the text ends with
  };

  bool match(char c);
  void push_valid(std::string_view valid, std::string& text);

  std::vector<Matcher> matchers_;
  std::string half_character_;
  std::string held_;  // valid text that may belong to a stop string
  std::optional<size_t> found_;
};

}  // namespace ganglion
