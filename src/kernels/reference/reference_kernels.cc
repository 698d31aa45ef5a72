// The readable twin of every kernel: the definition the fast ones are tested against.
#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "kernels/expand_inl.h"
#include "kernels/kernel_table.h"
#include "kernels/reference/panel_product.h"
#include "tensor/half.h"

namespace ganglion {
namespace {

void gemm_f32(const GemmF32& gemm) {
  for (size_t m = 0; m < gemm.num_rows; ++m) {
    const float* a = gemm.a + m * gemm.a_stride;
    for (size_t n = 0; n < gemm.num_columns; ++n) {
      const float* w = gemm.panels + n / kPanelColumns * gemm.depth * kPanelColumns;
      float sum = 0.0F;
      for (size_t k = 0; k < gemm.depth; ++k)
        sum += a[k] * w[k * kPanelColumns + n % kPanelColumns];
      gemm.c[m * gemm.c_stride + n] = sum + (gemm.bias == nullptr ? 0.0F : gemm.bias[n]);
    }
  }
}

// The exact integer sum of one group.
int32_t dot_group(const GemmS8& gemm, size_t m, size_t n, size_t group) {
  const uint8_t* a = gemm.a + m * gemm.a_stride;
  const int8_t* w =
      gemm.panels +
      (n / kPanelColumns * gemm.num_steps() * kPanelColumns + n % kPanelColumns) * kDepthStep;
  const size_t end = std::min(gemm.depth, (group + 1) * gemm.group_depth);
  int32_t sum = 0;
  for (size_t k = group * gemm.group_depth; k < end; ++k) {
    sum += a[k] * w[k / kDepthStep * kPanelColumns * kDepthStep + k % kDepthStep];
  }
  return sum;
}

float element_s8(const GemmS8& gemm, size_t m, size_t n) {
  const size_t panel = n / kPanelColumns;
  const size_t lane = n % kPanelColumns;
  float value = gemm.bias == nullptr ? 0.0F : gemm.bias[n];
  for (size_t i = 0; i < gemm.num_outliers; ++i) {
    const float weight = gemm.w_outliers[(panel * gemm.num_outliers + i) * kPanelColumns + lane];
    value = std::fma(gemm.a_outliers[i * gemm.num_rows + m], weight, value);
  }
  const size_t num_groups = gemm.num_groups();
  for (size_t group = 0; group < num_groups; ++group) {
    const size_t at = (panel * num_groups + group) * kPanelColumns + lane;
    const int32_t sum = dot_group(gemm, m, n, group) - gemm.a_zero_point * gemm.column_sums[at];
    const float scale = gemm.a_scales[group * gemm.num_rows + m] * gemm.w_scales[at];
    value = std::fma(static_cast<float>(sum), scale, value);
  }
  return value;
}

void gemm_s8(const GemmS8& gemm) {
  for (size_t m = 0; m < gemm.num_rows; ++m) {
    for (size_t n = 0; n < gemm.num_columns; ++n) {
      gemm.c[m * gemm.c_stride + n] = element_s8(gemm, m, n);
    }
  }
}

// NaN if the group holds NaN or infinity.
float scale_of_group(const float* x, size_t size, float floor) {
  float high = 0.0F;
  for (size_t i = 0; i < size; ++i) {
    if (!std::isfinite(x[i])) return std::numeric_limits<float>::quiet_NaN();
    high = std::max(high, floor > 0 ? x[i] : std::fabs(x[i]));
  }
  if (floor == 0) return high / 127.0F;
  const float range = high + floor;
  const float steps_of_floor = std::floor(255.0F * floor / range);
  return steps_of_floor >= 1.0F ? floor / steps_of_floor : range / 255.0F;
}

void quantize_row(const QuantizeRow& row) {
  for (size_t first = 0; first < row.size; first += row.group_depth) {
    const size_t last = std::min(first + row.group_depth, row.size);
    const float scale = scale_of_group(row.x + first, last - first, row.floor);
    row.scales[first / row.group_depth * row.scale_stride] = scale;
    const float inverse = scale >= std::numeric_limits<float>::min() ? 1.0F / scale : 0.0F;
    const float zero = row.floor > 0 ? 0.0F : 128.0F;
    for (size_t i = first; i < last; ++i) {
      const float value = std::nearbyint((row.x[i] + row.floor) * inverse) + zero;
      row.q[i] = std::isnan(scale) ? 0 : static_cast<uint8_t>(std::clamp(value, 0.0F, 255.0F));
    }
  }
  for (size_t i = row.size; i % kDepthStep != 0; ++i) row.q[i] = 0;
}

void gelu(float* x, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const double value = static_cast<double>(x[i]);
    x[i] = static_cast<float>(0.5 * value * (1.0 + std::erf(value / std::sqrt(2.0))));
  }
}

void softmax(float* x, size_t size, float scale) {
  float largest = -std::numeric_limits<float>::infinity();
  for (size_t i = 0; i < size; ++i) largest = std::max(largest, x[i]);
  double sum = 0.0;
  for (size_t i = 0; i < size; ++i) {
    x[i] = std::exp((x[i] - largest) * scale);
    sum += static_cast<double>(x[i]);
  }
  for (size_t i = 0; i < size; ++i) x[i] = static_cast<float>(static_cast<double>(x[i]) / sum);
}

void layer_norm(const float* x, const float* residual, const float* weight, const float* bias,
                float epsilon, size_t size, float* out) {
  double sum = 0.0;
  for (size_t i = 0; i < size; ++i) {
    out[i] = x[i] + (residual == nullptr ? 0.0F : residual[i]);
    sum += static_cast<double>(out[i]);
  }
  const double mean = sum / static_cast<double>(size);
  double squares = 0.0;
  for (size_t i = 0; i < size; ++i) {
    squares += (static_cast<double>(out[i]) - mean) * (static_cast<double>(out[i]) - mean);
  }
  const double variance = squares / static_cast<double>(size);
  const double inverse = 1.0 / std::sqrt(variance + static_cast<double>(epsilon));
  for (size_t i = 0; i < size; ++i) {
    const double centred = (static_cast<double>(out[i]) - mean) * inverse;
    out[i] = static_cast<float>(centred * static_cast<double>(weight[i])) + bias[i];
  }
}

void gemm_rows(const GemmRows& gemm) {
  for (size_t m = 0; m < gemm.num_rows; ++m) {
    for (size_t n = 0; n < gemm.num_columns; ++n) {
      double sum = 0.0;
      for (size_t k = 0; k < gemm.depth; ++k) {
        sum += static_cast<double>(gemm.a[m * gemm.a_stride + k]) *
               static_cast<double>(gemm.w[n * gemm.w_stride + k]);
      }
      gemm.c[m * gemm.c_stride + n] =
          static_cast<float>(sum) + (gemm.bias == nullptr ? 0.0F : gemm.bias[n]);
    }
  }
}

void gemm_columns(const GemmColumns& gemm) {
  for (size_t m = 0; m < gemm.num_rows; ++m) {
    for (size_t n = 0; n < gemm.num_columns; ++n) {
      float& out = gemm.c[m * gemm.num_columns + n];
      float sum = gemm.adds ? out : 0.0F;
      for (size_t k = 0; k < gemm.depth; ++k) {
        sum = std::fma(gemm.a[m * gemm.a_stride + k], gemm.b[k * gemm.num_columns + n], sum);
      }
      out = sum;
    }
  }
}

void gemm_pairs(const GemmPairs& gemm) {
  for (size_t m = 0; m < gemm.num_rows; ++m) {
    for (size_t n = 0; n < gemm.num_columns; ++n) {
      float& out = gemm.c[m * gemm.num_columns + n];
      float sum = gemm.adds ? out : 0.0F;
      for (size_t k = 0; k < gemm.depth; k += 2) {
        const uint16_t* a = gemm.a + m * gemm.a_stride + k;
        const uint16_t* b = gemm.b + (k / 2 * gemm.b_stride + n) * 2;
        sum = std::fma(f32_from_bf16(a[1]), f32_from_bf16(b[1]), sum);
        sum = std::fma(f32_from_bf16(a[0]), f32_from_bf16(b[0]), sum);
      }
      out = sum;
    }
  }
}

void softmax_step(const SoftmaxStep& step) {
  for (size_t m = 0; m < step.num_rows; ++m) {
    float* scores = step.scores + m * kAttentionBlock;
    const BlockRange counted = step.counted[m];
    float largest = step.largest[m];
    for (size_t i = counted.first; i < counted.last; ++i) {
      if (step.soft_cap > 0) scores[i] = step.soft_cap * std::tanh(scores[i] / step.soft_cap);
      largest = std::max(largest, scores[i]);
    }
    step.factors[m] = std::exp2(step.largest[m] - largest);
    step.largest[m] = largest;
    for (size_t lane = 0; lane < 16; ++lane) step.sums[m * 16 + lane] *= step.factors[m];
    for (size_t i = 0; i < kAttentionBlock; ++i) {
      const bool counts = counted.first <= i && i < counted.last;
      scores[i] = counts ? std::exp2(scores[i] - largest) : 0.0F;
      step.sums[m * 16 + i % 16] += scores[i];
    }
  }
}

void softmax_step_u8(const SoftmaxStep& step, const QuantizedWeights& out) {
  softmax_step(step);
  for (size_t m = 0; m < step.num_rows; ++m) {
    float* weights = step.scores + m * kAttentionBlock;
    const BlockRange counted = step.counted[m];
    float most = 0.0F;
    for (size_t i = counted.first; i < counted.last; ++i) {
      weights[i] *= out.value_scales[i];
      most = std::max(most, weights[i]);
      if (!std::isfinite(out.value_scales[i])) step.sums[m * 16 + i % 16] = out.value_scales[i];
    }
    out.scales[m] = most / 255.0F;
    for (size_t i = 0; i < kAttentionBlock; ++i) {
      const bool is_there = weights[i] > 0 && std::isfinite(weights[i]);
      const float q = is_there ? weights[i] * (255.0F / most) : 0.0F;
      out.q[m * kAttentionBlock + i] = static_cast<uint8_t>(std::nearbyint(q));
    }
  }
}

void score_keys(const ScoreKeys& keys) {
  const size_t num_groups = keys.head_dim / kGroupInputs;
  for (size_t m = 0; m < keys.num_rows; ++m) {
    const int8_t* query = keys.queries.q + m * keys.head_dim;
    for (size_t n = 0; n < kAttentionBlock; ++n) {
      float score = 0.0F;
      for (size_t group = 0; group < num_groups; ++group) {
        int32_t sum = 0;
        for (size_t i = group * kGroupInputs; i < (group + 1) * kGroupInputs; ++i) {
          const int code = keys.quads[(i / 4 * kAttentionBlock + n) * 4 + i % 4];
          sum += query[i] * (code - 128);
        }
        score = std::fma(static_cast<float>(sum) * keys.scales[group * kAttentionBlock + n],
                         keys.queries.scales[m * num_groups + group], score);
      }
      keys.scores[m * kAttentionBlock + n] = score;
    }
  }
}

void mix_values(const MixValues& values) {
  for (size_t m = 0; m < values.num_rows; ++m) {
    for (size_t i = 0; i < values.head_dim; ++i) {
      int32_t sum = 0;
      for (size_t n = 0; n < kAttentionBlock; ++n) {
        sum += values.weights[m * kAttentionBlock + n] *
               values.quads[(n / 4 * values.head_dim + i) * 4 + n % 4];
      }
      float& out = values.mixed[m * values.head_dim + i];
      out = std::fma(static_cast<float>(sum), values.scales[m], out * values.factors[m]);
    }
  }
}

float sum_lanes(const float* lanes) { return std::accumulate(lanes, lanes + 16, 0.0F); }

void rms_norm(const float* x, const float* weight, float epsilon, size_t size, float* out) {
  double squares = 0.0;
  for (size_t i = 0; i < size; ++i)
    squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  const double mean = squares / static_cast<double>(size);
  const double inverse = 1.0 / std::sqrt(mean + static_cast<double>(epsilon));
  for (size_t i = 0; i < size; ++i) {
    out[i] =
        static_cast<float>(static_cast<double>(x[i]) * inverse * static_cast<double>(weight[i]));
  }
}

void silu(float* x, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const auto value = static_cast<double>(x[i]);
    x[i] = static_cast<float>(value / (1.0 + std::exp(-value)));
  }
}

void gelu_tanh(float* x, size_t size) {
  for (size_t i = 0; i < size; ++i) {
    const auto value = static_cast<double>(x[i]);
    const double u = 0.7978845608028654 * (value + 0.044715 * value * value * value);
    x[i] = static_cast<float>(0.5 * value * (1.0 + std::tanh(u)));
  }
}

void soft_cap(float* x, size_t size, float cap) {
  for (size_t i = 0; i < size; ++i) x[i] = cap * std::tanh(x[i] / cap);
}

struct Reference {};

}  // namespace

const KernelTable& reference_kernels() {
  static constexpr KernelTable kTable = {
      "reference",
      1,
      gemm_f32,
      gemm_s8,
      quantize_row,
      gelu,
      softmax,
      layer_norm,
      gemm_rows,
      gemm_columns,
      gemm_pairs,
      softmax_step,
      softmax_step_u8,
      score_keys,
      mix_values,
      sum_lanes,
      rms_norm,
      silu,
      gelu_tanh,
      soft_cap,
      Expand<Reference>::run,
      reference::quantize_activations,
      reference::round_to_bf16,
      reference::multiply_panels,
  };
  return kTable;
}

}  // namespace ganglion
