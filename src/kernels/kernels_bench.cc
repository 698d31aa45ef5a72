#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "kernels/packed_matrix.h"

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
  const std::vector<int32_t> zero_points(kNumRows * gemm.num_groups(), 100);
  gemm.a = activations.data();
  gemm.a_stride = depth;
  gemm.a_scales = scales.data();
  gemm.a_zero_points = zero_points.data();
  gemm.c = out.data();
  gemm.c_stride = num_columns;
  gemm.num_rows = kNumRows;
  for (auto _ : state) {
    kernels.gemm_s8(gemm);
    benchmark::DoNotOptimize(out.data());
  }
  set_rate(state, 2.0 * static_cast<double>(kNumRows * num_columns * depth), kernels);
}

void bench_quantize(benchmark::State& state, const KernelTable& kernels) {
  const std::vector<float> x = random_floats(1536);
  std::vector<uint8_t> q(1536);
  std::vector<float> scales(24);
  std::vector<int32_t> zero_points(24);
  for (auto _ : state) {
    kernels.quantize_row(x.data(), x.size(), 64, q.data(), scales.data(), zero_points.data());
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
    benchmark::RegisterBenchmark(("quantize_row/" + name).c_str(), bench_quantize, *kernels);
    benchmark::RegisterBenchmark(("gelu/" + name).c_str(), bench_gelu, *kernels);
  }
  return true;
}();

}  // namespace
}  // namespace ganglion
