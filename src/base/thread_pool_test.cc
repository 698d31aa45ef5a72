#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace ganglion {
namespace {

void check_visits(ThreadPool& pool, size_t grain, LoopSplit split) {
  std::vector<std::atomic<int>> visits(37);
  const auto visit = [&](size_t begin, size_t end) {
    EXPECT_LE(end - begin, grain);
    for (size_t i = begin; i < end; ++i) ++visits[i];
  };
  pool.parallel_for(visits.size(), grain, visit, split);
  for (const std::atomic<int>& count : visits) EXPECT_EQ(count, 1);
}

TEST(ThreadPool, CoversEveryItemOnceWhateverTheGrain) {
  for (const size_t num_threads : {1, 2, 4}) {
    ThreadPool pool(num_threads);
    EXPECT_EQ(pool.num_threads(), num_threads);
    for (const size_t grain : {1, 3, 20, 100}) {
      check_visits(pool, grain, LoopSplit::kInOrder);
      check_visits(pool, grain, LoopSplit::kShares);
    }
  }
}

TEST(ThreadPool, AnEmptyLoopReturns) {
  ThreadPool pool(2);
  pool.parallel_for(0, 1, [](size_t, size_t) { FAIL(); });
}

TEST(ThreadPool, EachThreadBeginsItsShare) {
  ThreadPool pool(2);
  std::mutex mutex;
  std::map<std::thread::id, std::vector<size_t>> begins;
  std::barrier both(2);  // neither can take the other's share before both have begun
  std::atomic<int> num_met = 0;
  const auto body = [&](size_t begin, size_t) {
    if (num_met++ < 2) both.arrive_and_wait();
    const std::lock_guard lock(mutex);
    begins[std::this_thread::get_id()].push_back(begin);
  };
  pool.parallel_for(40, 4, body, LoopSplit::kShares);
  ASSERT_EQ(begins.size(), 2u);
  EXPECT_EQ(begins[std::this_thread::get_id()].front(), 0u);
  for (const auto& [thread, visited] : begins) {
    if (thread != std::this_thread::get_id()) {
      EXPECT_EQ(visited.front(), 20u);
    }
  }
}

TEST(ThreadPool, ManyShortLoopsAndSeveralCallers) {
  ThreadPool pool(3);
  std::atomic<size_t> sum = 0;
  const auto run_loops = [&] {
    for (int loop = 0; loop < 200; ++loop) {
      pool.parallel_for(10, 2, [&](size_t begin, size_t end) { sum += end - begin; });
    }
  };
  std::thread other(run_loops);
  run_loops();
  other.join();
  EXPECT_EQ(sum, 2u * 200u * 10u);
}

}  // namespace
}  // namespace ganglion
