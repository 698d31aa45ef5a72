#include "tokenizer/precompiled_charsmap.h"

#include <algorithm>
#include <cstring>

#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kMaxBytes = size_t{16} << 20;
constexpr size_t kMaxKeyBytes = 64;
constexpr size_t kMaxReplacementBytes = 128;  // a text may grow by that much for every byte

bool is_continuation(char byte) { return (static_cast<unsigned char>(byte) & 0xC0) == 0x80; }

// A unit of the double array.
bool has_leaf(uint32_t unit) { return (unit >> 8 & 1) == 1; }
uint32_t value_of(uint32_t unit) { return unit & 0x7FFFFFFF; }
uint32_t label_of(uint32_t unit) { return unit & 0x800000FF; }
uint32_t offset_of(uint32_t unit) { return unit >> 10 << ((unit & (1U << 9)) >> 6); }

}  // namespace

Result<PrecompiledCharsmap> PrecompiledCharsmap::parse(std::string_view bytes) {
  uint32_t trie_bytes = 0;
  if (bytes.size() > kMaxBytes) {
    return fail(ErrorCode::kLimit, "precompiled charsmap: expected at most {} bytes, found {}",
                kMaxBytes, bytes.size());
  }
  if (bytes.size() < sizeof trie_bytes) {
    return fail(ErrorCode::kMalformed, "precompiled charsmap: expected 4 bytes at least, found {}",
                bytes.size());
  }
  std::memcpy(&trie_bytes, bytes.data(), sizeof trie_bytes);
  bytes.remove_prefix(sizeof trie_bytes);
  if (trie_bytes > bytes.size() || trie_bytes % sizeof(uint32_t) != 0 || trie_bytes == 0) {
    return fail(ErrorCode::kMalformed,
                "precompiled charsmap: expected a trie of 4 to {} bytes, found {}", bytes.size(),
                trie_bytes);
  }
  PrecompiledCharsmap map;
  map.units_.resize(trie_bytes / sizeof(uint32_t));
  std::memcpy(map.units_.data(), bytes.data(), trie_bytes);
  map.replacements_ = bytes.substr(trie_bytes);
  if (find_invalid_utf8(map.replacements_) != std::string_view::npos) {
    return fail(ErrorCode::kMalformed, "precompiled charsmap: expected replacements in UTF-8");
  }
  return map;
}

std::optional<PrecompiledCharsmap::Match> PrecompiledCharsmap::match(std::string_view text,
                                                                     bool longest) const {
  std::optional<Match> found;
  size_t node = offset_of(units_[0]);
  const size_t limit = std::min(text.size(), kMaxKeyBytes);
  for (size_t i = 0; i < limit; ++i) {
    const auto byte = static_cast<unsigned char>(text[i]);
    node ^= byte;
    if (byte == 0 || node >= units_.size() || label_of(units_[node]) != byte) break;
    const uint32_t unit = units_[node];
    node ^= offset_of(unit);
    if (!has_leaf(unit)) continue;
    if (node >= units_.size()) break;
    const size_t begin = value_of(units_[node]);
    if (begin >= replacements_.size() || is_continuation(replacements_[begin])) break;
    const std::string_view rest = std::string_view(replacements_).substr(begin);
    const size_t size = rest.substr(0, kMaxReplacementBytes + 1).find('\0');
    if (size == std::string_view::npos) break;
    found = Match{i + 1, rest.substr(0, size)};
    if (!longest) break;
  }
  return found;
}

}  // namespace ganglion
