#include "kernels/peak.h"

#include <gtest/gtest.h>

#include "kernels/aligned_vector.h"
#include "kernels/dispatch.h"

namespace ganglion {
namespace {

// Some 25 ms of the machine's own clock.
constexpr PeakOptions kShort = {
    .arithmetic_ns = 2'000'000, .read_ns = 2'000'000, .read_bytes = uint64_t{1} << 23};

TEST(Peak, EveryTableHasItsLoops) {
  for (const KernelTable* table : available_kernels()) {
    SCOPED_TRACE(table->name);
    const PeakLoops loops = find_peak_loops(*table);
    EXPECT_EQ(loops.multiply_s8 == nullptr, table->name == "reference");
    EXPECT_EQ(loops.multiply_f32 == nullptr, table->name == "reference");
    EXPECT_NE(loops.read, nullptr);
  }
}

TEST(Peak, LoopsCountTheirOperations) {
  for (const KernelTable* table : available_kernels()) {
    SCOPED_TRACE(table->name);
    const PeakLoops loops = find_peak_loops(*table);
    for (const auto loop : {loops.multiply_s8, loops.multiply_bf16, loops.multiply_f32}) {
      if (loop == nullptr) continue;
      EXPECT_EQ(loop(0), 0);
      EXPECT_GE(loop(1), 2);
      EXPECT_EQ(loop(70), 70 * loop(1));
    }
  }
}

TEST(Peak, ReadStaysWithinItsBytes) {  // AddressSanitizer looks
  const AlignedVector<std::byte> bytes(3 * kPeakReadStep);
  for (const KernelTable* table : available_kernels()) {
    find_peak_loops(*table).read(bytes.data(), bytes.size());
    find_peak_loops(*table).read(bytes.data(), 0);
  }
}

TEST(Peak, MeasuresWhatThereIs) {
  ThreadPool pool(2);
  for (const KernelTable* table : available_kernels()) {
    SCOPED_TRACE(table->name);
    const PeakLoops loops = find_peak_loops(*table);
    const MachinePeaks peaks = measure_machine_peaks(loops, pool, system_clock(), kShort);
    EXPECT_EQ(peaks.int8_gops.value_or(0) > 0, loops.multiply_s8 != nullptr);
    EXPECT_EQ(peaks.bf16_gflops.value_or(0) > 0, loops.multiply_bf16 != nullptr);
    EXPECT_EQ(peaks.f32_gflops.value_or(0) > 0, loops.multiply_f32 != nullptr);
    EXPECT_GT(peaks.read_gb_per_s, 0);
  }
}

}  // namespace
}  // namespace ganglion
