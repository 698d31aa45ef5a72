// Nearest vectors by an exact scan: up to some ten thousand vectors faster than any graph.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "retrieval/bm25_index.h"

namespace ganglion {

enum class VectorPrecision {
  kFloat32,
  kInt8,  // a quarter of the memory; scores are off by about 0.005
};

// Vectors [size(), hidden_size]. Adding is not thread-safe, searching is.
class VectorIndex {
 public:
  explicit VectorIndex(size_t hidden_size, VectorPrecision precision = VectorPrecision::kFloat32);

  // Adds an L2-normalised vector [hidden_size] and returns its index.
  uint32_t add(std::span<const float> vector);

  // The `count` vectors with the largest dot product with `query` [hidden_size], largest first;
  // equal ones by index.
  std::vector<ScoredIndex> search(std::span<const float> query, size_t count) const;

  size_t size() const { return size_; }
  size_t hidden_size() const { return hidden_size_; }

 private:
  size_t hidden_size_;
  VectorPrecision precision_;
  size_t size_ = 0;
  std::vector<float> floats_;  // [size, hidden_size], or empty
  std::vector<int8_t> codes_;  // [size, hidden_size], or empty
  std::vector<float> scales_;  // [size]: value = code · scale
};

}  // namespace ganglion
