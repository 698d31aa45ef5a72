// What a forward pass runs on.
#pragma once

#include <cstddef>

#include "base/thread_pool.h"
#include "kernels/aligned_vector.h"
#include "kernels/kernel_table.h"
#include "nn/lora_adapter.h"

namespace ganglion {

// Borrowed by everything it is passed to.
struct Compute {
  const KernelTable& kernels;
  ThreadPool& pool;
  const LoraAdapter* adapter = nullptr;  // what every StoredLinear adds
};

// Calls body(row) for every row of [0, num_rows), shared among the threads.
template <typename Body>
void for_each_row(const Compute& compute, size_t num_rows, const Body& body) {
  constexpr size_t kGrain = 4;
  compute.pool.parallel_for(num_rows, kGrain, [&](size_t begin, size_t end) {
    for (size_t row = begin; row < end; ++row) body(row);
  });
}

// A buffer of at least `size` elements; those that it had keep their values.
template <typename T>
T* make_room(AlignedVector<T>& buffer, size_t size) {
  if (buffer.size() < size) buffer.resize(size);
  return buffer.data();
}

}  // namespace ganglion
