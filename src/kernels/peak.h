// What the machine's arithmetic and memory can do at most: what a benchmark's figures are measured
// against.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>

#include "base/clock.h"
#include "base/thread_pool.h"
#include "kernels/kernel_table.h"

namespace ganglion {

inline constexpr size_t kPeakReadStep = 1024;

// Loops of one instruction set that do nothing but what they are named for. An arithmetic loop runs
// `num_rounds` rounds of independent multiply-adds on registers and returns how many operations
// that were, a multiplication and an addition counting as one each; null where the set or the
// machine has no such instruction.
struct PeakLoops {
  uint64_t (*multiply_s8)(uint64_t num_rounds) = nullptr;    // bytes into 32-bit sums
  uint64_t (*multiply_bf16)(uint64_t num_rounds) = nullptr;  // into float sums
  uint64_t (*multiply_f32)(uint64_t num_rounds) = nullptr;
  // Loads every byte once; both arguments are multiples of kPeakReadStep.
  void (*read)(const std::byte* bytes, size_t num_bytes) = nullptr;
};

// Those of the instruction set of `kernels`. The reference kernels have no arithmetic loops: they
// are not meant to be fast.
PeakLoops find_peak_loops(const KernelTable& kernels);

PeakLoops reference_peak_loops();
#if defined(__x86_64__)
// Only to be called on machines that have the instructions (kernels/dispatch.h).
PeakLoops avx2_peak_loops();
PeakLoops avx512_peak_loops();
// Requires avx512_bf16 as well.
uint64_t avx512_multiply_bf16(uint64_t num_rounds);
#elif defined(__aarch64__)
PeakLoops neon_peak_loops();
#endif

// Of all threads together. Billions of operations or bytes a second; none where there is no loop.
struct MachinePeaks {
  std::optional<double> int8_gops = std::nullopt;
  std::optional<double> bf16_gflops = std::nullopt;
  std::optional<double> f32_gflops = std::nullopt;
  double read_gb_per_s = 0;
};

struct PeakOptions {
  int64_t arithmetic_ns = 250'000'000;      // measured for each kind of arithmetic
  int64_t read_ns = 1'000'000'000;          // measured for reading
  uint64_t read_bytes = uint64_t{1} << 28;  // of the buffer, which no cache should hold
};

// The best of many short stretches on every thread of `pool`, so that other work on the machine
// lowers it little. Takes the time of `options` and read_bytes of memory.
MachinePeaks measure_machine_peaks(const PeakLoops& loops, ThreadPool& pool, const Clock& clock,
                                   const PeakOptions& options = {});

}  // namespace ganglion
