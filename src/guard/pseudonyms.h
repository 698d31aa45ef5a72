// Reversible stand-ins for redacted values: "[EMAIL_1]".
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>

#include "guard/pii_type.h"

namespace ganglion {

// The stand-ins of one conversation: the same value (byte for byte) of a type gets the same token
// every time, different values get different ones. Not thread-safe.
// The redactor gives literal tokens of its input a token of their own (RESERVED), so that its
// output holds issued tokens only and restore() is exact.
class Pseudonyms {
 public:
  // The token of `value`, made when it has none.
  const std::string& token_for(PiiType type, std::string_view value);

  // The value behind `token`, nullptr when it was not issued here.
  const std::string* value_of(std::string_view token) const;

  // Replaces every issued token by its value; all else stays as it is.
  std::string restore(std::string_view text) const;

  // Issued tokens and their values, by token.
  const std::map<std::string, std::string, std::less<>>& values() const { return values_; }

  // Takes up a stored pair again. False when `token` has no token form or is taken.
  bool adopt(std::string_view token, std::string_view value);

 private:
  std::map<std::string, std::string, std::less<>> values_;    // token → value
  std::map<std::string, std::string, std::less<>> tokens_;    // TYPE NUL value → token
  std::map<std::string, uint64_t, std::less<>> last_number_;  // by type name
};

// The length of the token "[TYPE_12]" at the start of `text` (TYPE as in pii_type_name, a number of
// 1 to 9 digits), 0 when there is none.
size_t token_length(std::string_view text);

}  // namespace ganglion
