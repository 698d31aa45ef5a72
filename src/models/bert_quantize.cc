// Bert::quantize: which inputs stay in float, and the packing of the others.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/check.h"
#include "models/bert.h"
#include "nn/compute.h"

namespace ganglion {
namespace {

// Four of 384 keep all-MiniLM-L6-v2 at a cosine of 0.9991 or more to float32 on 500 sentences; none
// gives 0.997, eight no more than four.
constexpr size_t kNumOutliers = 4;

// Inputs that share a scale: of the normed vectors, whose outliers are apart, and of what attention
// and activation give. docs/decisions/kernels.md has the cosines of other choices.
constexpr size_t kNormedGroup = 192;
constexpr size_t kInnerGroup = 64;

// The columns of `hidden` [T, H] with the largest absolute values.
std::vector<size_t> find_outliers(std::span<const float> hidden, size_t hidden_size) {
  std::vector<float> largest(hidden_size, 0.0F);
  for (size_t i = 0; i < hidden.size(); ++i) {
    largest[i % hidden_size] = std::max(largest[i % hidden_size], std::fabs(hidden[i]));
  }
  std::vector<size_t> order(hidden_size);
  std::iota(order.begin(), order.end(), size_t{0});
  const size_t count = std::min(kNumOutliers, hidden_size);
  std::partial_sort(order.begin(), order.begin() + static_cast<std::ptrdiff_t>(count), order.end(),
                    [&](size_t a, size_t b) { return largest[a] > largest[b]; });
  order.resize(count);
  return order;
}

// GELU is never below -0.169972.
constexpr float kGeluFloor = 0.17F;

}  // namespace

void Bert::quantize(const KernelTable& kernels, const TokenBatch& batch) {
  GANGLION_ASSERT(!batch.ids.empty());
  const TokenRange all = {0, batch.ids.size()};
  std::vector<float> hidden(all.end * config_.hidden_size);
  BertScratch scratch;
  prepare(batch, scratch);
  float* qkv = make_room(scratch.qkv, all.end * 3 * config_.hidden_size);
  const Pass pass = {batch, hidden.data(), {qkv, qkv}, &scratch.angles, [] {}};
  embed(kernels, pass, all);
  for (Layer& layer : layers_) {
    std::vector<size_t> of_attention = find_outliers(hidden, config_.hidden_size);
    attend(kernels, layer, pass, all, qkv, scratch);
    std::vector<size_t> of_feed_forward = find_outliers(hidden, config_.hidden_size);
    feed_forward(kernels, layer, batch.ids.size(), hidden.data(), scratch);
    layer.query_key_value.quantize(kNormedGroup, std::move(of_attention), 0.0F);
    layer.attention_output.quantize(kInnerGroup, {}, 0.0F);
    layer.up.quantize(kNormedGroup, std::move(of_feed_forward), 0.0F);
    layer.down.quantize(kInnerGroup, {}, config_.gate == Gate::kNone ? kGeluFloor : 0.0F);
  }
  precision_ = Precision::kS8;
}

}  // namespace ganglion
