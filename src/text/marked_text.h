// Text that remembers which of its bytes came from outside: in a rendered chat template, what a
// user wrote as against the template's own frame. Only the frame may spell control tokens.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace ganglion {

// A longest run of one origin.
struct TextSegment {
  std::string text;
  bool is_data = false;  // came from outside; else from the frame
  bool operator==(const TextSegment&) const = default;
};

// A value type; at most 4 GiB (asserted).
class MarkedText {
 public:
  MarkedText() = default;
  explicit MarkedText(std::string text, bool is_data = false);

  const std::string& text() const { return text_; }
  size_t size() const { return text_.size(); }
  bool empty() const { return text_.empty(); }
  // Of the byte at `offset` < size().
  bool is_data_at(size_t offset) const;
  // Whether the last byte is data; false when empty.
  bool ends_in_data() const { return borders_.size() % 2 != 0; }

  void append(std::string_view text, bool is_data);
  void append(const MarkedText& other);
  // Bytes [begin, end) of `other`; begin <= end <= other.size().
  void append(const MarkedText& other, size_t begin, size_t end);
  MarkedText substring(size_t begin, size_t end) const;

  // In order, none empty, neighbours of different origin.
  std::vector<TextSegment> segments() const;

  // Calls visit(begin, end, is_data) for each run within bytes [begin, end), in order.
  template <typename Visitor>
  void for_each_run(size_t begin, size_t end, const Visitor& visit) const;

 private:
  size_t first_border_after(size_t offset) const;

  std::string text_;
  std::vector<uint32_t>
      borders_;  // byte offsets where the origin changes; the text begins as frame
};

template <typename Visitor>
void MarkedText::for_each_run(size_t begin, size_t end, const Visitor& visit) const {
  size_t border = first_border_after(begin);
  while (begin < end) {
    const size_t run_end =
        border < borders_.size() && borders_[border] < end ? borders_[border] : end;
    visit(begin, run_end, border % 2 != 0);
    begin = run_end;
    ++border;
  }
}

}  // namespace ganglion
