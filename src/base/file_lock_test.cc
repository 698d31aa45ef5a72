#include "base/file_lock.h"

#include <gtest/gtest.h>

#include <atomic>
#include <optional>
#include <thread>
#include <vector>

namespace ganglion {
namespace {

std::filesystem::path lock_path(const char* name) {
  return std::filesystem::path(testing::TempDir()) / name;
}

TEST(FileLock, OnlyOneHoldsItAndNothingIsLeftBehind) {
  const auto path = lock_path("shared.lock");
  std::atomic<int> inside = 0;
  std::atomic<int> waits = 0;
  std::vector<std::thread> threads;
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int round = 0; round < 50; ++round) {
        const auto lock = FileLock::acquire(path, [&] { ++waits; });
        ASSERT_TRUE(lock.ok()) << lock.error().message;
        EXPECT_EQ(++inside, 1);
        std::this_thread::yield();
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(waits, 400);
  EXPECT_FALSE(std::filesystem::exists(path));
}

TEST(FileLock, SaysThatItWaitsAndGoesOnWhenItIsFree) {
  const auto path = lock_path("waits.lock");
  std::optional<FileLock> first = FileLock::acquire(path).value();
  std::atomic<bool> waiting = false;
  std::atomic<bool> entered = false;
  std::thread second([&] {
    const auto lock = FileLock::acquire(path, [&] { waiting = true; });
    entered = lock.ok();
  });
  while (!waiting) std::this_thread::yield();
  EXPECT_FALSE(entered);
  first.reset();
  second.join();
  EXPECT_TRUE(entered);
}

TEST(FileLock, NamesThePathThatCannotBeLocked) {
  const auto lock = FileLock::acquire("/nowhere/x.lock");
  ASSERT_FALSE(lock.ok());
  EXPECT_NE(lock.error().message.find("/nowhere/x.lock"), std::string::npos);
}

}  // namespace
}  // namespace ganglion
