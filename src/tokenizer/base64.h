// Base64 (RFC 4648), as tokenizer files write bytes.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace ganglion {

// Nothing when `text` has other characters or its length cannot be. Padding may be left out.
std::optional<std::string> decode_base64(std::string_view text);

}  // namespace ganglion
