// ganglion pull as programs that die and meet: kill -9 at random moments, two at once.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <thread>

#include "base/file.h"
#include "base/rng.h"
#include "hub/fake_hub.h"
#include "hub/model_store.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

constexpr int64_t kPatienceMs = 60'000;

void sleep_ms(int64_t ms) { std::this_thread::sleep_for(std::chrono::milliseconds(ms)); }

class PullProgram : public testing::Test {
 protected:
  void SetUp() override {
    const char* const binary = std::getenv("GANGLION_BINARY");
    if (binary == nullptr) GTEST_SKIP() << "GANGLION_BINARY does not name the program";
    binary_ = binary;
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) / fmt::format("pull.{}", info->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ModelStore store() const { return ModelStore(folder_ / "store"); }

  pid_t start(const FakeHub& hub, const std::string& source, const std::string& log) const {
    const std::vector<std::string> environment = {"GANGLION_HOME=" + store().root().string(),
                                                  "HF_ENDPOINT=" + hub.origin()};
    std::vector<std::string> words = {binary_, "pull", source};
    std::vector<char*> arguments;
    for (std::string& word : words) arguments.push_back(word.data());
    arguments.push_back(nullptr);
    std::vector<char*> variables;
    for (const std::string& text : environment)
      variables.push_back(const_cast<char*>(text.c_str()));
    variables.push_back(nullptr);
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, "/dev/null", O_WRONLY, 0);
    posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, log_path(log).c_str(),
                                     O_WRONLY | O_CREAT | O_TRUNC, 0644);
    pid_t child = -1;
    EXPECT_EQ(
        posix_spawn(&child, binary_.c_str(), &actions, nullptr, arguments.data(), variables.data()),
        0);
    posix_spawn_file_actions_destroy(&actions);
    return child;
  }

  // The exit code, or minus the signal that ended it.
  static int wait(pid_t child) {
    int status = 0;
    ::waitpid(child, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }

  std::filesystem::path log_path(const std::string& log) const { return folder_ / log; }
  std::string log_text(const std::string& log) const { return read_file(log_path(log)).value(); }

  uint64_t partial_bytes() const {
    uint64_t bytes = 0;
    std::error_code error;
    for (std::filesystem::directory_iterator it(store().partial_path(""), error), end;
         !error && it != end; it.increment(error)) {
      std::error_code gone;
      const uint64_t size = it->file_size(gone);
      if (!gone && it->path().extension() != ".json") bytes += size;
    }
    return bytes;
  }

  // Waits until so many bytes have come, or the child has ended.
  void wait_for_bytes(uint64_t bytes, pid_t child) const {
    for (int64_t waited = 0; partial_bytes() < bytes && waited < kPatienceMs; waited += 2) {
      siginfo_t info{};
      ::waitid(P_PID, static_cast<id_t>(child), &info, WEXITED | WNOHANG | WNOWAIT);
      if (info.si_pid == child) return;
      sleep_ms(2);
    }
  }

  void expect_whole(const std::string& name, const std::string& bytes) const {
    const auto path = resolve_model(store(), name);
    ASSERT_TRUE(path.ok()) << path.error().message;
    EXPECT_TRUE(read_file(*path).value() == bytes);
    EXPECT_EQ(partial_bytes(), 0U);
    size_t blobs = 0;
    for (const auto& blob : std::filesystem::directory_iterator(store().root() / "blobs")) {
      blobs += blob.is_regular_file() ? 1 : 0;
    }
    EXPECT_EQ(blobs, 1U);
  }

  std::string binary_;
  std::filesystem::path folder_;
};

TEST_F(PullProgram, KilledAgainAndAgainItGoesOnWhereItStopped) {
  const std::string gguf = make_test_gguf(4'000'000, 1);
  FakeHub hub;
  hub.put_repository("o/big", {{"big.gguf", gguf}});
  hub.slow_down(32 * 1024, 2);
  Rng rng(20'261'120);
  int kills = 0;
  for (int round = 0; round < 8; ++round) {
    const uint64_t before = partial_bytes();
    const pid_t child = start(hub, "o/big", "log");
    wait_for_bytes(before + 1 + rng.below(400'000), child);
    ::kill(child, SIGKILL);
    if (wait(child) == -SIGKILL) ++kills;
    EXPECT_GE(partial_bytes(), before) << "nothing that came is lost";
    EXPECT_TRUE(store().list()->empty()) << "half a model has no name";
  }
  EXPECT_EQ(kills, 8);
  const pid_t last = start(hub, "o/big", "log");
  EXPECT_EQ(wait(last), 0) << log_text("log");
  expect_whole("big", gguf);
  // Each attempt asked for what was missing and no more.
  EXPECT_THAT(hub.last_head("/cdn/" + store().find("big")->files[0].sha256),
              HasSubstr("Range: bytes="));
}

TEST_F(PullProgram, KilledAtAnyMomentTheStoreIsNeverHalf) {
  const std::string gguf = make_test_gguf(60'000, 2);
  FakeHub hub;
  hub.put_repository("o/small", {{"small.gguf", gguf}});
  const auto began = std::chrono::steady_clock::now();
  ASSERT_EQ(wait(start(hub, "o/small", "log")), 0) << log_text("log");
  const auto whole_run_us = std::chrono::duration_cast<std::chrono::microseconds>(
                                std::chrono::steady_clock::now() - began)
                                .count();
  ASSERT_TRUE(store().remove(store().find("small").value()).ok());
  Rng rng(7);
  int kills = 0;
  for (int round = 0; round < 30; ++round) {
    const pid_t child = start(hub, "o/small", "log");
    std::this_thread::sleep_for(
        std::chrono::microseconds(rng.below(static_cast<uint64_t>(whole_run_us))));
    ::kill(child, SIGKILL);
    kills += wait(child) == -SIGKILL ? 1 : 0;
    const auto list = store().list();
    ASSERT_TRUE(list.ok()) << list.error().message;
    if (list->empty()) continue;
    expect_whole("small", gguf);
    ASSERT_TRUE(store().remove(list->front()).ok());
  }
  EXPECT_GT(kills, 5);
  EXPECT_EQ(wait(start(hub, "o/small", "log")), 0) << log_text("log");
  expect_whole("small", gguf);
}

TEST_F(PullProgram, TwoDoTheWorkOnce) {
  const std::string gguf = make_test_gguf(1'000'000, 3);
  FakeHub hub;
  hub.put_repository("o/n", {{"n.gguf", gguf}});
  hub.slow_down(32 * 1024, 10);
  const pid_t first = start(hub, "o/n", "first");
  wait_for_bytes(1, first);
  const pid_t second = start(hub, "o/n", "second");
  EXPECT_EQ(wait(first), 0) << log_text("first");
  EXPECT_EQ(wait(second), 0) << log_text("second");
  expect_whole("n", gguf);
  EXPECT_EQ(hub.count("/cdn/" + store().find("n")->files[0].sha256), 1);
}

TEST_F(PullProgram, TheSecondTakesOverWhenTheFirstDies) {
  const std::string gguf = make_test_gguf(2'000'000, 4);
  FakeHub hub;
  hub.put_repository("o/n", {{"n.gguf", gguf}});
  hub.slow_down(32 * 1024, 20);
  const pid_t first = start(hub, "o/n", "first");
  wait_for_bytes(200'000, first);
  const pid_t second = start(hub, "o/n", "second");
  const auto is_waiting = [&] {
    return std::filesystem::exists(log_path("second")) &&
           log_text("second").find("another program is pulling hf:o/n; waiting for it") !=
               std::string::npos;
  };
  for (int64_t waited = 0; !is_waiting() && waited < kPatienceMs; waited += 5) sleep_ms(5);
  ::kill(first, SIGKILL);
  EXPECT_EQ(wait(first), -SIGKILL) << "was it done before the second came?";
  EXPECT_EQ(wait(second), 0) << log_text("second");
  EXPECT_THAT(log_text("second"), HasSubstr("waiting for it"));
  expect_whole("n", gguf);
  EXPECT_THAT(hub.last_head("/cdn/" + store().find("n")->files[0].sha256),
              HasSubstr("Range: bytes="));
}

}  // namespace
}  // namespace ganglion
