#include "base/page_memory.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdint>
#include <utility>

namespace ganglion {
namespace {

TEST(PageMemory, IsZerosOnAPageBoundary) {
  PageMemory memory(5'000'000);
  ASSERT_EQ(memory.bytes().size(), 5'000'000U);
  EXPECT_EQ(reinterpret_cast<uintptr_t>(memory.bytes().data()) % 4096, 0U);
  EXPECT_TRUE(std::all_of(memory.bytes().begin(), memory.bytes().end(),
                          [](std::byte byte) { return byte == std::byte{0}; }));
}

TEST(PageMemory, MovesItsBytes) {
  PageMemory first(4096);
  first.bytes()[7] = std::byte{9};
  PageMemory second;
  second = std::move(first);
  EXPECT_EQ(second.bytes()[7], std::byte{9});
  const PageMemory third = std::move(second);
  EXPECT_EQ(third.bytes()[7], std::byte{9});
}

TEST(PageMemory, OfNothingIsEmpty) { EXPECT_TRUE(PageMemory(0).bytes().empty()); }

}  // namespace
}  // namespace ganglion
