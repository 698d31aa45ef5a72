#include "base/memory.h"

#include <gtest/gtest.h>

#include <vector>

namespace ganglion {
namespace {

TEST(Memory, TheMachineHasSome) { EXPECT_GT(available_memory_bytes(), uint64_t{1} << 20); }

TEST(Memory, ThePeakDoesNotFall) {
  const uint64_t before = peak_resident_bytes();
  EXPECT_GT(before, uint64_t{1} << 18);
  const std::vector<char> taken(size_t{64} << 20, 'x');
  EXPECT_GE(peak_resident_bytes(), before + taken.size() / 2);
}

TEST(Memory, ByteCountsAreWrittenInTheirUnit) {
  EXPECT_EQ(byte_count_text(340), "340 bytes");
  EXPECT_EQ(byte_count_text(uint64_t{3} << 19), "1.5 MiB");
  EXPECT_EQ(byte_count_text(uint64_t{5} << 29), "2.5 GiB");
}

}  // namespace
}  // namespace ganglion
