#include "http/url.h"

#include <algorithm>
#include <charconv>

namespace ganglion {
namespace {

Error bad_url(std::string_view text, std::string_view problem) {
  return fail(ErrorCode::kInvalidArgument,
              "address \"{}\": {}; expected http[s]://host[:port]/path, e.g. "
              "https://api.example.com/v1",
              text, problem);
}

bool has_scheme(std::string_view text, std::string_view scheme) {
  return text.substr(0, scheme.size()) == scheme;
}

}  // namespace

std::string Url::authority() const {
  const std::string name = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const bool is_default = port == (tls ? 443 : 80);
  return is_default ? name : fmt::format("{}:{}", name, port);
}

std::string Url::text() const {
  return fmt::format("{}://{}{}", tls ? "https" : "http", authority(), path);
}

Result<Url> parse_url(std::string_view text) {
  Url url;
  std::string_view rest;
  if (has_scheme(text, "https://")) {
    url.tls = true;
    rest = text.substr(8);
  } else if (has_scheme(text, "http://")) {
    rest = text.substr(7);
  } else {
    return bad_url(text, "the scheme is neither http:// nor https://");
  }
  if (std::any_of(text.begin(), text.end(),
                  [](unsigned char c) { return c <= 0x20 || c >= 0x7f; })) {
    return bad_url(text, "it holds a space, a control character or a byte outside ASCII");
  }
  if (rest.find('#') != std::string_view::npos) return bad_url(text, "it has a #fragment");
  const size_t slash = rest.find_first_of("/?");
  std::string_view authority = rest.substr(0, slash);
  url.path = slash == std::string_view::npos ? "/" : std::string(rest.substr(slash));
  if (url.path.front() == '?') url.path.insert(0, "/");
  if (authority.find('@') != std::string_view::npos) return bad_url(text, "it holds a user name");

  std::string_view port;
  if (!authority.empty() && authority.front() == '[') {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return bad_url(text, "'[' without ']'");
    url.host = authority.substr(1, close - 1);
    port = authority.substr(close + 1);
  } else {
    const size_t colon = authority.find(':');
    url.host = authority.substr(0, colon);
    port = colon == std::string_view::npos ? "" : authority.substr(colon);
  }
  if (url.host.empty()) return bad_url(text, "it has no host");
  url.port = url.tls ? 443 : 80;
  if (!port.empty()) {
    const char* end = port.data() + port.size();
    const auto [stop, error] = std::from_chars(port.data() + 1, end, url.port);
    if (port.front() != ':' || error != std::errc{} || stop != end || url.port == 0) {
      return bad_url(text, "the port is not a number from 1 to 65535");
    }
  }
  return url;
}

Result<Url> resolve_reference(const Url& base, std::string_view reference) {
  reference = reference.substr(0, reference.find('#'));
  const size_t scheme_end = reference.find_first_of(":/?");
  if (scheme_end != std::string_view::npos && reference[scheme_end] == ':') {
    return parse_url(reference);
  }
  const std::string scheme = base.tls ? "https:" : "http:";
  if (reference.starts_with("//")) return parse_url(scheme + std::string(reference));
  std::string_view kept = std::string_view(base.path).substr(0, base.path.find('?'));
  if (reference.starts_with('/')) {
    kept = "";
  } else if (!reference.empty() && !reference.starts_with('?')) {
    kept = kept.substr(0, kept.rfind('/') + 1);
  }
  return parse_url(fmt::format("{}//{}{}{}", scheme, base.authority(), kept, reference));
}

std::string percent_encode(std::string_view text) {
  std::string encoded;
  for (const char c : text) {
    const bool plain = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                       c == '-' || c == '.' || c == '_' || c == '~';
    encoded += plain ? std::string(1, c) : fmt::format("%{:02X}", static_cast<unsigned char>(c));
  }
  return encoded;
}

}  // namespace ganglion
