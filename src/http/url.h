// The part of RFC 3986 that an API address needs.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ganglion {

struct Url {
  bool tls = false;
  std::string host;  // a name, an IPv4 address, or an IPv6 address without its brackets
  uint16_t port = 0;
  std::string path;  // with the query; starts with '/'

  // "host" or "host:port" as a Host header wants it.
  std::string authority() const;
  // "https://host/path?query"
  std::string text() const;
};

// http:// and https:// only. User names, fragments, control characters and spaces are refused.
Result<Url> parse_url(std::string_view text);

// Where a Location header leads: an address of its own, or one relative to `base` (RFC 3986,
// section 5.2, without the removal of dot segments, which is the server's). A fragment is dropped.
Result<Url> resolve_reference(const Url& base, std::string_view reference);

// The text as one segment of a path: everything but letters, digits and "-._~" becomes %XX.
std::string percent_encode(std::string_view text);

}  // namespace ganglion
