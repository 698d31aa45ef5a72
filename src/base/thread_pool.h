// A fixed set of threads for data-parallel loops.
#pragma once

#include <cstddef>
#include <functional>
#include <memory>

namespace ganglion {

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
                    const std::function<void(size_t begin, size_t end)>& body);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace ganglion
