#include "tokenizer/byte_trie.h"

#include <algorithm>

namespace ganglion {
namespace {

// The entries below one node: [begin, end) share their first `depth` bytes.
struct Range {
  uint32_t begin;
  uint32_t end;
};

}  // namespace

ByteTrie::ByteTrie(std::vector<std::pair<std::string_view, int32_t>> entries) {
  std::stable_sort(entries.begin(), entries.end(),
                   [](const auto& a, const auto& b) { return a.first < b.first; });
  records_.emplace_back();
  labels_.push_back(0);
  std::vector<Range> level = {{0, static_cast<uint32_t>(entries.size())}};
  std::vector<Range> next_level;
  Node node = kRoot;
  for (size_t depth = 0; !level.empty(); ++depth) {
    next_level.clear();
    for (const Range range : level) {
      uint32_t begin = range.begin;
      for (; begin < range.end && entries[begin].first.size() == depth; ++begin) {
        records_[node].value = entries[begin].second;
      }
      records_[node].first_child = static_cast<uint32_t>(records_.size());
      while (begin < range.end) {
        const char label = entries[begin].first[depth];
        uint32_t end = begin;
        while (end < range.end && entries[end].first[depth] == label) ++end;
        next_level.push_back({begin, end});
        records_.emplace_back();
        labels_.push_back(static_cast<uint8_t>(label));
        ++records_[node].num_children;
        begin = end;
      }
      add_bitmap(records_[node]);
      ++node;
    }
    level.swap(next_level);
  }
}

void ByteTrie::add_bitmap(Record& record) {
  if (record.num_children <= kMaxLinear || bitmaps_.size() >= kNoBitmap) return;
  Bitmap bitmap;
  for (uint32_t i = 0; i < record.num_children; ++i) {
    const uint8_t label = labels_[record.first_child + i];
    bitmap.bits[label / 64] |= uint64_t{1} << (label % 64);
  }
  for (size_t word = 1; word < 4; ++word) {
    bitmap.rank[word] =
        static_cast<uint8_t>(bitmap.rank[word - 1] + std::popcount(bitmap.bits[word - 1]));
  }
  record.bitmap = static_cast<uint16_t>(bitmaps_.size());
  bitmaps_.push_back(bitmap);
}

int32_t ByteTrie::find(std::string_view text) const {
  Node node = kRoot;
  for (const char byte : text) {
    node = child(node, static_cast<uint8_t>(byte));
    if (node == kNone) return kNoValue;
  }
  return value(node);
}

}  // namespace ganglion
