// A fixed set of threads for data-parallel loops.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>

namespace ganglion {

// How a loop's items go to threads: one range after the other to whoever is free, or to each thread
// its share from end to end, and then what is left of the others'. Shares suit what is read from
// memory in a row, as every jump costs the processor some of what it has read ahead.
enum class LoopSplit : uint8_t { kInOrder, kShares };

class ThreadPool {
 public:
  // `num_threads` counts the caller: 1 means no extra thread. 0 means one per processor.
  explicit ThreadPool(size_t num_threads = 0);
  ~ThreadPool();
  ThreadPool(const ThreadPool&) = delete;
  ThreadPool& operator=(const ThreadPool&) = delete;

  size_t num_threads() const;

  // Calls body(begin, end) on disjoint ranges that cover [0, count), each of at most `grain` items,
  // and returns when all are done. Ranges are handed out as threads become free: results must not
  // depend on which thread runs which. Thread-safe, but one loop runs at a time; a body must not
  // call parallel_for on the same pool.
  void parallel_for(size_t count, size_t grain,
                    const std::function<void(size_t begin, size_t end)>& body,
                    LoopSplit split = LoopSplit::kInOrder);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ganglion
