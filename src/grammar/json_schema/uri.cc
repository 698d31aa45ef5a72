#include "grammar/json_schema/uri.h"

#include <algorithm>
#include <optional>
#include <vector>

namespace ganglion::json_schema {
namespace {

bool is_alpha(char c) { return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool is_digit(char c) { return c >= '0' && c <= '9'; }
bool is_hex(char c) { return is_digit(c) || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F'); }

uint32_t hex_value(char c) {
  if (is_digit(c)) return static_cast<uint32_t>(c - '0');
  return static_cast<uint32_t>((c | 0x20) - 'a' + 10);
}

// Section 3 and appendix B.
struct UriParts {
  std::optional<std::string_view> scheme;
  std::optional<std::string_view> authority;
  std::string_view path;
  std::optional<std::string_view> query;
};

UriParts split_uri(std::string_view uri) {
  UriParts parts;
  uri = uri.substr(0, uri.find('#'));
  const size_t colon = uri.find(':');
  const auto is_scheme_character = [](char c) {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
  };
  if (colon != std::string_view::npos && colon > 0 && is_alpha(uri[0]) &&
      std::all_of(uri.begin(), uri.begin() + static_cast<std::ptrdiff_t>(colon),
                  is_scheme_character)) {
    parts.scheme = uri.substr(0, colon);
    uri.remove_prefix(colon + 1);
  }
  if (const size_t mark = uri.find('?'); mark != std::string_view::npos) {
    parts.query = uri.substr(mark + 1);
    uri = uri.substr(0, mark);
  }
  if (uri.starts_with("//")) {
    const size_t end = std::min(uri.find('/', 2), uri.size());
    parts.authority = uri.substr(2, end - 2);
    uri.remove_prefix(end);
  }
  parts.path = uri;
  return parts;
}

// Section 5.2.4.
std::string remove_dot_segments(std::string_view path) {
  const bool is_absolute = path.starts_with('/');
  std::vector<std::string_view> kept;
  bool ends_in_folder = false;
  while (!path.empty()) {
    if (path.starts_with('/')) path.remove_prefix(1);
    const std::string_view segment = path.substr(0, path.find('/'));
    path.remove_prefix(segment.size());
    ends_in_folder = segment == "." || segment == "..";
    if (segment == "..") {
      if (!kept.empty()) kept.pop_back();
    } else if (segment != ".") {
      kept.push_back(segment);
    }
  }
  std::string out = is_absolute ? "/" : "";
  for (size_t i = 0; i < kept.size(); ++i) {
    if (i > 0) out += '/';
    out += kept[i];
  }
  if (ends_in_folder && !kept.empty()) out += '/';
  return out;
}

std::string join(const UriParts& parts, std::string_view path) {
  std::string out;
  if (parts.scheme) out.append(*parts.scheme) += ':';
  if (parts.authority) out.append("//").append(*parts.authority);
  out += path;
  if (parts.query) out.append("?").append(*parts.query);
  return out;
}

// Percent escapes are whole, and every other byte is one that a URI may hold.
bool has_uri_characters(std::string_view text) {
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (c == '%') {
      if (i + 2 >= text.size() || !is_hex(text[i + 1]) || !is_hex(text[i + 2])) return false;
      continue;
    }
    const bool allowed =
        is_alpha(c) || is_digit(c) ||
        std::string_view("-._~:/?#[]@!$&'()*+,;=").find(c) != std::string_view::npos;
    if (!allowed) return false;
  }
  return true;
}

bool is_authority(std::string_view authority) {
  if (const size_t at = authority.find('@'); at != std::string_view::npos) {
    if (authority.substr(0, at).find_first_of("[]") != std::string_view::npos) return false;
    authority.remove_prefix(at + 1);
  }
  if (authority.starts_with('[')) {
    const size_t close = authority.find(']');
    if (close == std::string_view::npos) return false;
    authority.remove_prefix(close + 1);
    if (!authority.empty() && authority[0] != ':') return false;
  } else {
    authority.remove_prefix(std::min(authority.find(':'), authority.size()));
  }
  if (authority.empty()) return true;
  return std::all_of(authority.begin() + 1, authority.end(), is_digit);
}

}  // namespace

UriAndFragment split_fragment(std::string_view uri) {
  const size_t hash = std::min(uri.find('#'), uri.size());
  UriAndFragment out{std::string(uri.substr(0, hash)), {}};
  const std::string_view fragment = uri.substr(std::min(hash + 1, uri.size()));
  for (size_t i = 0; i < fragment.size(); ++i) {
    const bool is_escape = fragment[i] == '%' && i + 2 < fragment.size() &&
                           is_hex(fragment[i + 1]) && is_hex(fragment[i + 2]);
    if (is_escape) {
      out.fragment +=
          static_cast<char>(hex_value(fragment[i + 1]) * 16 + hex_value(fragment[i + 2]));
      i += 2;
    } else {
      out.fragment += fragment[i];
    }
  }
  return out;
}

std::string resolve_uri(std::string_view base, std::string_view reference) {
  UriParts target = split_uri(reference);
  if (target.scheme) return join(target, remove_dot_segments(target.path));
  const UriParts from = split_uri(base);
  target.scheme = from.scheme;
  if (target.authority) return join(target, remove_dot_segments(target.path));
  target.authority = from.authority;
  if (target.path.empty()) {
    if (!target.query) target.query = from.query;
    return join(target, from.path);
  }
  if (target.path.starts_with('/')) return join(target, remove_dot_segments(target.path));
  std::string merged;
  if (from.authority && from.path.empty()) {
    merged = "/";
  } else {
    merged = from.path.substr(0, from.path.rfind('/') + 1);  // npos + 1 is 0
  }
  return join(target, remove_dot_segments(merged.append(target.path)));
}

bool is_uri_reference(std::string_view text) {
  if (!has_uri_characters(text)) return false;
  const size_t hash = text.find('#');
  if (hash != std::string_view::npos && text.find('#', hash + 1) != std::string_view::npos) {
    return false;
  }
  const UriParts parts = split_uri(text);
  if (parts.authority && !is_authority(*parts.authority)) return false;
  const std::string_view no_brackets = parts.path;
  if (no_brackets.find_first_of("[]") != std::string_view::npos) return false;
  // A first segment with a colon would be a scheme.
  if (parts.scheme || parts.authority) return true;
  return parts.path.substr(0, parts.path.find('/')).find(':') == std::string_view::npos;
}

bool is_uri(std::string_view text) {
  return is_uri_reference(text) && split_uri(text).scheme.has_value();
}

std::string pointer_token(std::string_view name) {
  std::string token;
  for (const char c : name) {
    if (c == '~') {
      token += "~0";
    } else if (c == '/') {
      token += "~1";
    } else {
      token += c;
    }
  }
  return token;
}

std::string name_of_token(std::string_view token) {
  std::string name;
  for (size_t i = 0; i < token.size(); ++i) {
    const bool is_escape =
        token[i] == '~' && i + 1 < token.size() && (token[i + 1] == '0' || token[i + 1] == '1');
    if (is_escape) {
      name += token[++i] == '0' ? '~' : '/';
    } else {
      name += token[i];
    }
  }
  return name;
}

}  // namespace ganglion::json_schema
