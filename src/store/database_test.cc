#include "store/database.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <string>
#include <thread>
#include <vector>

#include "base/file.h"
#include "store/statement.h"

namespace ganglion {
namespace {

constexpr std::array<std::string_view, 1> kFirst = {"CREATE TABLE notes(text TEXT UNIQUE);"};
constexpr std::array<std::string_view, 2> kSecond = {kFirst[0],
                                                     "ALTER TABLE notes ADD COLUMN author TEXT;"};
constexpr DatabaseSchema kSchema = {.kind = "notebook", .application_id = 77, .steps = kFirst};
constexpr DatabaseSchema kNewerSchema = {
    .kind = "notebook", .application_id = 77, .steps = kSecond};
constexpr DatabaseSchema kOtherSchema = {.kind = "diary", .application_id = 78, .steps = kFirst};

class DatabaseTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
    path_ = folder_ / "notes.db";
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  static Status add_note(Database& database, std::string_view text) {
    GANGLION_ASSIGN(Statement insert, database.prepare("INSERT INTO notes(text) VALUES(?)"));
    return insert.bind(1, text).run();
  }

  static int64_t count_notes(Database& database) {
    auto select = database.prepare("SELECT count(*) FROM notes");
    EXPECT_TRUE(select->step().ok());
    return select->column_int64(0);
  }

  std::filesystem::path folder_;
  std::filesystem::path path_;
};

std::string message_of(const Result<Database>& result) {
  return result.ok() ? "opened" : result.error().message;
}

TEST_F(DatabaseTest, KeepsWhatWasCommittedAndUndoesTheRest) {
  {
    auto database = Database::open(path_, kSchema, OpenMode::kCreate);
    ASSERT_TRUE(database.ok()) << message_of(database);
    auto kept = Transaction::begin(*database);
    ASSERT_TRUE(kept.ok());
    ASSERT_TRUE(add_note(*database, "kept").ok());
    ASSERT_TRUE(kept->commit().ok());
    auto dropped = Transaction::begin(*database);
    ASSERT_TRUE(add_note(*database, "dropped").ok());
  }
  auto database = Database::open(path_, kSchema, OpenMode::kReadOnly);
  ASSERT_TRUE(database.ok()) << message_of(database);
  EXPECT_EQ(count_notes(*database), 1);
  EXPECT_FALSE(add_note(*database, "read-only").ok());
}

TEST_F(DatabaseTest, ValuesComeBackAsTheyWentIn) {
  auto database = Database::open(path_, kSchema, OpenMode::kCreate);
  ASSERT_TRUE(database.ok());
  auto select = database->prepare("SELECT ?, ?, ?, ?, ?, ?");
  ASSERT_TRUE(select.ok());
  const std::array<uint8_t, 3> blob = {0, 255, 7};
  const std::string text("a\0b", 3);
  select->bind(1, INT64_MIN).bind(2, 0.1).bind(3, text).bind(4, blob).bind_null(5).bind(6, "");
  ASSERT_TRUE(*select->step());
  EXPECT_EQ(select->column_int64(0), INT64_MIN);
  EXPECT_EQ(select->column_double(1), 0.1);
  EXPECT_EQ(select->column_text(2), text);
  EXPECT_TRUE(std::ranges::equal(select->column_blob(3), blob));
  EXPECT_EQ(select->column_optional_int64(4), std::nullopt);
  EXPECT_FALSE(select->column_is_null(5));
  EXPECT_FALSE(*select->step());
}

TEST_F(DatabaseTest, AUniquenessConflictHasItsOwnCode) {
  auto database = Database::open(path_, kSchema, OpenMode::kCreate);
  ASSERT_TRUE(add_note(*database, "one").ok());
  const Status second = add_note(*database, "one");
  ASSERT_FALSE(second.ok());
  EXPECT_EQ(second.error().code, ErrorCode::kConflict);
}

TEST_F(DatabaseTest, UpgradesAnOlderFileAndRefusesANewerOne) {
  { ASSERT_TRUE(Database::open(path_, kSchema, OpenMode::kCreate).ok()); }
  auto old = Database::open(path_, kNewerSchema, OpenMode::kReadOnly);
  ASSERT_FALSE(old.ok());
  EXPECT_EQ(old.error().message, path_.string() +
                                     ": this notebook has format version 1, expected 2; a command "
                                     "that writes upgrades it");
  { ASSERT_TRUE(Database::open(path_, kNewerSchema, OpenMode::kCreate).ok()); }
  auto newer = Database::open(path_, kSchema, OpenMode::kCreate);
  ASSERT_FALSE(newer.ok());
  EXPECT_EQ(newer.error().code, ErrorCode::kUnsupported);
  EXPECT_EQ(newer.error().message, path_.string() +
                                       ": this notebook has format version 2, and this program "
                                       "knows versions up to 1; use a newer ganglion");
}

TEST_F(DatabaseTest, RefusesAForeignDatabaseAndLeavesItAlone) {
  { ASSERT_TRUE(Database::open(path_, kOtherSchema, OpenMode::kCreate).ok()); }
  auto foreign = Database::open(path_, kSchema, OpenMode::kCreate);
  ASSERT_FALSE(foreign.ok());
  EXPECT_EQ(foreign.error().message,
            path_.string() +
                ": an SQLite file, but not a Ganglion notebook (application id 0x4e, expected "
                "0x4d); give another path");
  EXPECT_TRUE(Database::open(path_, kOtherSchema, OpenMode::kReadOnly).ok());
}

TEST_F(DatabaseTest, RefusesAFileThatIsNotSqlite) {
  ASSERT_TRUE(write_file_atomic(path_, std::string(5000, 'x')).ok());
  auto text = Database::open(path_, kSchema, OpenMode::kCreate);
  ASSERT_FALSE(text.ok());
  EXPECT_EQ(text.error().code, ErrorCode::kMalformed);
  EXPECT_EQ(text.error().message,
            path_.string() +
                ": cannot access the notebook: file is not a database; give another path, or move "
                "the file away");
  EXPECT_EQ(*read_file(path_), std::string(5000, 'x'));
}

TEST_F(DatabaseTest, SaysThatADamagedFileIsDamaged) {
  {
    auto database = Database::open(path_, kSchema, OpenMode::kCreate);
    auto transaction = Transaction::begin(*database);
    for (int i = 0; i < 500; ++i) {
      ASSERT_TRUE(add_note(*database, std::to_string(i) + std::string(200, '.')).ok());
    }
    ASSERT_TRUE(transaction->commit().ok());
  }
  std::string bytes = *read_file(path_);
  for (size_t i = 4096; i < bytes.size(); ++i) bytes[i] = static_cast<char>(0xA5);
  ASSERT_TRUE(write_file_atomic(path_, bytes).ok());
  auto database = Database::open(path_, kSchema, OpenMode::kCreate);
  ASSERT_TRUE(database.ok()) << message_of(database);
  const Status status = add_note(*database, "one more");
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kMalformed);
  EXPECT_NE(status.error().message.find("restore it from a backup"), std::string::npos)
      << status.error().message;
}

TEST_F(DatabaseTest, SeveralMayCreateTheSameFileAtOnce) {
  for (int round = 0; round < 10; ++round) {
    const std::filesystem::path path = folder_ / std::to_string(round);
    std::vector<std::thread> openers;
    for (int i = 0; i < 4; ++i) {
      openers.emplace_back([&path, i] {
        auto database = Database::open(path, kSchema, OpenMode::kCreate);
        ASSERT_TRUE(database.ok()) << message_of(database);
        EXPECT_TRUE(add_note(*database, std::to_string(i)).ok());
      });
    }
    for (std::thread& opener : openers) opener.join();
    auto database = Database::open(path, kSchema, OpenMode::kReadOnly);
    EXPECT_EQ(count_notes(*database), 4);
  }
}

TEST_F(DatabaseTest, AnExistingFileIsUpgradedAndWritten) {
  { ASSERT_TRUE(Database::open(path_, kSchema, OpenMode::kCreate).ok()); }
  auto database = Database::open(path_, kNewerSchema, OpenMode::kWrite);
  ASSERT_TRUE(database.ok()) << database.error().message;
  EXPECT_TRUE(add_note(*database, "more").ok());
}

TEST_F(DatabaseTest, NamesAMissingFileOrFolder) {
  for (const OpenMode mode : {OpenMode::kReadOnly, OpenMode::kWrite}) {
    auto missing = Database::open(path_, kSchema, mode);
    ASSERT_FALSE(missing.ok());
    EXPECT_EQ(missing.error().message, path_.string() + ": no such notebook; check the path");
    EXPECT_FALSE(std::filesystem::exists(path_));
  }
  auto lost = Database::open(folder_ / "deep" / "notes.db", kSchema, OpenMode::kCreate);
  ASSERT_FALSE(lost.ok());
  EXPECT_EQ(lost.error().code, ErrorCode::kNotFound);
  auto folder = Database::open(folder_, kSchema, OpenMode::kCreate);
  ASSERT_FALSE(folder.ok());
  EXPECT_EQ(folder.error().code, ErrorCode::kInvalidArgument);
}

TEST_F(DatabaseTest, AFullDiskIsAnErrorAndLosesNothing) {
  auto database = Database::open(path_, kSchema, OpenMode::kCreate);
  ASSERT_TRUE(add_note(*database, "before").ok());
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {.rlim_cur = 64 * 1024, .rlim_max = before.rlim_max};
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  int64_t added = 1;
  Status status;
  while (status.ok() && added < 1000) {
    status = add_note(*database, std::to_string(added) + std::string(1000, '.'));
    if (status.ok()) ++added;
  }
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, previous);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_NE(status.error().message.find("free"), std::string::npos) << status.error().message;
  EXPECT_EQ(count_notes(*database), added);
  EXPECT_TRUE(add_note(*database, "after").ok());
}

}  // namespace
}  // namespace ganglion
