#include "base/thread_pool.h"

#include <gtest/gtest.h>

#include <atomic>
#include <thread>
#include <vector>

namespace ganglion {
namespace {

TEST(ThreadPool, CoversEveryItemOnceWhateverTheGrain) {
  for (const size_t num_threads : {1, 2, 4}) {
    ThreadPool pool(num_threads);
    EXPECT_EQ(pool.num_threads(), num_threads);
    for (const size_t grain : {1, 3, 100}) {
      std::vector<std::atomic<int>> visits(37);
      pool.parallel_for(visits.size(), grain, [&](size_t begin, size_t end) {
        EXPECT_LE(end - begin, grain);
        for (size_t i = begin; i < end; ++i) ++visits[i];
      });
      for (const std::atomic<int>& count : visits) EXPECT_EQ(count, 1);
    }
  }
}

TEST(ThreadPool, AnEmptyLoopReturns) {
  ThreadPool pool(2);
  pool.parallel_for(0, 1, [](size_t, size_t) { FAIL(); });
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
