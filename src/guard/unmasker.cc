#include "guard/unmasker.h"

#include <utility>

namespace ganglion {

bool Unmasker::may_become_token(std::string_view tail) const {
  const auto& values = pseudonyms_.values();
  const auto first = values.lower_bound(tail);
  return first != values.end() && first->first.size() > tail.size() &&
         std::string_view(first->first).substr(0, tail.size()) == tail;
}

std::string Unmasker::feed(std::string_view chunk) {
  std::string text = std::exchange(held_, {});
  text.append(chunk);
  // A token holds one '[' only, so only the last can be the start of an unfinished one.
  const size_t bracket = text.rfind('[');
  if (bracket != std::string::npos && may_become_token(std::string_view(text).substr(bracket))) {
    held_ = text.substr(bracket);
    text.resize(bracket);
  }
  return pseudonyms_.restore(text);
}

std::string Unmasker::finish() { return pseudonyms_.restore(std::exchange(held_, {})); }

}  // namespace ganglion
