#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/packed_matrix.h"
#include "kernels/quantize_blocks.h"
#include "kernels/quantized_rows.h"
#include "kernels/weight_panels.h"

namespace ganglion {
namespace {

// The two shapes of a MiniLM feed-forward layer, 192 tokens.
constexpr size_t kNumRows = 192;

std::vector<float> random_floats(size_t size) {
  Rng rng(1);
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(rng.normal());
  return values;
}

void set_rate(benchmark::State& state, double operations, const KernelTable& kernels) {
  state.SetLabel(std::string(kernels.name));
  state.counters["operations/s"] = benchmark::Counter(
      operations * static_cast<double>(state.iterations()), benchmark::Counter::kIsRate);
}

void bench_gemm_f32(benchmark::State& state, const KernelTable& kernels) {
  const auto num_columns = static_cast<size_t>(state.range(0));
  const auto depth = static_cast<size_t>(state.range(1));
  const std::vector<float> activations = random_floats(kNumRows * depth);
  const std::vector<float> weights = random_floats(num_columns * depth);
  std::vector<float> out(kNumRows * num_columns);
  PackedF32 packed;
  packed.pack(weights.data(), num_columns, depth, depth, 1);
  GemmF32 gemm = gemm_of(packed);
  gemm.a = activations.data();
  gemm.a_stride = depth;
  gemm.c = out.data();
  gemm.c_stride = num_columns;
  gemm.num_rows = kNumRows;
  for (auto _ : state) {
    kernels.gemm_f32(gemm);
    benchmark::DoNotOptimize(out.data());
  }
  set_rate(state, 2.0 * static_cast<double>(kNumRows * num_columns * depth), kernels);
}

void bench_gemm_s8(benchmark::State& state, const KernelTable& kernels) {
  const auto num_columns = static_cast<size_t>(state.range(0));
  const auto depth = static_cast<size_t>(state.range(1));
  const auto group_depth = static_cast<size_t>(state.range(2));
  const std::vector<float> weights = random_floats(num_columns * depth);
  std::vector<float> out(kNumRows * num_columns);
  PackedF32 packed;
  packed.pack(weights.data(), num_columns, depth, depth, 1);
  PackedS8 quantized;
  quantized.quantize(packed, group_depth, {});
  GemmS8 gemm = gemm_of(quantized);
  const std::vector<uint8_t> activations(kNumRows * depth, 77);
  const std::vector<float> scales(kNumRows * gemm.num_groups(), 0.1F);
  gemm.a = activations.data();
  gemm.a_stride = depth;
  gemm.a_scales = scales.data();
  gemm.a_zero_point = 128;
  gemm.c = out.data();
  gemm.c_stride = num_columns;
  gemm.num_rows = kNumRows;
  for (auto _ : state) {
    kernels.gemm_s8(gemm);
    benchmark::DoNotOptimize(out.data());
  }
  set_rate(state, 2.0 * static_cast<double>(kNumRows * num_columns * depth), kernels);
}

// state.range(0) rows of activations and 512 outputs of 2,048 inputs.
void bench_panels(benchmark::State& state, const KernelTable& kernels, DType dtype) {
  constexpr size_t kOutputs = 512;
  constexpr size_t kInputs = 2048;
  const auto num_rows = static_cast<size_t>(state.range(0));
  const std::vector<float> weights = random_floats(kOutputs * kInputs);
  const DTypeTraits& traits = dtype_traits(dtype);
  std::vector<std::byte> blocks(weights.size() / traits.block_elements * traits.block_bytes);
  if (!quantize_blocks(dtype, weights, nullptr, blocks.data()).ok()) {
    return state.SkipWithError("the weights cannot be quantised");
  }
  AlignedVector<std::byte> panels(panels_bytes(dtype, kOutputs, kInputs));
  pack_panels({dtype, Shape{kOutputs, kInputs}, blocks}, 0, kOutputs / kPanelColumns,
              panels.data());
  const std::vector<float> x = random_floats(num_rows * kInputs);
  QuantizedRows rows;
  rows.resize(num_rows, kInputs, kernels.tile_rows);
  for (size_t tile = 0; tile < rows.num_tiles(); ++tile) {
    rows.quantize(kernels, tile, x.data(), panel_layout(dtype).scaled_groups());
  }
  std::vector<uint16_t> bfloats(x.size());
  kernels.round_to_bf16(x.data(), x.size(), bfloats.data());
  std::vector<float> out(num_rows * kOutputs);
  PanelProduct product;
  product.dtype = dtype;
  product.panels = panels.data();
  product.a = rows.tile(0);
  product.a_bf16 = bfloats.data();
  product.c = out.data();
  product.c_stride = product.num_columns = kOutputs;
  product.num_rows = num_rows;
  product.depth = kInputs;
  for (auto _ : state) {
    kernels.multiply_panels(product);
    benchmark::DoNotOptimize(out.data());
  }
  set_rate(state, 2.0 * static_cast<double>(num_rows * kOutputs * kInputs), kernels);
}

void bench_quantize(benchmark::State& state, const KernelTable& kernels) {
  const std::vector<float> x = random_floats(1536);
  std::vector<uint8_t> q(1536);
  std::vector<float> scales(24);
  QuantizeRow row;
  row.x = x.data();
  row.size = x.size();
  row.group_depth = 64;
  row.q = q.data();
  row.scales = scales.data();
  for (auto _ : state) {
    kernels.quantize_row(row);
    benchmark::DoNotOptimize(q.data());
  }
  set_rate(state, 1536, kernels);
}

void bench_gelu(benchmark::State& state, const KernelTable& kernels) {
  std::vector<float> x = random_floats(1536);
  for (auto _ : state) {
    kernels.gelu(x.data(), x.size());
    benchmark::DoNotOptimize(x.data());
  }
  set_rate(state, 1536, kernels);
}

[[maybe_unused]] const bool kRegistered = [] {
  for (const KernelTable* kernels : available_kernels()) {
    const std::string name(kernels->name);
    benchmark::RegisterBenchmark(("gemm_f32/" + name).c_str(), bench_gemm_f32, *kernels)
        ->Args({1536, 384})
        ->Args({384, 1536});
    benchmark::RegisterBenchmark(("gemm_s8/" + name).c_str(), bench_gemm_s8, *kernels)
        ->Args({1536, 384, 192})
        ->Args({384, 1536, 64});
    for (const DType dtype :
         {DType::kQ4_0, DType::kQ8_0, DType::kQ4_K, DType::kQ6_K, DType::kBF16}) {
      const std::string type(dtype_traits(dtype).name);
      benchmark::RegisterBenchmark(("panels/" + type + "/" + name).c_str(), bench_panels, *kernels,
                                   dtype)
          ->Arg(1)
          ->Arg(8)
          ->Arg(512);
    }
    benchmark::RegisterBenchmark(("quantize_row/" + name).c_str(), bench_quantize, *kernels);
    benchmark::RegisterBenchmark(("gelu/" + name).c_str(), bench_gelu, *kernels);
  }
  return true;
}();

}  // namespace
}  // namespace ganglion
