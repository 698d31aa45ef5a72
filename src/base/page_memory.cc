#include "base/page_memory.h"

#include <sys/mman.h>

#include <utility>

namespace ganglion {

PageMemory::PageMemory(size_t size) : size_(size) {
  if (size == 0) return;
  void* start = ::mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (start == MAP_FAILED) throw std::bad_alloc();
  start_ = static_cast<std::byte*>(start);
#if defined(MADV_HUGEPAGE)
  ::madvise(start, size, MADV_HUGEPAGE);  // a wish: without it the pages are small
#endif
}

PageMemory::~PageMemory() {
  if (start_ != nullptr) ::munmap(start_, size_);
}

PageMemory::PageMemory(PageMemory&& other) noexcept
    : start_(std::exchange(other.start_, nullptr)), size_(std::exchange(other.size_, 0)) {}

PageMemory& PageMemory::operator=(PageMemory&& other) noexcept {
  std::swap(start_, other.start_);
  std::swap(size_, other.size_);
  return *this;
}

}  // namespace ganglion
