// The part of RFC 3986 by which schemas refer to each other.
#pragma once

#include <string>
#include <string_view>

namespace ganglion::json_schema {

struct UriAndFragment {
  std::string uri;       // without '#'
  std::string fragment;  // percent escapes are decoded
};

UriAndFragment split_fragment(std::string_view uri);

// Section 5.2: where `reference` leads from `base`, without fragment. An empty base leaves the
// reference as it is.
std::string resolve_uri(std::string_view base, std::string_view reference);

// Whether the text is a URI with a scheme, or a reference that may lack one; by its characters,
// brackets, port and percent escapes.
bool is_uri(std::string_view text);
bool is_uri_reference(std::string_view text);

// One member name or index as a token of a JSON pointer (RFC 6901): ~ becomes ~0 and / ~1.
std::string pointer_token(std::string_view name);
std::string name_of_token(std::string_view token);

}  // namespace ganglion::json_schema
