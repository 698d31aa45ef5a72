#include "base/memory.h"

#include <gtest/gtest.h>

#include <cstddef>
#include <cstring>

#include "base/page_memory.h"

namespace ganglion {
namespace {

TEST(Memory, TheMachineHasSome) { EXPECT_GT(available_memory_bytes(), uint64_t{1} << 20); }

TEST(Memory, ThePeakDoesNotFall) {
  const uint64_t before = peak_resident_bytes();
  EXPECT_GT(before, uint64_t{1} << 18);
  PageMemory taken(size_t{64} << 20);  // a compiler may leave out a vector that no one reads
  std::memset(taken.bytes().data(), 'x', taken.bytes().size());
  EXPECT_EQ(taken.bytes().back(), std::byte{'x'});
  const uint64_t after = peak_resident_bytes();
  EXPECT_GE(after, uint64_t{32} << 20);
  EXPECT_GE(after, before);
}

TEST(Memory, ByteCountsAreWrittenInTheirUnit) {
  EXPECT_EQ(byte_count_text(340), "340 bytes");
  EXPECT_EQ(byte_count_text(uint64_t{3} << 19), "1.5 MiB");
  EXPECT_EQ(byte_count_text(uint64_t{5} << 29), "2.5 GiB");
}

}  // namespace
}  // namespace ganglion
