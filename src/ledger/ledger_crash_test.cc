// kill -9 while records are written: whatever was acknowledged is there afterwards.

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <set>
#include <thread>

#include "base/file_descriptor.h"
#include "base/rng.h"
#include "ledger/folder_testing.h"
#include "ledger/ledger.h"
#include "ledger/ledger_reader.h"
#include "ledger/ledger_verification.h"
#include "ledger/record_testing.h"

namespace ganglion {
namespace {

constexpr int kKills = 200;           // at least
constexpr int kMaxKills = 5000;       // of writers too slow to write much before they die
constexpr size_t kMinRecords = 1000;  // fewer acknowledged ones would prove nothing
constexpr int kKillsPerFile = 10;
constexpr int64_t kRecordsPerRun = 100'000;
constexpr int64_t kSyncProducers = 2;

void report(int pipe, int64_t number) {
  if (::write(pipe, &number, sizeof number) != sizeof number) _exit(3);
}

// Never returns: appends until it is killed. Reports the number of each acknowledged record, some
// acknowledged one by one and some in pipelined batches.
[[noreturn]] void write_until_killed(const std::filesystem::path& path, int64_t first, int pipe) {
  auto ledger = Ledger::open(path);
  if (!ledger.ok()) _exit(2);
  std::vector<std::thread> producers;
  for (int64_t producer = 0; producer < kSyncProducers; ++producer) {
    producers.emplace_back([&ledger, first, pipe, producer] {
      for (int64_t i = first + producer;; i += kSyncProducers + 1) {
        if (!(*ledger)->append(make_test_record(i)).ok()) _exit(4);
        report(pipe, i);
      }
    });
  }
  std::vector<int64_t> batch;
  Ledger::Ticket first_ticket = 0;
  for (int64_t i = first + kSyncProducers;; i += kSyncProducers + 1) {
    const auto ticket = (*ledger)->enqueue(make_test_record(i));
    if (!ticket.ok()) _exit(5);
    if (batch.empty()) first_ticket = *ticket;
    batch.push_back(i);
    if (batch.size() < 32) continue;
    if (!(*ledger)->wait_all(first_ticket, *ticket).ok()) _exit(6);
    for (const int64_t number : batch) report(pipe, number);
    batch.clear();
  }
}

// Runs a writer, kills it about `delay_us` after its start and returns what it acknowledged.
std::vector<int64_t> run_and_kill(const std::filesystem::path& path, int64_t first,
                                  uint64_t delay_us) {
  std::array<int, 2> ends{};
  EXPECT_EQ(::pipe(ends.data()), 0);
  FileDescriptor reading(ends[0]);
  FileDescriptor writing(ends[1]);
  const pid_t child = ::fork();
  if (child == 0) write_until_killed(path, first, ends[1]);
  writing = FileDescriptor();
  ::usleep(static_cast<useconds_t>(delay_us));
  ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  EXPECT_TRUE(WIFSIGNALED(status)) << "the writer ended by itself, code " << WEXITSTATUS(status);
  std::vector<int64_t> acknowledged;
  int64_t number = 0;
  while (::read(reading.get(), &number, sizeof number) == sizeof number) {
    acknowledged.push_back(number);
  }
  return acknowledged;
}

class LedgerCrashTest : public LedgerFolderTest {
 protected:
  // Every acknowledged record is there, and the chain is intact. True unless the file is empty.
  void check(const std::set<std::string>& acknowledged) const {
    if (acknowledged.empty() && !std::filesystem::exists(path_)) return;
    { ASSERT_TRUE(Ledger::open(path_).ok()); }  // finishes a creation that was cut short
    const auto verification = verify_ledger(path_);
    ASSERT_TRUE(verification.ok()) << verification.error().message;
    for (const LedgerFault& fault : verification->faults) {
      ADD_FAILURE() << "record " << fault.seq << ": " << fault.message;
    }
    ASSERT_GE(verification->records, static_cast<int64_t>(acknowledged.size()));
    const auto reader = LedgerReader::open(path_);
    const auto records = reader->list({.limit = static_cast<size_t>(verification->records)});
    ASSERT_TRUE(records.ok());
    std::set<std::string> present;
    for (const DecisionRecord& record : *records) present.insert(record.id);
    for (const std::string& id : acknowledged) {
      ASSERT_TRUE(present.contains(id)) << "lost the acknowledged record " << id;
    }
  }
};

TEST_F(LedgerCrashTest, KilledAtRandomMomentsLosesNothingAcknowledged) {
  Rng rng(20'261'120);
  std::set<std::string> acknowledged;
  size_t total = 0;
  for (int kill = 0; kill < kKills || (total <= kMinRecords && kill < kMaxKills); ++kill) {
    if (kill % kKillsPerFile == 0) {
      // Each file's first writers are killed early, while they create it.
      std::filesystem::remove_all(folder_);
      std::filesystem::create_directories(folder_);
      acknowledged.clear();
    }
    const uint64_t delay_us = kill % kKillsPerFile < 2 ? rng.below(8'000) : rng.below(60'000);
    for (const int64_t number : run_and_kill(path_, kill * kRecordsPerRun, delay_us)) {
      acknowledged.insert(make_test_record(number).id);
      ++total;
    }
    check(acknowledged);
    if (HasFatalFailure()) FAIL() << "after kill " << kill;
  }
  RecordProperty("acknowledged", static_cast<int>(total));
  EXPECT_GT(total, kMinRecords);
}

}  // namespace
}  // namespace ganglion
