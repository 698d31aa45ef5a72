#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"

namespace ganglion {

// A loop is published under `mutex` by raising `generation`; the workers and the caller take ranges
// from `next` until it passes `count`. The caller waits until every worker has left the loop, so
// that `body` may live on its stack. Waiting is by condition variable: idle threads do not spin.
struct ThreadPool::State {
  std::mutex one_loop;  // held by the caller of parallel_for
  std::mutex mutex;
  std::condition_variable started;
  std::condition_variable finished;
  uint64_t generation = 0;
  size_t active_workers = 0;
  bool stopping = false;

  const std::function<void(size_t, size_t)>* body = nullptr;
  size_t count = 0;
  size_t grain = 1;
  std::atomic<size_t> next = 0;

  std::vector<std::thread> workers;

  void run_ranges() {
    while (true) {
      const size_t begin = next.fetch_add(grain);
      if (begin >= count) return;
      (*body)(begin, std::min(begin + grain, count));
    }
  }

  void work() {
    uint64_t seen_generation = 0;
    std::unique_lock lock(mutex);
    while (true) {
      started.wait(lock, [&] { return stopping || generation != seen_generation; });
      if (stopping) return;
      seen_generation = generation;
      lock.unlock();
      run_ranges();
      lock.lock();
      if (--active_workers == 0) finished.notify_one();
    }
  }
};

ThreadPool::ThreadPool(size_t num_threads) : state_(std::make_unique<State>()) {
  if (num_threads == 0) num_threads = std::max(1U, std::thread::hardware_concurrency());
  for (size_t i = 1; i < num_threads; ++i) {
    state_->workers.emplace_back([state = state_.get()] { state->work(); });
  }
}

ThreadPool::~ThreadPool() {
  {
    const std::lock_guard lock(state_->mutex);
    state_->stopping = true;
  }
  state_->started.notify_all();
  for (std::thread& worker : state_->workers) worker.join();
}

size_t ThreadPool::num_threads() const { return state_->workers.size() + 1; }

void ThreadPool::parallel_for(size_t count, size_t grain,
                              const std::function<void(size_t, size_t)>& body) {
  GANGLION_ASSERT(grain > 0);
  if (count == 0) return;
  if (state_->workers.empty() || count <= grain) {
    for (size_t begin = 0; begin < count; begin += grain)
      body(begin, std::min(begin + grain, count));
    return;
  }
  const std::lock_guard one_loop(state_->one_loop);
  {
    const std::lock_guard lock(state_->mutex);
    state_->body = &body;
    state_->count = count;
    state_->grain = grain;
    state_->next = 0;
    state_->active_workers = state_->workers.size();
    ++state_->generation;
  }
  state_->started.notify_all();
  state_->run_ranges();
  std::unique_lock lock(state_->mutex);
  state_->finished.wait(lock, [&] { return state_->active_workers == 0; });
}

}  // namespace ganglion
