#include "base/memory.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(Memory, TheMachineHasSome) { EXPECT_GT(available_memory_bytes(), uint64_t{1} << 20); }

TEST(Memory, ByteCountsAreWrittenInTheirUnit) {
  EXPECT_EQ(byte_count_text(340), "340 bytes");
  EXPECT_EQ(byte_count_text(uint64_t{3} << 19), "1.5 MiB");
  EXPECT_EQ(byte_count_text(uint64_t{5} << 29), "2.5 GiB");
}

}  // namespace
}  // namespace ganglion
