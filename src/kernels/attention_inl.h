// The kernels of attention to a cache of keys and values, block by block, written once for any type
// of sixteen lanes. Included by each instruction set's own source only. All instruction sets give
// the same bits: what is summed over positions are integers, or goes to lane i % 16.
#pragma once

#include <algorithm>
#include <cstddef>

#include "kernels/kernel_table.h"
#include "kernels/rowwise_inl.h"

namespace ganglion {

// The sums of kScoreRows by kScoreLanes of Lanes, as integers and floats, and of kMixRows by
// kMixLanes as integers stay in registers.
template <typename Lanes, size_t kScoreRows, size_t kScoreLanes, size_t kMixRows, size_t kMixLanes>
struct AttentionKernels {
  using Row = Rowwise<Lanes>;
  using Words = typename Lanes::Words;
  static constexpr size_t kVectors = kAttentionBlock / kNumLanes;

  static void score_keys(const ScoreKeys& keys) {
    static_assert(kVectors % kScoreLanes == 0);
    for (size_t n = 0; n < kAttentionBlock; n += kScoreLanes * kNumLanes) {
      size_t m = 0;
      for (; m + kScoreRows <= keys.num_rows; m += kScoreRows) score_tile<kScoreRows>(keys, m, n);
      score_rest<kScoreRows - 1>(keys, m, n);
    }
  }

  static void mix_values(const MixValues& values) {
    size_t n = 0;
    for (; n + kMixLanes * kNumLanes <= values.head_dim; n += kMixLanes * kNumLanes) {
      mix_rows<kMixLanes>(values, n);
    }
    for (; n < values.head_dim; n += kNumLanes) mix_rows<1>(values, n);
  }

  static void softmax_step(const SoftmaxStep& step) {
    raise_largest(step);
    for (size_t m = 0; m < step.num_rows; ++m) {
      float* scores = step.scores + m * kAttentionBlock;
      Lanes weights[kVectors];
      weigh<6>(step, m, weights);
#pragma GCC unroll 8
      for (size_t j = 0; j < kVectors; ++j) weights[j].store(scores + j * kNumLanes);
      if (!step.counted[m].is_whole()) {
        fill_uncounted(step.counted[m], 0.0F, scores);
        load(scores, weights);
      }
      add_sums(step, m, weights);
    }
  }

  static void softmax_step_u8(const SoftmaxStep& step, const QuantizedWeights& out) {
    raise_largest(step);
    for (size_t m = 0; m < step.num_rows; ++m) {
      // The polynomial of degree 3 is within 7.5e-5, half a step of 8 bits 2e-3 of the largest.
      Lanes weights[kVectors];
      weigh<3>(step, m, weights);
      if (step.counted[m].is_whole()) {
        quantize(step, m, weights, out.value_scales, out);
      } else {
        quantize_part(step, m, weights, out);
      }
    }
  }

 private:
  [[gnu::always_inline]] static void load(const float* x, Lanes (&out)[kVectors]) {
#pragma GCC unroll 8
    for (size_t j = 0; j < kVectors; ++j) out[j] = Lanes::load(x + j * kNumLanes);
  }

  // Sets the rows' factors. A loop of its own, as a row's largest score takes long to be known.
  static void raise_largest(const SoftmaxStep& step) {
    for (size_t m = 0; m < step.num_rows; ++m) {
      step.factors[m] = 1.0F;
      float* scores = step.scores + m * kAttentionBlock;
      if (step.soft_cap > 0) Row::soft_cap(scores, kAttentionBlock, step.soft_cap);
      if (!step.counted[m].is_whole()) fill_uncounted(step.counted[m], kNoScore, scores);
      Lanes highest = Lanes::broadcast(step.largest[m]);
#pragma GCC unroll 8
      for (size_t j = 0; j < kVectors; ++j) {
        highest = max(highest, Lanes::load(scores + j * kNumLanes));
      }
      const float top = largest(highest);
      if (top == step.largest[m]) continue;
      step.factors[m] = first(Row::exp2(max(lowest(), Lanes::broadcast(step.largest[m] - top))));
      step.largest[m] = top;
    }
  }

  // Of what exp2 takes.
  static Lanes lowest() { return Lanes::broadcast(-125.0F); }

  template <int kDegree>
  [[gnu::always_inline]] static void weigh(const SoftmaxStep& step, size_t m,
                                           Lanes (&weights)[kVectors]) {
    const Lanes shift = Lanes::broadcast(step.largest[m]);
    load(step.scores + m * kAttentionBlock, weights);
#pragma GCC unroll 8
    for (size_t j = 0; j < kVectors; ++j) {
      weights[j] = Row::template exp2<kDegree>(max(lowest(), weights[j] - shift));
    }
  }

  [[gnu::always_inline]] static void add_sums(const SoftmaxStep& step, size_t m,
                                              const Lanes (&weights)[kVectors]) {
    float* row = step.sums + m * kNumLanes;
    Lanes sums = Lanes::load(row) * Lanes::broadcast(step.factors[m]);
#pragma GCC unroll 8
    for (size_t j = 0; j < kVectors; ++j) sums = sums + weights[j];
    sums.store(row);
  }

  [[gnu::always_inline]] static void quantize(const SoftmaxStep& step, size_t m,
                                              Lanes (&weights)[kVectors], const float* value_scales,
                                              const QuantizedWeights& out) {
    Lanes scaled[kVectors];
    Lanes highest = Lanes::broadcast(0.0F);
#pragma GCC unroll 8
    for (size_t j = 0; j < kVectors; ++j) {
      scaled[j] = weights[j] * Lanes::load(value_scales + j * kNumLanes);
      // A scale that is not finite makes the sum NaN.
      weights[j] = fma(scaled[j], Lanes::broadcast(0.0F), weights[j]);
      highest = max(highest, scaled[j]);
    }
    add_sums(step, m, weights);
    const float most = largest(highest);
    constexpr float kLeast = 1e-30F;  // below, nothing of the weights is left
    out.scales[m] = most > kLeast ? most * (1.0F / 255.0F) : 0.0F;
    const Lanes inverse = Lanes::broadcast(most > kLeast ? 255.0F / most : 0.0F);
#pragma GCC unroll 8
    for (size_t j = 0; j < kVectors; ++j) scaled[j] = scaled[j] * inverse;
    store_bytes(scaled, out.q + m * kAttentionBlock);
  }

  // Of positions that do not count, the scale may be anything, NaN too.
  [[gnu::noinline]] static void quantize_part(const SoftmaxStep& step, size_t m,
                                              Lanes (&weights)[kVectors],
                                              const QuantizedWeights& out) {
    float value_scales[kAttentionBlock] = {};
    const BlockRange counted = step.counted[m];
    if (!counted.is_empty()) {
      std::copy(out.value_scales + counted.first, out.value_scales + counted.last,
                value_scales + counted.first);
    }
    float* scores = step.scores + m * kAttentionBlock;
#pragma GCC unroll 8
    for (size_t j = 0; j < kVectors; ++j) weights[j].store(scores + j * kNumLanes);
    fill_uncounted(counted, 0.0F, scores);
    load(scores, weights);
    quantize(step, m, weights, value_scales, out);
  }

  // A range that is empty is filled as a whole.
  static void fill_uncounted(BlockRange counted, float value, float* scores) {
    if (counted.is_empty()) counted.first = counted.last;
    std::fill_n(scores, counted.first, value);
    std::fill_n(scores + counted.last, kAttentionBlock - counted.last, value);
  }

  template <size_t kRows>
  static void score_rest(const ScoreKeys& keys, size_t m, size_t n) {
    if constexpr (kRows > 0) {
      if (keys.num_rows - m == kRows) return score_tile<kRows>(keys, m, n);
      score_rest<kRows - 1>(keys, m, n);
    }
  }

  // Without the pragmas GCC 12 keeps the sums on the stack.
  template <size_t kRows>
  static void score_tile(const ScoreKeys& keys, size_t m, size_t n) {
    const size_t num_groups = keys.head_dim / kGroupInputs;
    const int8_t* queries = keys.queries.q + m * keys.head_dim;
    Lanes scores[kRows][kScoreLanes];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t j = 0; j < kScoreLanes; ++j) scores[i][j] = Lanes::broadcast(0.0F);
    }
    for (size_t group = 0; group < num_groups; ++group) {
      Words sums[kRows][kScoreLanes];
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) {
        // Codes of keys lie 128 above their values.
        const int32_t minus_sum = keys.queries.minus_sums32[(m + i) * num_groups + group];
#pragma GCC unroll 8
        for (size_t j = 0; j < kScoreLanes; ++j) sums[i][j] = Lanes::broadcast_int(128 * minus_sum);
      }
      for (size_t k = group * kGroupInputs; k < (group + 1) * kGroupInputs; k += 4) {
        const uint8_t* quads = keys.quads + k * kAttentionBlock + n * 4;
        Words codes[kScoreLanes];
#pragma GCC unroll 8
        for (size_t j = 0; j < kScoreLanes; ++j) {
          codes[j] = Lanes::load_words(quads + j * kNumLanes * 4);
        }
#pragma GCC unroll 8
        for (size_t i = 0; i < kRows; ++i) {
          const Words four = Lanes::broadcast_word(queries + i * keys.head_dim + k);
#pragma GCC unroll 8
          for (size_t j = 0; j < kScoreLanes; ++j) {
            sums[i][j] = Lanes::add_quads(sums[i][j], codes[j], four);
          }
        }
      }
      const float* scales = keys.scales + group * kAttentionBlock + n;
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) {
        const Lanes scale = Lanes::broadcast(keys.queries.scales[(m + i) * num_groups + group]);
#pragma GCC unroll 8
        for (size_t j = 0; j < kScoreLanes; ++j) {
          const Lanes scaled = Lanes::to_float(sums[i][j]) * Lanes::load(scales + j * kNumLanes);
          scores[i][j] = fma(scaled, scale, scores[i][j]);
        }
      }
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t j = 0; j < kScoreLanes; ++j) {
        scores[i][j].store(keys.scores + (m + i) * kAttentionBlock + n + j * kNumLanes);
      }
    }
  }

  template <size_t kWidth>
  static void mix_rows(const MixValues& values, size_t n) {
    size_t m = 0;
    for (; m + kMixRows <= values.num_rows; m += kMixRows) mix_tile<kMixRows, kWidth>(values, m, n);
    mix_rest<kMixRows - 1, kWidth>(values, m, n);
  }

  template <size_t kRows, size_t kWidth>
  static void mix_rest(const MixValues& values, size_t m, size_t n) {
    if constexpr (kRows > 0) {
      if (values.num_rows - m == kRows) return mix_tile<kRows, kWidth>(values, m, n);
      mix_rest<kRows - 1, kWidth>(values, m, n);
    }
  }

  template <size_t kRows, size_t kWidth>
  static void mix_tile(const MixValues& values, size_t m, size_t n) {
    Words sums[kRows][kWidth];
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
#pragma GCC unroll 8
      for (size_t j = 0; j < kWidth; ++j) sums[i][j] = Lanes::broadcast_int(0);
    }
    for (size_t k = 0; k < kAttentionBlock; k += 4) {
      const int8_t* quads = values.quads + k * values.head_dim + n * 4;
      Words codes[kWidth];
#pragma GCC unroll 8
      for (size_t j = 0; j < kWidth; ++j) codes[j] = Lanes::load_words(quads + j * kNumLanes * 4);
#pragma GCC unroll 8
      for (size_t i = 0; i < kRows; ++i) {
        const Words four = Lanes::broadcast_word(values.weights + (m + i) * kAttentionBlock + k);
#pragma GCC unroll 8
        for (size_t j = 0; j < kWidth; ++j)
          sums[i][j] = Lanes::add_quads(sums[i][j], four, codes[j]);
      }
    }
#pragma GCC unroll 8
    for (size_t i = 0; i < kRows; ++i) {
      const Lanes scale = Lanes::broadcast(values.scales[m + i]);
      const Lanes factor = Lanes::broadcast(values.factors[m + i]);
#pragma GCC unroll 8
      for (size_t j = 0; j < kWidth; ++j) {
        float* mixed = values.mixed + (m + i) * values.head_dim + n + j * kNumLanes;
        fma(Lanes::to_float(sums[i][j]), scale, Lanes::load(mixed) * factor).store(mixed);
      }
    }
  }
};

}  // namespace ganglion
