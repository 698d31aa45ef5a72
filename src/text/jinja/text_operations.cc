#include "text/jinja/text_operations.h"

#include <algorithm>

#include "text/jinja/lexer.h"
#include "text/jinja/text_search.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

template <typename Change>
MarkedText change_runs(const MarkedText& text, const Change& change) {
  MarkedText changed;
  text.for_each_run(0, text.size(), [&](size_t begin, size_t end, bool is_data) {
    changed.append(change(std::string_view(text.text()).substr(begin, end - begin)), is_data);
  });
  return changed;
}

bool is_in(const MarkedText* characters, char32_t c, std::string_view bytes) {
  if (characters == nullptr) return is_python_space(c);
  return characters->text().find(bytes) != std::string::npos;
}

// Byte length of the line end at `offset`, 0 where there is none.
size_t line_end_length(std::string_view text, size_t offset) {
  const DecodedCodePoint c = decode_utf8(text, offset);
  if (c.value == '\r') return text.substr(offset).starts_with("\r\n") ? 2 : 1;
  const bool ends = (c.value >= 0x0A && c.value <= 0x0C) || (c.value >= 0x1C && c.value <= 0x1E) ||
                    c.value == 0x85 || c.value == 0x2028 || c.value == 0x2029;
  return ends ? c.num_bytes : 0;
}

}  // namespace

MarkedText upper_text(const MarkedText& text) { return change_runs(text, to_upper); }
MarkedText lower_text(const MarkedText& text) { return change_runs(text, to_lower); }

MarkedText capitalize_text(const MarkedText& text) {
  if (text.empty()) return text;
  const size_t first = decode_utf8(text.text(), 0).num_bytes;
  MarkedText result = upper_text(text.substring(0, first));
  result.append(lower_text(text.substring(first, text.size())));
  return result;
}

MarkedText title_text(const MarkedText& text, bool (*begins_word_after)(char32_t)) {
  MarkedText result;
  bool at_start = true;
  for (size_t i = 0; i < text.size();) {
    const DecodedCodePoint c = decode_utf8(text.text(), i);
    const std::string_view bytes = std::string_view(text.text()).substr(i, c.num_bytes);
    result.append(at_start ? to_upper(bytes) : to_lower(bytes), text.is_data_at(i));
    at_start = begins_word_after(c.value);
    i += c.num_bytes;
  }
  return result;
}

MarkedText strip_text(const MarkedText& text, const MarkedText* characters, bool left, bool right) {
  const std::string_view bytes = text.text();
  size_t begin = 0;
  while (left && begin < bytes.size()) {
    const DecodedCodePoint c = decode_utf8(bytes, begin);
    if (!is_in(characters, c.value, bytes.substr(begin, c.num_bytes))) break;
    begin += c.num_bytes;
  }
  size_t end = bytes.size();
  while (right && end > begin) {
    size_t last = end - 1;
    while (last > begin && (bytes[last] & 0xC0) == 0x80) --last;
    if (!is_in(characters, decode_utf8(bytes, last).value, bytes.substr(last, end - last))) break;
    end = last;
  }
  return text.substring(begin, end);
}

Result<Value> replace_text(Runtime& runtime, const MarkedText& text, const MarkedText& from,
                           const MarkedText& to, int64_t count) {
  GANGLION_TRY(runtime.charge_bytes(text.size()));
  MarkedText result;
  size_t position = 0;
  while (count != 0) {
    const size_t found = find_text(text.text(), from.text(), position);
    if (found == std::string::npos) break;
    GANGLION_TRY(runtime.charge_bytes(to.size() + 1));
    result.append(text, position, found);
    result.append(to);
    position = found + from.size();
    if (count > 0) --count;
    if (!from.empty()) continue;
    if (position >= text.size()) {
      ++position;
      break;
    }
    const size_t next = position + decode_utf8(text.text(), position).num_bytes;
    result.append(text, position, next);
    position = next;
  }
  if (position < text.size()) result.append(text, position, text.size());
  return runtime.text(std::move(result));
}

Result<Value> pad_text(Runtime& runtime, const MarkedText& text, int64_t width, bool left,
                       bool right, std::string_view fill) {
  GANGLION_TRY(runtime.charge_steps(text.size() / 64));
  const auto length = static_cast<int64_t>(count_code_points(text.text()));
  if (width <= length) return runtime.text(text);
  const int64_t missing = width - length;
  if (missing > int64_t{1} << 32) return fail(ErrorCode::kLimit, "a width is {}", width);
  GANGLION_TRY(runtime.charge_bytes(static_cast<uint64_t>(missing) * fill.size()));
  // Python's str.center() puts the odd space to the left of texts of even width.
  const int64_t in_front = !left ? 0 : !right ? missing : missing / 2 + (missing & width & 1);
  MarkedText result;
  for (int64_t i = 0; i < in_front; ++i) result.append(fill, false);
  result.append(text);
  for (int64_t i = in_front; i < missing; ++i) result.append(fill, false);
  return runtime.text(std::move(result));
}

std::vector<MarkedText> split_lines(const MarkedText& text, bool keep_ends) {
  std::vector<MarkedText> lines;
  size_t begin = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t end_length = line_end_length(text.text(), i);
    if (end_length == 0) {
      i += decode_utf8(text.text(), i).num_bytes;
      continue;
    }
    lines.push_back(text.substring(begin, keep_ends ? i + end_length : i));
    i += end_length;
    begin = i;
  }
  if (begin < text.size()) lines.push_back(text.substring(begin, text.size()));
  return lines;
}

}  // namespace ganglion::jinja
