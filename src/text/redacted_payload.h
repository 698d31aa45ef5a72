// The only thing that may leave: bytes that the egress function has redacted.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace ganglion {

class Egress;  // guard/egress.h

// The exact body of an outbound request. Only Egress can make one; the clients of remote models
// take nothing else. It lives down here so that clients need not know the guard. Immutable.
class RedactedPayload {
 public:
  std::string_view bytes() const { return bytes_; }
  // SHA-256 of bytes(), lower-case hexadecimal: goes into the ledger.
  std::string_view sha256_hex() const { return sha256_hex_; }
  // How many values of each type were replaced, by type name; only types that occurred.
  const std::vector<std::pair<std::string, uint32_t>>& tally() const { return tally_; }

 private:
  friend class Egress;
  RedactedPayload(std::string bytes, std::string sha256_hex,
                  std::vector<std::pair<std::string, uint32_t>> tally)
      : bytes_(std::move(bytes)), sha256_hex_(std::move(sha256_hex)), tally_(std::move(tally)) {}

  std::string bytes_;
  std::string sha256_hex_;
  std::vector<std::pair<std::string, uint32_t>> tally_;
};

}  // namespace ganglion
