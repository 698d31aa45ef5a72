// A test fixture with a model store in a folder of its own, and a pull's surroundings that a test
// can fix.
#pragma once

#include <gtest/gtest.h>

#include <filesystem>
#include <string>
#include <vector>

#include "hub/pull.h"

namespace ganglion {

// Keeps what it is told.
class RecordingObserver final : public PullObserver {
 public:
  void note(std::string_view message) override { notes.emplace_back(message); }
  void update(uint64_t done, uint64_t total) override {
    EXPECT_TRUE(total == 0 || done <= total) << done << " of " << total;
    last_done = done;
  }
  std::string all_notes() const {
    std::string text;
    for (const std::string& note : notes) text += note + "\n";
    return text;
  }

  std::vector<std::string> notes;
  uint64_t last_done = 0;
};

inline WebClient make_quick_web_client(const std::string& ca_file = "") {
  HttpClientOptions options;
  options.connect_timeout_ms = 2'000;
  options.idle_timeout_ms = 400;
  options.total_timeout_ms = 4'000;
  options.ca_file = ca_file;
  return WebClient::create(options).value();
}

class StoreTest : public testing::Test {
 protected:
  void SetUp() override {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    folder_ = std::filesystem::path(testing::TempDir()) /
              fmt::format("{}.{}", info->test_suite_name(), info->name());
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    ASSERT_TRUE(store_.create_folders().ok());
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  // Waits between attempts take no time, but are counted.
  DownloadContext context(PullObserver& observer) {
    return {store_,
            web_,
            system_clock(),
            observer,
            [this](int64_t ms) { slept_ms_ += ms; },
            [this](const std::filesystem::path&) -> Result<uint64_t> { return free_bytes_; },
            RetryPolicy{.max_attempts = 3},
            uint64_t{1} << 16,
            uint64_t{1} << 14};
  }
  DownloadContext context() { return context(observer_); }

  static std::string store_folder() {
    const auto* const info = testing::UnitTest::GetInstance()->current_test_info();
    return testing::TempDir() + fmt::format("{}.{}/store", info->test_suite_name(), info->name());
  }

  std::filesystem::path folder_;
  ModelStore store_{store_folder()};
  WebClient web_ = make_quick_web_client();
  RecordingObserver observer_;
  uint64_t free_bytes_ = uint64_t{1} << 40;
  int64_t slept_ms_ = 0;
};

}  // namespace ganglion
