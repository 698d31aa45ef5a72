#include "engine/panel_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>
#include <optional>
#include <string>

#include "base/file.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

constexpr uint64_t kBytes = 10'000;
constexpr uint64_t kFileBytes = kBytes + 4096;
constexpr uint64_t kPlenty = uint64_t{1} << 30;

Sha256Digest key_of(std::string_view name) { return sha256(name); }

class PanelFolderTest : public testing::Test {
 protected:
  PanelFolderTest()
      : path_(fs::path(testing::TempDir()) /
              (std::string("panels_") +
               testing::UnitTest::GetInstance()->current_test_info()->name())) {
    fs::remove_all(path_);
  }
  ~PanelFolderTest() override { fs::remove_all(path_); }

  // Bytes that are all `value`, in two pieces; counts how often they are made.
  Result<KeptPanels> load(std::string_view name, char value, uint64_t max_bytes = kPlenty) {
    return PanelFolder(path_, max_bytes)
        .find_or_make(key_of(name), kBytes, [&](const PanelSink& sink) -> Status {
          ++num_made_;
          const std::string piece(kBytes / 2, value);
          GANGLION_TRY(sink(std::as_bytes(std::span(piece))));
          return sink(std::as_bytes(std::span(piece)));
        });
  }

  bool holds(std::string_view name) const {
    return PanelFolder(path_, kPlenty).find(key_of(name), kBytes).ok();
  }

  fs::path file_of(std::string_view name) const {
    return path_ / (to_hex(key_of(name)) + ".panels");
  }

  void set_last_use(std::string_view name, int hours_ago) const {
    fs::last_write_time(file_of(name),
                        fs::file_time_type::clock::now() - std::chrono::hours(hours_ago));
  }

  size_t num_files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(path_), {}));
  }

  fs::path path_;
  int num_made_ = 0;
};

bool is_all(const KeptPanels& panels, char value) {
  const std::string_view text(reinterpret_cast<const char*>(panels.bytes().data()),
                              panels.bytes().size());
  return text == std::string(kBytes, value);
}

TEST_F(PanelFolderTest, MakesOnceAndMapsAgain) {
  EXPECT_FALSE(holds("a"));
  for (int i = 0; i < 3; ++i) {
    const auto panels = load("a", 'a');
    ASSERT_TRUE(panels.ok()) << panels.error().message;
    EXPECT_TRUE(is_all(*panels, 'a'));
    EXPECT_EQ(reinterpret_cast<uintptr_t>(panels->bytes().data()) % 64, 0U);
  }
  EXPECT_EQ(num_made_, 1);
  EXPECT_TRUE(is_all(load("b", 'b').value(), 'b'));
  EXPECT_EQ(num_made_, 2);
  EXPECT_EQ(num_files(), 2U);  // and neither lock nor draft
}

TEST_F(PanelFolderTest, ADamagedFileIsFoundAndReplaced) {
  ASSERT_TRUE(load("a", 'a').ok());
  const std::string whole = read_file(file_of("a")).value();
  std::string other_magic = whole;
  other_magic[0] = 'X';
  std::string other_key = whole;
  other_key[20] ^= 1;
  std::string other_checksum = whole;
  other_checksum[50] ^= 1;
  const std::vector<std::string> damaged = {"",
                                            whole.substr(0, 100),
                                            whole.substr(0, 4096),
                                            whole.substr(0, whole.size() - 1),
                                            whole + "x",
                                            other_magic,
                                            other_key,
                                            other_checksum};
  for (const std::string& bytes : damaged) {
    fs::remove(file_of("a"));
    ASSERT_TRUE(write_file_atomic(file_of("a"), bytes).ok());
    const auto found = PanelFolder(path_, kPlenty).find(key_of("a"), kBytes);
    ASSERT_FALSE(found.ok());
    EXPECT_EQ(found.error().code, ErrorCode::kMalformed);
    EXPECT_THAT(
        found.error().message,
        HasSubstr("expected 14096 bytes that begin with the header of these panels, found " +
                  std::to_string(bytes.size()) + " bytes; the file is damaged, delete it"));
    EXPECT_TRUE(is_all(load("a", 'a').value(), 'a'));
    EXPECT_EQ(read_file(file_of("a")).value(), whole);
  }
}

TEST_F(PanelFolderTest, OnlyOneOfManyProgramsMakesThem) {
  fs::create_directories(path_);
  std::vector<pid_t> children;
  for (int i = 0; i < 6; ++i) {
    const pid_t child = ::fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      const auto panels =
          PanelFolder(path_, kPlenty)
              .find_or_make(key_of("a"), kBytes, [&](const PanelSink& sink) -> Status {
                const std::string line = "made\n";
                const int log =
                    ::open((path_ / "log").c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
                if (::write(log, line.data(), line.size()) < 0) ::_exit(2);
                ::usleep(20'000);  // the others have come by then
                const std::string bytes(kBytes, 'a');
                return sink(std::as_bytes(std::span(bytes)));
              });
      ::_exit(panels.ok() && is_all(*panels, 'a') ? 0 : 1);
    }
    children.push_back(child);
  }
  for (const pid_t child : children) {
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    EXPECT_EQ(status, 0);
  }
  EXPECT_EQ(read_file(path_ / "log").value(), "made\n");
}

TEST_F(PanelFolderTest, TheOneUnusedForLongestGoesFirst) {
  for (const char name : {'a', 'b', 'c'}) ASSERT_TRUE(load({&name, 1}, name).ok());
  set_last_use("a", 3);
  set_last_use("b", 2);
  set_last_use("c", 1);
  ASSERT_TRUE(load("a", 'a').ok());  // used again
  ASSERT_TRUE(load("d", 'd', 3 * kFileBytes).ok());
  EXPECT_FALSE(fs::exists(file_of("b")));
  for (const char* name : {"a", "c", "d"}) EXPECT_TRUE(fs::exists(file_of(name))) << name;
}

TEST_F(PanelFolderTest, WhatIsInUseStays) {
  const auto used = load("a", 'a');
  ASSERT_TRUE(load("b", 'b').ok());
  set_last_use("a", 9);
  ASSERT_TRUE(load("c", 'c', 2 * kFileBytes).ok());
  EXPECT_TRUE(fs::exists(file_of("a")));
  EXPECT_FALSE(fs::exists(file_of("b")));
  fs::remove_all(path_);  // by hand, in spite of that
  EXPECT_TRUE(is_all(*used, 'a'));
}

TEST_F(PanelFolderTest, RefusesWhatTheBoundDoesNotHold) {
  const auto used = load("a", 'a');
  auto refused = load("b", 'b', 2 * kFileBytes - 1);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kLimit);
  EXPECT_EQ(refused.error().message,
            path_.string() +
                ": no room for 14096 bytes: the files in use take 14096 bytes of the 28191 bytes "
                "allowed here, and 1.0 GiB of the disk must stay free");
  ASSERT_TRUE(load("c", 'c').ok());
  EXPECT_FALSE(load("b", 'b', kFileBytes - 1).ok());
  EXPECT_TRUE(fs::exists(file_of("c")));  // removing it would not have helped
}

TEST_F(PanelFolderTest, AFailedWriteLeavesNothingAndKilledWritersAreCleanedUp) {
  const auto failed = PanelFolder(path_, kPlenty)
                          .find_or_make(key_of("a"), kBytes, [](const PanelSink& sink) -> Status {
                            const std::string half(5000, 'a');
                            GANGLION_TRY(sink(std::as_bytes(std::span(half))));
                            return fail(ErrorCode::kIo, "torn");
                          });
  ASSERT_FALSE(failed.ok());
  EXPECT_EQ(failed.error().message, "torn");
  EXPECT_EQ(num_files(), 0U);
  std::ofstream(path_ / "0123.panels.77.part") << "half";
  ASSERT_TRUE(load("a", 'a').ok());
  EXPECT_EQ(num_files(), 1U);
}

TEST_F(PanelFolderTest, NamesThePlaceThatCannotBeWritten) {
  std::ofstream(path_) << "a file where the folder should be";
  const auto refused = load("a", 'a');
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kIo);
  EXPECT_THAT(refused.error().message, HasSubstr(path_.string()));
  EXPECT_EQ(num_made_, 0);
}

}  // namespace
}  // namespace ganglion
