// Authenticated encryption of small files: AES-256-GCM (NIST SP 800-38D) by OpenSSL.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ganglion {

using SealingKey = std::array<uint8_t, 32>;
using SealingNonce = std::array<uint8_t, 12>;

// 64 hexadecimal characters or base64 of 32 bytes; white space around is ignored. The error never
// holds the text. `source_name` is the file or variable it came from.
Result<SealingKey> parse_sealing_key(std::string_view text, std::string_view source_name);

// A fresh nonce from the operating system. A nonce must never serve twice with one key: at random,
// 2^32 files may be written before that has to be feared.
Result<SealingNonce> random_sealing_nonce();

// "GNGLSEAL" + version 1, nonce, ciphertext, 16 bytes of tag; the header is authenticated too.
Result<std::string> seal(std::string_view plain, const SealingKey& key, const SealingNonce& nonce);

// kMalformed when it is no sealed file; kDenied when key or content is wrong: nothing is returned
// of a file that was changed in a single bit.
Result<std::string> unseal(std::string_view sealed, const SealingKey& key);

}  // namespace ganglion
