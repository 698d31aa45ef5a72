#include "text/marked_text.h"

#include <algorithm>
#include <limits>
#include <utility>

#include "base/check.h"

namespace ganglion {

MarkedText::MarkedText(std::string text, bool is_data) : text_(std::move(text)) {
  GANGLION_ASSERT(text_.size() <= std::numeric_limits<uint32_t>::max());
  if (is_data && !text_.empty()) borders_.push_back(0);
}

size_t MarkedText::first_border_after(size_t offset) const {
  return static_cast<size_t>(std::upper_bound(borders_.begin(), borders_.end(), offset) -
                             borders_.begin());
}

bool MarkedText::is_data_at(size_t offset) const { return first_border_after(offset) % 2 != 0; }

void MarkedText::append(std::string_view text, bool is_data) {
  if (text.empty()) return;
  GANGLION_ASSERT(text.size() <= std::numeric_limits<uint32_t>::max() - text_.size());
  if (is_data != ends_in_data()) borders_.push_back(static_cast<uint32_t>(text_.size()));
  text_.append(text);
}

void MarkedText::append(const MarkedText& other) { append(other, 0, other.size()); }

void MarkedText::append(const MarkedText& other, size_t begin, size_t end) {
  GANGLION_ASSERT(begin <= end && end <= other.size() && this != &other);
  const std::string_view text = other.text_;
  other.for_each_run(begin, end, [&](size_t run_begin, size_t run_end, bool is_data) {
    append(text.substr(run_begin, run_end - run_begin), is_data);
  });
}

MarkedText MarkedText::substring(size_t begin, size_t end) const {
  MarkedText part;
  part.append(*this, begin, end);
  return part;
}

std::vector<TextSegment> MarkedText::segments() const {
  std::vector<TextSegment> segments;
  for_each_run(0, size(), [&](size_t begin, size_t end, bool is_data) {
    segments.push_back({text_.substr(begin, end - begin), is_data});
  });
  return segments;
}

}  // namespace ganglion
