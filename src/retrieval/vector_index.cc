#include "retrieval/vector_index.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace ganglion {
namespace {

// Appends the codes of `vector` and returns their scale.
float quantise(std::span<const float> vector, std::vector<int8_t>& codes) {
  float largest = 0;
  for (const float value : vector) largest = std::max(largest, std::abs(value));
  const float scale = largest / 127;
  for (const float value : vector) {
    codes.push_back(static_cast<int8_t>(scale > 0 ? std::lround(value / scale) : 0));
  }
  return scale;
}

// Four sums, so that the additions need not wait for one another; their order is fixed.
float dot(const float* a, const float* b, size_t size) {
  float sums[4] = {0, 0, 0, 0};
  size_t i = 0;
  for (; i + 4 <= size; i += 4) {
    for (size_t lane = 0; lane < 4; ++lane) sums[lane] += a[i + lane] * b[i + lane];
  }
  for (; i < size; ++i) sums[0] += a[i] * b[i];
  return (sums[0] + sums[1]) + (sums[2] + sums[3]);
}

int32_t dot(const int8_t* a, const int8_t* b, size_t size) {
  int32_t sum = 0;
  for (size_t i = 0; i < size; ++i) sum += int32_t{a[i]} * b[i];
  return sum;
}

}  // namespace

VectorIndex::VectorIndex(size_t hidden_size, VectorPrecision precision)
    : hidden_size_(hidden_size), precision_(precision) {}

uint32_t VectorIndex::add(std::span<const float> vector) {
  GANGLION_ASSERT(vector.size() == hidden_size_);
  if (precision_ == VectorPrecision::kInt8) {
    scales_.push_back(quantise(vector, codes_));
  } else {
    floats_.insert(floats_.end(), vector.begin(), vector.end());
  }
  return static_cast<uint32_t>(size_++);
}

std::vector<ScoredIndex> VectorIndex::search(std::span<const float> query, size_t count) const {
  GANGLION_ASSERT(query.size() == hidden_size_);
  std::vector<ScoredIndex> scored;
  scored.reserve(size_);
  std::vector<int8_t> query_codes;
  const float query_scale =
      precision_ == VectorPrecision::kInt8 ? quantise(query, query_codes) : 0.0F;
  for (size_t i = 0; i < size_; ++i) {
    float score = 0;
    if (precision_ == VectorPrecision::kInt8) {
      const int32_t sum = dot(&codes_[i * hidden_size_], query_codes.data(), hidden_size_);
      score = static_cast<float>(sum) * scales_[i] * query_scale;
    } else {
      score = dot(&floats_[i * hidden_size_], query.data(), hidden_size_);
    }
    scored.push_back({static_cast<uint32_t>(i), score});
  }
  keep_best(scored, count);
  return scored;
}

}  // namespace ganglion
