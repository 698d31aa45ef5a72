#include "kernels/peak.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <memory>
#include <new>
#include <vector>

namespace ganglion {
namespace {

constexpr uint64_t kFirstRounds = 1000;
constexpr int64_t kStretchNs = 4'000'000;       // long enough to wake the threads
constexpr size_t kReadGrain = size_t{1} << 21;  // bytes; a large page

using MultiplyLoop = uint64_t (*)(uint64_t num_rounds);

// Runs `num_rounds` on every thread; what ran in the time, in operations.
uint64_t run_stretch(MultiplyLoop loop, ThreadPool& pool, uint64_t num_rounds) {
  std::vector<uint64_t> operations(pool.num_threads());
  pool.parallel_for(operations.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) operations[i] = loop(num_rounds);
  });
  uint64_t sum = 0;
  for (const uint64_t each : operations) sum += each;
  return sum;
}

// Billions of operations a second.
std::optional<double> measure_loop(MultiplyLoop loop, ThreadPool& pool, const Clock& clock,
                                   int64_t duration_ns) {
  if (loop == nullptr) return std::nullopt;
  uint64_t num_rounds = kFirstRounds;
  double best = 0;
  const int64_t start = clock.steady_ns();
  do {
    const int64_t stretch_start = clock.steady_ns();
    const auto operations = static_cast<double>(run_stretch(loop, pool, num_rounds));
    const int64_t elapsed = std::max<int64_t>(clock.steady_ns() - stretch_start, 1);
    best = std::max(best, operations / static_cast<double>(elapsed));
    if (elapsed < kStretchNs / 2) num_rounds *= 2;
  } while (clock.steady_ns() - start < duration_ns);
  return best;
}

struct FreeBuffer {
  void operator()(std::byte* bytes) const {
    ::operator delete (bytes, std::align_val_t{kReadGrain});
  }
};

// Memory of its own for every page, in large pages where the system gives them: with small ones the
// machine is busy with addresses.
std::unique_ptr<std::byte, FreeBuffer> make_buffer(size_t num_bytes) {
  std::unique_ptr<std::byte, FreeBuffer> buffer(
      static_cast<std::byte*>(::operator new (num_bytes, std::align_val_t{kReadGrain})));
#if defined(MADV_HUGEPAGE)
  ::madvise(buffer.get(), num_bytes, MADV_HUGEPAGE);  // advice: it may be refused
#endif
  std::memset(buffer.get(), 1, num_bytes);
  return buffer;
}

double measure_read(const PeakLoops& loops, ThreadPool& pool, const Clock& clock,
                    const PeakOptions& options) {
  const size_t num_grains = std::max<uint64_t>(options.read_bytes / kReadGrain, 1);
  const auto buffer = make_buffer(num_grains * kReadGrain);
  double best = 0;
  const int64_t start = clock.steady_ns();
  do {
    const int64_t pass_start = clock.steady_ns();
    pool.parallel_for(num_grains, 1, [&](size_t begin, size_t end) {
      loops.read(buffer.get() + begin * kReadGrain, (end - begin) * kReadGrain);
    });
    const int64_t elapsed = std::max<int64_t>(clock.steady_ns() - pass_start, 1);
    best =
        std::max(best, static_cast<double>(num_grains * kReadGrain) / static_cast<double>(elapsed));
  } while (clock.steady_ns() - start < options.read_ns);
  return best;
}

}  // namespace

PeakLoops find_peak_loops(const KernelTable& kernels) {
#if defined(__x86_64__)
  if (kernels.name == "avx512") {
    PeakLoops loops = avx512_peak_loops();
    if (__builtin_cpu_supports("avx512bf16")) loops.multiply_bf16 = avx512_multiply_bf16;
    return loops;
  }
  if (kernels.name == "avx2") return avx2_peak_loops();
#elif defined(__aarch64__)
  if (kernels.name == "neon") return neon_peak_loops();
#endif
  (void)kernels;
  return reference_peak_loops();
}

MachinePeaks measure_machine_peaks(const PeakLoops& loops, ThreadPool& pool, const Clock& clock,
                                   const PeakOptions& options) {
  return {.int8_gops = measure_loop(loops.multiply_s8, pool, clock, options.arithmetic_ns),
          .bf16_gflops = measure_loop(loops.multiply_bf16, pool, clock, options.arithmetic_ns),
          .f32_gflops = measure_loop(loops.multiply_f32, pool, clock, options.arithmetic_ns),
          .read_gb_per_s = measure_read(loops, pool, clock, options)};
}

}  // namespace ganglion
