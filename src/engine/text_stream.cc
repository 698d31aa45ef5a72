#include "engine/text_stream.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

// How many bytes at the end begin a character that later bytes may complete: 0 to 3.
size_t half_character_size(std::string_view text) {
  for (size_t size = 1; size <= std::min<size_t>(3, text.size()); ++size) {
    const auto lead = static_cast<unsigned char>(text[text.size() - size]);
    if (lead >= 0x80 && lead < 0xC0) continue;  // goes on with a character
    if (lead < 0xC2 || lead > 0xF4) return 0;
    const size_t length = lead < 0xE0 ? 2 : lead < 0xF0 ? 3 : 4;
    if (size >= length) return 0;
    if (size == 1) return 1;
    std::string whole(text.substr(text.size() - size));  // its second byte may not fit the first
    whole.resize(length, '\x80');
    return decode_utf8(whole, 0).num_bytes == length ? size : 0;
  }
  return 0;
}

}  // namespace

std::string without_invalid(std::string_view text) {
  std::string valid;
  for (size_t offset = 0; offset < text.size();) {
    const DecodedCodePoint c = decode_utf8(text, offset);
    append_utf8(valid, c.value);
    offset += c.num_bytes;
  }
  return valid;
}

Status check_stop_strings(const std::vector<std::string>& stop_strings) {
  constexpr size_t kMaxStrings = 64;
  constexpr size_t kMaxBytes = 1024;
  if (stop_strings.size() > kMaxStrings) {
    return fail(ErrorCode::kInvalidArgument, "{} stop strings; at most {} are taken",
                stop_strings.size(), kMaxStrings);
  }
  for (const std::string& stop : stop_strings) {
    if (stop.empty() || stop.size() > kMaxBytes) {
      return fail(ErrorCode::kInvalidArgument, "a stop string of {} bytes; it must have 1 to {}",
                  stop.size(), kMaxBytes);
    }
    const size_t invalid = find_invalid_utf8(stop);
    if (invalid != std::string::npos) {
      return fail(ErrorCode::kInvalidArgument, "a stop string is not valid UTF-8 at byte {}",
                  invalid + 1);
    }
  }
  return {};
}

TextStream::TextStream(std::vector<std::string> stop_strings) {
  for (std::string& stop : stop_strings) {
    std::vector<size_t> fallback(stop.size(), 0);
    for (size_t i = 1, length = 0; i < stop.size(); ++i) {
      while (length > 0 && stop[i] != stop[length]) length = fallback[length - 1];
      if (stop[i] == stop[length]) ++length;
      fallback[i] = length;
    }
    matchers_.push_back({std::move(stop), std::move(fallback)});
  }
}

// Whether a stop string ends with `c`, the text's next byte.
bool TextStream::match(char c) {
  for (size_t i = 0; i < matchers_.size(); ++i) {
    Matcher& matcher = matchers_[i];
    while (matcher.matched > 0 && matcher.stop[matcher.matched] != c) {
      matcher.matched = matcher.fallback[matcher.matched - 1];
    }
    if (matcher.stop[matcher.matched] == c) ++matcher.matched;
    if (matcher.matched < matcher.stop.size()) continue;
    const bool is_longer = !found_ || matcher.stop.size() > matchers_[*found_].stop.size();
    if (is_longer) found_ = i;
  }
  return found_.has_value();
}

void TextStream::push_valid(std::string_view valid, std::string& text) {
  for (const char c : valid) {
    held_ += c;
    if (!match(c)) continue;
    text.append(held_, 0, held_.size() - matchers_[*found_].stop.size());
    held_.clear();
    return;
  }
  size_t num_held = 0;
  for (const Matcher& matcher : matchers_) num_held = std::max(num_held, matcher.matched);
  text.append(held_, 0, held_.size() - num_held);
  held_.erase(0, held_.size() - num_held);
}

bool TextStream::push(std::string_view bytes, std::string& text) {
  GANGLION_ASSERT(!found_);
  half_character_ += bytes;
  const size_t num_whole = half_character_.size() - half_character_size(half_character_);
  const std::string_view whole = std::string_view(half_character_).substr(0, num_whole);
  if (find_invalid_utf8(whole) == std::string_view::npos) {
    push_valid(whole, text);
  } else {
    push_valid(without_invalid(whole), text);
  }
  half_character_.erase(0, num_whole);
  return found_.has_value();
}

void TextStream::finish(std::string& text) {
  GANGLION_ASSERT(!found_);
  text += held_;
  held_.clear();
  text += without_invalid(half_character_);
  half_character_.clear();
}

}  // namespace ganglion
