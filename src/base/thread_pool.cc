#include "base/thread_pool.h"

#include <algorithm>
#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

#include "base/check.h"

namespace ganglion {

namespace {

// What a waiting thread does before it looks again, and how often it looks before it sleeps: about
// 50 us. The loops of a forward pass follow each other faster than threads can be woken.
constexpr int kLooks = 2000;

void pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("yield");
#endif
}

}  // namespace

// `gate` holds the number of loops begun, whether the last one is open, and how many workers are
// inside. The caller opens the gate, works itself, closes it and waits until the workers inside
// have left, so that `body` may live on its stack. It never waits for a worker that has not come: a
// thread that the system does not run delays no loop.
struct ThreadPool::State {
  static constexpr uint64_t kOpen = 1U << 15;
  static constexpr uint64_t kInside = kOpen - 1;
  static constexpr uint64_t kNextLoop = kOpen << 1;

  std::mutex one_loop;  // held by the caller of parallel_for
  std::atomic<uint64_t> gate = 0;
  std::atomic<bool> stopping = false;

  // What is left of a share of a loop's items.
  struct alignas(64) Share {
    std::atomic<size_t> next = 0;
    size_t end = 0;
  };

  const std::function<void(size_t, size_t)>* body = nullptr;
  size_t grain = 1;
  std::vector<Share> shares;  // one a thread
  size_t num_shares = 1;      // of this loop

  // For those who have looked long enough.
  std::mutex mutex;
  std::condition_variable changed;
  std::atomic<size_t> num_sleepers = 0;

  std::vector<std::thread> workers;

  explicit State(size_t num_threads) : shares(num_threads) {}

  void split(size_t count) {
    const size_t num_ranges = (count + grain - 1) / grain;
    for (size_t i = 0; i < num_shares; ++i) {
      shares[i].next = num_ranges * i / num_shares * grain;
      shares[i].end = std::min(num_ranges * (i + 1) / num_shares * grain, count);
    }
  }

  // A thread's own share first, then what the others have left.
  void run_ranges(size_t thread) {
    for (size_t i = 0; i < num_shares; ++i) {
      Share& share = shares[(thread + i) % num_shares];
      for (size_t begin = 0; (begin = share.next.fetch_add(grain)) < share.end;) {
        (*body)(begin, std::min(begin + grain, share.end));
      }
    }
  }

  // Returns when ready() is true; ready() reads only atomics.
  template <typename Ready>
  void wait_until(const Ready& ready) {
    for (int i = 0; i < kLooks; ++i) {
      if (ready()) return;
      pause();
    }
    std::unique_lock lock(mutex);
    ++num_sleepers;
    changed.wait(lock, ready);
    --num_sleepers;
  }

  // To be called after a change that others may sleep for.
  void wake_sleepers() {
    if (num_sleepers == 0) return;
    // A thread that has looked and is about to sleep holds the mutex until it does.
    const std::lock_guard lock(mutex);
    changed.notify_all();
  }

  void work(size_t thread) {
    uint64_t seen = 0;  // the last loop that this worker has looked at
    while (true) {
      wait_until([&] { return stopping || gate / kNextLoop != seen; });
      if (stopping) return;
      uint64_t found = gate;
      seen = found / kNextLoop;
      if ((found & kOpen) == 0 || !gate.compare_exchange_strong(found, found + 1)) {
        // Closed already, or changed meanwhile: then it is looked at again, if it is open.
        if ((found & kOpen) != 0) --seen;
        continue;
      }
      run_ranges(thread);
      if ((--gate & (kOpen | kInside)) == 0) wake_sleepers();
    }
  }
};

ThreadPool::ThreadPool(size_t num_threads) {
  if (num_threads == 0) num_threads = std::max(1U, std::thread::hardware_concurrency());
  state_ = std::make_unique<State>(num_threads);
  for (size_t i = 1; i < num_threads; ++i) {
    state_->workers.emplace_back([state = state_.get(), i] { state->work(i); });
  }
}

ThreadPool::~ThreadPool() {
  state_->stopping = true;
  state_->wake_sleepers();
  for (std::thread& worker : state_->workers) worker.join();
}

size_t ThreadPool::num_threads() const { return state_->workers.size() + 1; }

void ThreadPool::parallel_for(size_t count, size_t grain,
                              const std::function<void(size_t, size_t)>& body, LoopSplit split) {
  GANGLION_ASSERT(grain > 0);
  if (count == 0) return;
  if (state_->workers.empty() || count <= grain) {
    for (size_t begin = 0; begin < count; begin += grain)
      body(begin, std::min(begin + grain, count));
    return;
  }
  const std::lock_guard one_loop(state_->one_loop);
  state_->body = &body;
  state_->grain = grain;
  state_->num_shares = split == LoopSplit::kShares ? num_threads() : 1;
  state_->split(count);
  state_->gate += State::kNextLoop | State::kOpen;
  state_->wake_sleepers();
  state_->run_ranges(0);
  state_->gate -= State::kOpen;
  state_->wait_until([&] { return (state_->gate & State::kInside) == 0; });
}

}  // namespace ganglion
