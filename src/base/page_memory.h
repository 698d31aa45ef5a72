// Memory straight from the system, in large pages where it has them.
#pragma once

#include <cstddef>
#include <new>
#include <span>

namespace ganglion {

// Zeros, on a page boundary; given back at the end. Reading gigabytes from end to end is up to
// twice as fast with large pages: the processor need not look up an address every 4 KB.
class PageMemory {
 public:
  PageMemory() = default;
  // Throws std::bad_alloc.
  explicit PageMemory(size_t size);
  ~PageMemory();
  PageMemory(PageMemory&& other) noexcept;
  PageMemory& operator=(PageMemory&& other) noexcept;

  std::span<std::byte> bytes() { return {start_, size_}; }
  std::span<const std::byte> bytes() const { return {start_, size_}; }

 private:
  std::byte* start_ = nullptr;
  size_t size_ = 0;
};

}  // namespace ganglion
