// A static trie over bytes: the longest-match walk of a tokenizer.
// Children of a node have consecutive ids (breadth-first), so an edge costs one byte; nodes with
// many children find them by a bitmap and a population count. A double array was rejected: its
// placement search has no bound on a hostile vocabulary.
#pragma once

#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace ganglion {

// Immutable after construction; thread-safe.
class ByteTrie {
 public:
  using Node = uint32_t;
  static constexpr Node kRoot = 0;
  static constexpr Node kNone = UINT32_MAX;
  static constexpr int32_t kNoValue = -1;

  ByteTrie() : ByteTrie(std::vector<std::pair<std::string_view, int32_t>>{}) {}
  // Values are at least 0. Of equal keys the last one counts. Takes time and memory linear in the
  // bytes of the keys (about 12 bytes a node), plus the sort; keys may be freed afterwards.
  explicit ByteTrie(std::vector<std::pair<std::string_view, int32_t>> entries);

  // kNone when `node` has no such child.
  Node child(Node node, uint8_t byte) const {
    const Record record = records_[node];
    if (record.bitmap != kNoBitmap) return child_by_bitmap(record, byte);
    for (uint32_t i = 0; i < record.num_children; ++i) {
      if (labels_[record.first_child + i] == byte) return record.first_child + i;
    }
    return kNone;
  }

  // kNoValue when no key ends at `node`.
  int32_t value(Node node) const { return records_[node].value; }

  // The value of the key `text`, or kNoValue.
  int32_t find(std::string_view text) const;

  size_t num_nodes() const { return records_.size(); }

 private:
  static constexpr uint16_t kNoBitmap = UINT16_MAX;
  static constexpr uint32_t kMaxLinear = 4;  // children that are searched one by one

  struct Record {
    uint32_t first_child = 0;
    int32_t value = kNoValue;
    uint16_t num_children = 0;
    uint16_t bitmap = kNoBitmap;
  };
  struct Bitmap {
    std::array<uint64_t, 4> bits = {};
    std::array<uint8_t, 4> rank = {};  // children before each word
  };

  Node child_by_bitmap(const Record& record, uint8_t byte) const {
    const Bitmap& bitmap = bitmaps_[record.bitmap];
    const uint64_t word = bitmap.bits[byte / 64];
    const uint64_t bit = uint64_t{1} << (byte % 64);
    if ((word & bit) == 0) return kNone;
    return record.first_child + bitmap.rank[byte / 64] +
           static_cast<uint32_t>(std::popcount(word & (bit - 1)));
  }

  void add_bitmap(Record& record);

  std::vector<Record> records_;
  std::vector<uint8_t> labels_;  // of the edge into each node
  std::vector<Bitmap> bitmaps_;
};

}  // namespace ganglion
