#include "cli/line_buffer.h"

#include <unicode/uchar.h>

#include <algorithm>
#include <array>
#include <utility>

#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr std::string_view kPasteBegin = "\x1b[200~";
constexpr std::string_view kPasteEnd = "\x1b[201~";

struct Sequence {
  std::string_view bytes;
  KeyKind kind;
};

constexpr std::array<Sequence, 30> kSequences = {{
    {"\x1b[A", KeyKind::kUp},
    {"\x1bOA", KeyKind::kUp},
    {"\x1b[B", KeyKind::kDown},
    {"\x1bOB", KeyKind::kDown},
    {"\x1b[C", KeyKind::kRight},
    {"\x1bOC", KeyKind::kRight},
    {"\x1b[D", KeyKind::kLeft},
    {"\x1bOD", KeyKind::kLeft},
    {"\x1b[H", KeyKind::kHome},
    {"\x1bOH", KeyKind::kHome},
    {"\x1b[1~", KeyKind::kHome},
    {"\x1b[7~", KeyKind::kHome},
    {"\x1b[F", KeyKind::kEnd},
    {"\x1bOF", KeyKind::kEnd},
    {"\x1b[4~", KeyKind::kEnd},
    {"\x1b[8~", KeyKind::kEnd},
    {"\x1b[3~", KeyKind::kDelete},
    {"\x1b[1;5C", KeyKind::kWordRight},
    {"\x1b[1;5D", KeyKind::kWordLeft},
    {"\x1b[1;3C", KeyKind::kWordRight},
    {"\x1b[1;3D", KeyKind::kWordLeft},
    {"\x1b"
     "f",
     KeyKind::kWordRight},
    {"\x1b"
     "b",
     KeyKind::kWordLeft},
    {"\x1b\r", KeyKind::kNewline},
    {"\x1b\n", KeyKind::kNewline},
    {"\x1b\x7f", KeyKind::kKillWord},
    {"\x1b[5~", KeyKind::kUnknown},
    {"\x1b[6~", KeyKind::kUnknown},
    {"\x1b[2~", KeyKind::kUnknown},
    {"\x1b[13;2u", KeyKind::kNewline},
}};

KeyKind control_key(char c) {
  switch (c) {
    case '\r':
    case '\n':
      return KeyKind::kEnter;
    case 0x7F:
    case 0x08:
      return KeyKind::kBackspace;
    case 0x01:
      return KeyKind::kHome;
    case 0x02:
      return KeyKind::kLeft;
    case 0x03:
      return KeyKind::kInterrupt;
    case 0x04:
      return KeyKind::kEndOfInput;
    case 0x05:
      return KeyKind::kEnd;
    case 0x06:
      return KeyKind::kRight;
    case 0x0B:
      return KeyKind::kKillToEnd;
    case 0x0C:
      return KeyKind::kClearScreen;
    case 0x0E:
      return KeyKind::kDown;
    case 0x10:
      return KeyKind::kUp;
    case 0x15:
      return KeyKind::kKillToBegin;
    case 0x17:
      return KeyKind::kKillWord;
    default:
      return KeyKind::kUnknown;
  }
}

// Line ends as "\n"; other control characters, which would upset the terminal, are left out.
std::string clean_paste(std::string_view pasted) {
  std::string text;
  for (size_t i = 0; i < pasted.size(); ++i) {
    const char c = pasted[i];
    if (c == '\r') {
      if (i + 1 < pasted.size() && pasted[i + 1] == '\n') continue;
      text += '\n';
    } else if (c == '\n' || c == '\t' || static_cast<unsigned char>(c) >= 0x20) {
      if (c != 0x7F) text += c;
    }
  }
  while (text.ends_with('\n')) text.pop_back();
  return find_invalid_utf8(text) == std::string::npos ? text : std::string();
}

// Of an unknown sequence "ESC [ … final", or "ESC x"; 0 when it is cut off.
size_t sequence_length(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  if (bytes[1] != '[' && bytes[1] != 'O') return 2;
  for (size_t i = 2; i < bytes.size(); ++i) {
    if (bytes[i] >= 0x40 && bytes[i] <= 0x7E) return i + 1;
  }
  return 0;
}

}  // namespace

bool KeyDecoder::next_escape(Key& key, bool is_all) {
  if (pending_.starts_with(kPasteBegin)) {
    const size_t end = pending_.find(kPasteEnd);
    if (end == std::string::npos) return false;
    key = {KeyKind::kText, clean_paste(std::string_view(pending_).substr(
                               kPasteBegin.size(), end - kPasteBegin.size()))};
    pending_.erase(0, end + kPasteEnd.size());
    return true;
  }
  for (const Sequence& sequence : kSequences) {
    if (!pending_.starts_with(sequence.bytes)) continue;
    key.kind = sequence.kind;
    pending_.erase(0, sequence.bytes.size());
    return true;
  }
  size_t length = sequence_length(pending_);
  if (length == 0 && !is_all) return false;
  if (length == 0) length = pending_.size();
  pending_.erase(0, length);
  return true;
}

bool KeyDecoder::next(Key& key, bool is_all) {
  key = {};
  if (pending_.empty()) return false;
  const auto first = static_cast<unsigned char>(pending_[0]);
  if (first == 0x1B) return next_escape(key, is_all);
  if (first < 0x20 || first == 0x7F) {
    key.kind = first == '\t' ? KeyKind::kText : control_key(pending_[0]);
    if (first == '\t') key.text = "  ";
    pending_.erase(0, 1);
    return true;
  }
  const size_t length = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  if (pending_.size() < length && !is_all) return false;
  std::string character = pending_.substr(0, length);
  const bool is_valid = find_invalid_utf8(character) == std::string::npos;
  pending_.erase(0, is_valid ? length : 1);
  if (is_valid) key = {KeyKind::kText, std::move(character)};
  return true;
}

size_t LineBuffer::left_of(size_t offset) const {
  if (offset == 0) return 0;
  do --offset;
  while (offset > 0 && (text_[offset] & 0xC0) == 0x80);
  return offset;
}

size_t LineBuffer::right_of(size_t offset) const {
  if (offset >= text_.size()) return text_.size();
  return offset + decode_utf8(text_, offset).num_bytes;
}

size_t LineBuffer::word_left() const {
  size_t offset = cursor_;
  while (offset > 0 && is_space(decode_utf8(text_, left_of(offset)).value))
    offset = left_of(offset);
  while (offset > 0 && !is_space(decode_utf8(text_, left_of(offset)).value))
    offset = left_of(offset);
  return offset;
}

size_t LineBuffer::word_right() const {
  size_t offset = cursor_;
  while (offset < text_.size() && is_space(decode_utf8(text_, offset).value))
    offset = right_of(offset);
  while (offset < text_.size() && !is_space(decode_utf8(text_, offset).value))
    offset = right_of(offset);
  return offset;
}

void LineBuffer::erase(size_t begin, size_t end) {
  text_.erase(begin, end - begin);
  cursor_ = begin;
}

void LineBuffer::set_text(std::string text) {
  text_ = std::move(text);
  cursor_ = text_.size();
}

void LineBuffer::browse(int step) {
  if (history_.empty()) return;
  const size_t current = std::min(entry_, history_.size());
  if ((step < 0 && current == 0) || (step > 0 && current == history_.size())) return;
  if (current == history_.size()) own_text_ = text_;
  entry_ = step < 0 ? current - 1 : current + 1;
  set_text(entry_ == history_.size() ? own_text_ : history_[entry_]);
}

void LineBuffer::apply(const Key& key) {
  switch (key.kind) {
    case KeyKind::kText:
      text_.insert(cursor_, key.text);
      cursor_ += key.text.size();
      break;
    case KeyKind::kNewline:
      text_.insert(cursor_, 1, '\n');
      ++cursor_;
      break;
    case KeyKind::kBackspace:
      erase(left_of(cursor_), cursor_);
      break;
    case KeyKind::kDelete:
      erase(cursor_, right_of(cursor_));
      break;
    case KeyKind::kLeft:
      cursor_ = left_of(cursor_);
      break;
    case KeyKind::kRight:
      cursor_ = right_of(cursor_);
      break;
    case KeyKind::kUp:
      browse(-1);
      break;
    case KeyKind::kDown:
      browse(1);
      break;
    case KeyKind::kHome:
      cursor_ = 0;
      break;
    case KeyKind::kEnd:
      cursor_ = text_.size();
      break;
    case KeyKind::kWordLeft:
      cursor_ = word_left();
      break;
    case KeyKind::kWordRight:
      cursor_ = word_right();
      break;
    case KeyKind::kKillToBegin:
      erase(0, cursor_);
      break;
    case KeyKind::kKillToEnd:
      erase(cursor_, text_.size());
      break;
    case KeyKind::kKillWord:
      erase(word_left(), cursor_);
      break;
    default:
      break;
  }
}

int column_width(char32_t code_point) {
  const auto c = static_cast<UChar32>(code_point);
  const int type = u_charType(c);
  if (type == U_NON_SPACING_MARK || type == U_ENCLOSING_MARK || type == U_FORMAT_CHAR) return 0;
  const int width = u_getIntPropertyValue(c, UCHAR_EAST_ASIAN_WIDTH);
  return width == U_EA_WIDE || width == U_EA_FULLWIDTH ? 2 : 1;
}

VisibleLine visible_line(std::string_view text, size_t cursor, size_t columns) {
  struct Cell {
    std::string_view bytes;
    size_t width;
  };
  std::vector<Cell> cells;
  size_t cursor_cell = 0;
  for (size_t i = 0; i < text.size();) {
    const DecodedCodePoint c = decode_utf8(text, i);
    if (i < cursor) cursor_cell = cells.size() + 1;
    if (c.value == '\n') {
      cells.push_back({"⏎", 1});
    } else if (is_control(c.value)) {
      cells.push_back({"�", 1});
    } else {
      cells.push_back({text.substr(i, c.num_bytes), static_cast<size_t>(column_width(c.value))});
    }
    i += c.num_bytes;
  }
  // From the cursor to the left as far as it fits, then to the right.
  size_t begin = cursor_cell;
  size_t width = 1;  // the cursor itself, behind the text
  while (begin > 0 && width + cells[begin - 1].width <= columns) width += cells[--begin].width;
  VisibleLine line;
  line.cursor_column = width - 1;
  size_t end = cursor_cell;
  while (end < cells.size() && width + cells[end].width <= columns + 1) width += cells[end++].width;
  for (size_t i = begin; i < end; ++i) line.text += cells[i].bytes;
  return line;
}

}  // namespace ganglion
