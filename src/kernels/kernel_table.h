// The kernels of one instruction set, as a table of plain functions.
// Letters: M rows (tokens), N columns (outputs), K depth (inputs). All matrices are row-major
// except packed weights (kernels/packed_matrix.h). Every output element is computed in one fixed
// order that depends on K (or the row's length) alone: a row gives the same bits alone and in a
// batch, and the fast tables give the same bits as each other.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "tensor/dtype.h"

namespace ganglion {

inline constexpr size_t kPanelColumns = 16;      // columns of a weight panel
inline constexpr size_t kDepthStep = 4;          // consecutive depths of an int8 panel
inline constexpr size_t kMaxGroupDepth = 65536;  // 255 * 127 times as much fits 32 bits

// c[m][n] = sum over k of a[m][k] * w[n][k], plus bias[n].
struct GemmF32 {
  const float* a = nullptr;  // [M, K], rows `a_stride` floats apart
  size_t a_stride = 0;
  const float* panels = nullptr;  // [N / 16 rounded up][K][16], 64-byte aligned
  const float* bias = nullptr;    // [N] or null
  float* c = nullptr;             // [M, N], rows `c_stride` floats apart
  size_t c_stride = 0;
  size_t num_rows = 0;     // M
  size_t num_columns = 0;  // N
  size_t depth = 0;        // K
};

// The same with weights as files hold them, row by row. Lane i of sixteen sums the products of
// inputs i, i + 16, …; the lanes are then summed in halves: (l0 + l8) + (l4 + l12) and so on.
struct GemmRows {
  const float* a = nullptr;  // [M, K], rows `a_stride` floats apart
  size_t a_stride = 0;
  const float* w = nullptr;  // [N, K], rows `w_stride` floats apart
  size_t w_stride = 0;
  const float* bias = nullptr;  // [N] or null
  float* c = nullptr;           // [M, N], rows `c_stride` floats apart
  size_t c_stride = 0;
  size_t num_rows = 0;     // M
  size_t num_columns = 0;  // N
  size_t depth = 0;        // K
};

// The same with 8-bit weights and activations in groups of `group_depth` inputs, each group with
// its own scale, and a few outlier inputs kept in float: c = bias[n]
//   + sum over o of a_outliers[o][m] * w_outliers[o][n]
//   + sum over g of (sum a*w - zero_point * column_sum[g][n]) * (a_scale[g][m] * w_scale[g][n]).
// The sums and the correction by the zero point are exact 32-bit integers, rounded once to float.
struct GemmS8 {
  const uint8_t* a = nullptr;            // [M, a_stride]
  size_t a_stride = 0;                   // K rounded up to kDepthStep, or more
  const float* a_scales = nullptr;       // [G, M]; G is K / group_depth rounded up
  int32_t a_zero_point = 0;              // of all activations, 0 to 255
  const float* a_outliers = nullptr;     // [num_outliers, M]
  const int8_t* panels = nullptr;        // [N / 16 rounded up][K / 4 rounded up][16][4]
  const float* w_scales = nullptr;       // [N / 16 rounded up][G][16]
  const int32_t* column_sums = nullptr;  // [N / 16 rounded up][G][16]
  const float* w_outliers = nullptr;     // [N / 16 rounded up][num_outliers][16]
  const float* bias = nullptr;           // [N] or null
  float* c = nullptr;                    // [M, N], rows `c_stride` floats apart
  size_t c_stride = 0;
  size_t num_rows = 0;
  size_t num_columns = 0;
  size_t depth = 0;
  size_t group_depth = 0;  // a multiple of kDepthStep, at most kMaxGroupDepth
  size_t num_outliers = 0;

  size_t num_groups() const { return (depth + group_depth - 1) / group_depth; }
  size_t num_steps() const { return (depth + kDepthStep - 1) / kDepthStep; }
};

// A row of floats to 8 bits, a scale a group of `group_depth`. Bytes from `size` up to the next
// multiple of kDepthStep become 0. A group that holds NaN or infinity has the scale NaN.
struct QuantizeRow {
  const float* x = nullptr;
  size_t size = 0;
  size_t group_depth = 0;
  // 0: x is about (q - 128) * scale, and the largest |x| 127 steps. Otherwise x is at least -floor,
  // and x + floor about q * scale; where it can be, the scale is a whole part of `floor`, which
  // makes 0 exact.
  float floor = 0;
  uint8_t* q = nullptr;
  float* scales = nullptr;  // of the groups, `scale_stride` apart
  size_t scale_stride = 1;
};

inline constexpr size_t kGroupInputs = 32;  // a group of inputs

// A row of activations in 8 bits: x is about q * scale, and one or two groups share a scale. Sums
// of q over 16 and over 32 inputs are negative, as products begin with them.
struct QuantizedRow {
  int8_t* q = nullptr;                   // [K], -127 to 127
  float* scales = nullptr;               // [K / 32]
  int32_t* minus_sums16 = nullptr;       // [K / 16]
  int32_t* minus_sums32 = nullptr;       // [K / 32]
  float* scaled_minus_sums16 = nullptr;  // [K / 16], times their scale
  float* scaled_minus_sums32 = nullptr;  // [K / 32]
};

// c[m][n] = bias[n] + sum over k of a[m][k] * w[n][k], of weight panels (kernels/weight_panels.h)
// and 8-bit activations. K is a multiple of 32. Over the one or two groups that share a scale of
// activations, the integer sums of a part's q * code (exact; 16 or 32 inputs) times the part's
// scale are added up in float, one part behind the other; that times the scale of activations is
// added to the result. A part's minimum times the scaled sum of q is added to the result before. Of
// bfloats the products are summed two by two, the odd input first, as vdpbf16ps does.
struct PanelProduct {
  DType dtype = DType::kQ8_0;         // a type that has_panels
  const std::byte* panels = nullptr;  // of the first output, 64-byte aligned
  QuantizedRow a;                     // all rows, in tiles of KernelTable::tile_rows: QuantizedRows
  const uint16_t* a_bf16 = nullptr;   // [M, K], for F16 and BF16 weights instead
  const float* bias = nullptr;        // [N] or null
  float* c = nullptr;                 // [M, N], rows `c_stride` floats apart
  size_t c_stride = 0;
  size_t num_rows = 0;     // M
  size_t num_columns = 0;  // N
  size_t depth = 0;        // K

  size_t num_groups() const { return depth / kGroupInputs; }
};

// c[m][n] = sum over k of a[m][k] * b[k][n], in the order of k: of what attention reads. Added to c
// where `adds`.
struct GemmColumns {
  const float* a = nullptr;  // [M, K], rows `a_stride` floats apart
  size_t a_stride = 0;
  const float* b = nullptr;  // [K, N], rows N floats apart
  float* c = nullptr;        // [M, N], rows N floats apart
  size_t num_rows = 0;       // M
  size_t num_columns = 0;    // N, a multiple of 16
  size_t depth = 0;          // K
  bool adds = false;
};

// The same of bfloats: products two by two, the odd one first, summed in float as vdpbf16ps does.
struct GemmPairs {
  const uint16_t* a = nullptr;  // [M, K], rows `a_stride` apart
  size_t a_stride = 0;
  // [K / 2, N, 2], rows `b_stride` pairs apart. Whole vectors of 16 pairs are read, also behind N.
  const uint16_t* b = nullptr;
  size_t b_stride = 0;
  float* c = nullptr;      // [M, N], rows N floats apart
  size_t num_rows = 0;     // M
  size_t num_columns = 0;  // N, a multiple of 16
  size_t depth = 0;        // K, even
  bool adds = false;
};

inline constexpr size_t kAttentionBlock = 64;  // positions whose keys and values lie together

// Positions [first, last) of a block.
struct BlockRange {
  uint32_t first = 0;
  uint32_t last = kAttentionBlock;

  bool is_whole() const { return first == 0 && last == kAttentionBlock; }
  bool is_empty() const { return first >= last; }
};

// A softmax to base 2 of rows that see their scores block by block (M. Milakov, N. Gimelshein
// 2018): weights are 2^(score - the largest so far), and what was computed before is to be scaled
// by a factor from 0 to 1; one that is not needed is exactly 1. The weights of scores that do not
// count become 0.
struct SoftmaxStep {
  float* scores = nullptr;              // [M, kAttentionBlock], become weights
  const BlockRange* counted = nullptr;  // [M]
  float soft_cap = 0;                   // as KernelTable::soft_cap; 0: none
  float* largest = nullptr;             // [M], so far; begin with kNoScore
  float* sums = nullptr;  // [M, 16] of the weights so far; begin with 0, to be added up at the end
  float* factors = nullptr;  // [M], set
  size_t num_rows = 0;       // M
};
inline constexpr float kNoScore = -3.0e38F;

// Weights in 8 bits for values that have a scale for each position: weight times that scale is
// about q * scale, and the largest of a row has q 255.
struct QuantizedWeights {
  const float* value_scales = nullptr;  // [kAttentionBlock]; one that counts is at least 0, or NaN
  uint8_t* q = nullptr;                 // [M, kAttentionBlock]
  float* scales = nullptr;              // [M]
};

// scores[m][n] = sum over groups of 32 elements of queries' scale * keys' scale * the integer sum
// of q * (code - 128), in the order of the groups.
struct ScoreKeys {
  QuantizedRow queries;            // of the first row; the rows [M] follow without gaps
  const uint8_t* quads = nullptr;  // codes [d / 4, kAttentionBlock, 4]
  const float* scales = nullptr;   // [d / 32, kAttentionBlock]
  float* scores = nullptr;         // [M, kAttentionBlock]
  size_t num_rows = 0;             // M
  size_t head_dim = 0;             // d, a multiple of 32
};

// mixed[m][i] = mixed[m][i] * factors[m] + scales[m] * the integer sum over positions of
// weights[m] * value[i].
struct MixValues {
  const uint8_t* weights = nullptr;  // [M, kAttentionBlock]
  const float* scales = nullptr;     // [M]
  const float* factors = nullptr;    // [M]
  const int8_t* quads = nullptr;     // values [kAttentionBlock / 4, d, 4]
  float* mixed = nullptr;            // [M, d]
  size_t num_rows = 0;               // M
  size_t head_dim = 0;               // d, a multiple of 16
};

struct KernelTable {
  std::string_view name;  // "reference", "avx2", "avx512", "neon": the values of GANGLION_ISA

  size_t tile_rows = 1;  // rows of 8-bit activations that multiply_panels wants side by side

  void (*gemm_f32)(const GemmF32& gemm);
  void (*gemm_s8)(const GemmS8& gemm);

  void (*quantize_row)(const QuantizeRow& row);

  // x = x * (1 + erf(x / sqrt 2)) / 2.
  void (*gelu)(float* x, size_t size);
  // x[i] = exp(scale * x[i]) / sum over j of exp(scale * x[j]). Requires scale > 0.
  void (*softmax)(float* x, size_t size, float scale);
  // out = (x + residual, centred and scaled to variance 1) * weight + bias. `residual` may be null;
  // `out` may be x.
  void (*layer_norm)(const float* x, const float* residual, const float* weight, const float* bias,
                     float epsilon, size_t size, float* out);

  void (*gemm_rows)(const GemmRows& gemm);
  void (*gemm_columns)(const GemmColumns& gemm);
  void (*gemm_pairs)(const GemmPairs& gemm);
  void (*softmax_step)(const SoftmaxStep& step);
  // The same, with the weights as `out` has them; what is in `scores` then is undefined. A scale of
  // values that is not finite makes the sums NaN.
  void (*softmax_step_u8)(const SoftmaxStep& step, const QuantizedWeights& out);
  void (*score_keys)(const ScoreKeys& keys);
  void (*mix_values)(const MixValues& values);
  // The sum of sixteen lanes, in the order of all tables.
  float (*sum_lanes)(const float* lanes);
  // out = x / sqrt(mean of x^2 + epsilon) * weight; `out` may be x.
  void (*rms_norm)(const float* x, const float* weight, float epsilon, size_t size, float* out);
  // x = x / (1 + exp(-x)).
  void (*silu)(float* x, size_t size);
  // x = x * (1 + tanh(sqrt(2 / pi) * (x + 0.044715 x^3))) / 2.
  void (*gelu_tanh)(float* x, size_t size);
  // x = cap * tanh(x / cap). Requires cap > 0.
  void (*soft_cap)(float* x, size_t size, float cap);

  // Dequantises `num_elements` (whole blocks) of a type that is_expandable (kernels/expand.h) to
  // floats, with the same bits in every table (NaN is any NaN). `blocks` may have any alignment.
  void (*expand_blocks)(DType dtype, const std::byte* blocks, size_t num_elements, float* out);

  // Quantises x [size], a multiple of 32 times `scaled_groups`, which is 1 or 2: the largest |x| of
  // the groups that share a scale becomes 127. The scale of a group with NaN or infinity is NaN.
  void (*quantize_activations)(const float* x, size_t size, size_t scaled_groups,
                               const QuantizedRow& row);
  // Rounds to nearest, ties to even.
  void (*round_to_bf16)(const float* x, size_t size, uint16_t* out);
  void (*multiply_panels)(const PanelProduct& product);
};

// Readable, for every machine.
const KernelTable& reference_kernels();
#if defined(__x86_64__)
// Only to be called on machines that have the instructions (kernels/dispatch.h).
const KernelTable& avx2_kernels();
const KernelTable& avx512_kernels();
#elif defined(__aarch64__)
const KernelTable& neon_kernels();
#endif

}  // namespace ganglion
