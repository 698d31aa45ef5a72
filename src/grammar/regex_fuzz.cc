// Any pattern on any text ends in an answer or an error; values lie inside the text, in order.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "grammar/regex.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const size_t split = std::min(input.find('\0'), input.size());
  const auto regex = ganglion::Regex::compile(input.substr(0, split));
  if (!regex.ok()) return 0;
  const std::string_view text = input.substr(std::min(split + 1, size));
  (void)regex->occurs_in(text);
  const auto values = regex->find_values(text, 100);
  if (!values.ok()) return 0;
  size_t end = 0;
  for (const ganglion::RegexMatch& match : *values) {
    GANGLION_ASSERT(match.begin >= end && match.begin < match.end && match.end <= text.size());
    end = match.end;
  }
  return 0;
}
