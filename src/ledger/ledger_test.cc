#include "ledger/ledger.h"

#include <gtest/gtest.h>
#include <sys/resource.h>

#include <csignal>
#include <thread>

#include "base/file.h"
#include "ledger/folder_testing.h"
#include "ledger/ledger_reader.h"
#include "ledger/ledger_verification.h"
#include "ledger/record_testing.h"

namespace ganglion {
namespace {

class LedgerTest : public LedgerFolderTest {
 protected:
  std::unique_ptr<Ledger> open(const LedgerOptions& options = {}) {
    auto ledger = Ledger::open(path_, options);
    EXPECT_TRUE(ledger.ok()) << ledger.error().message;
    return std::move(ledger).value();
  }

  // The number of records; fails the test unless the chain is intact.
  int64_t count_verified() {
    const auto verification = verify_ledger(path_);
    EXPECT_TRUE(verification.ok()) << verification.error().message;
    for (const LedgerFault& fault : verification->faults) {
      ADD_FAILURE() << "record " << fault.seq << ": " << fault.message;
    }
    return verification->records;
  }
};

TEST_F(LedgerTest, AnAppendedRecordIsFoundWithAllItsFields) {
  const DecisionRecord record = make_test_record(3);
  { ASSERT_TRUE(open()->append(record).ok()); }
  const auto reader = LedgerReader::open(path_);
  ASSERT_TRUE(reader.ok());
  const auto found = reader->find(record.id);
  ASSERT_TRUE(found.ok()) << found.error().message;
  EXPECT_EQ(found->time_us, record.time_us);
  EXPECT_EQ(found->request_id, "t-0003");
  EXPECT_EQ(found->tier, "person");
  EXPECT_EQ(found->reason, "risk_above_limit");
  EXPECT_EQ(found->confidence, 0.5);
  EXPECT_EQ(found->threshold, 0.8125);
  EXPECT_EQ(found->cost_micros, 250'000);
  EXPECT_EQ(found->correct, true);
  EXPECT_EQ(found->redactions, record.redactions);
  EXPECT_EQ(found->passages.size(), 1u);
  EXPECT_EQ(count_verified(), 1);
}

TEST_F(LedgerTest, FindsByBeginningAndByRequest) {
  {
    const auto ledger = open();
    for (int i = 0; i < 12; ++i) {
      DecisionRecord record = make_test_record(i);
      if (i == 11) record.request_id = "t-0002";
      ASSERT_TRUE(ledger->enqueue(std::move(record)).ok());
    }
  }
  const auto reader = LedgerReader::open(path_);
  EXPECT_EQ(reader->find("01TEST00000000000000000010")->request_id, "t-0010");
  EXPECT_FALSE(reader->find("01TEST0000000000000000001").ok()) << "10 and 11 begin so";
  const auto several = reader->find("01TEST");
  ASSERT_FALSE(several.ok());
  EXPECT_EQ(several.error().code, ErrorCode::kConflict);
  EXPECT_EQ(reader->find("t-0002")->id, make_test_record(11).id) << "the last on that request";
  const auto unknown = reader->find("t-0099");
  ASSERT_FALSE(unknown.ok());
  EXPECT_EQ(unknown.error().message,
            path_.string() + ": no decision 't-0099'; 'ganglion ledger list' shows the ids");
}

TEST_F(LedgerTest, ListsTheNewestFirst) {
  {
    const auto ledger = open();
    for (int i = 0; i < 12; ++i) ASSERT_TRUE(ledger->enqueue(make_test_record(i)).ok());
  }
  const auto reader = LedgerReader::open(path_);
  const auto newest = reader->list({.limit = 3});
  ASSERT_TRUE(newest.ok());
  ASSERT_EQ(newest->size(), 3u);
  EXPECT_EQ(newest->at(0).request_id, "t-0011");
  const auto person = reader->list({.tier = "person"});
  ASSERT_EQ(person->size(), 3u);
  EXPECT_EQ(person->at(2).request_id, "t-0003");
  EXPECT_EQ(reader->list({.reason = "confident"})->size(), 9u);
}

TEST_F(LedgerTest, ManyProducersGetEveryRecordIn) {
  constexpr int kThreads = 8;
  constexpr int kRecords = 200;
  {
    const auto ledger = open({.max_pending_records = 64});
    std::vector<std::thread> producers;
    for (int t = 0; t < kThreads; ++t) {
      producers.emplace_back([&ledger, t] {
        EXPECT_TRUE(ledger->append(make_test_record(t * kRecords)).ok());
        const auto first = ledger->enqueue(make_test_record(t * kRecords + 1));
        auto last = first;
        for (int i = 2; i < kRecords; ++i) {
          last = ledger->enqueue(make_test_record(t * kRecords + i));
        }
        EXPECT_TRUE(ledger->wait_all(*first, *last).ok());
      });
    }
    for (std::thread& producer : producers) producer.join();
    EXPECT_EQ(count_verified(), kThreads * kRecords);
  }
}

TEST_F(LedgerTest, TwoWritersShareOneChain) {
  const auto first = open();
  const auto second = open();
  const auto write = [](Ledger& ledger, int first_number) {
    for (int i = 0; i < 300; ++i) {
      const auto ticket = ledger.enqueue(make_test_record(first_number + i));
      ASSERT_TRUE(ticket.ok());
      if (i % 20 == 19) {
        EXPECT_TRUE(ledger.wait_all(*ticket - 19, *ticket).ok());
      }
    }
  };
  std::thread other([&] { write(*second, 1000); });
  write(*first, 0);
  other.join();
  EXPECT_EQ(count_verified(), 600);
}

TEST_F(LedgerTest, ARepeatedIdIsRefusedAlone) {
  const auto ledger = open();
  ASSERT_TRUE(ledger->append(make_test_record(1)).ok());
  const auto repeated = ledger->enqueue(make_test_record(1));
  const auto fresh = ledger->enqueue(make_test_record(2));
  ASSERT_TRUE(repeated.ok());
  ASSERT_TRUE(fresh.ok());
  EXPECT_TRUE(ledger->wait(*fresh).ok());
  const Status refused = ledger->wait(*repeated);
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.error().code, ErrorCode::kConflict);
  EXPECT_NE(refused.error().message.find(make_test_record(1).id), std::string::npos);
  EXPECT_EQ(ledger->wait_all(*repeated, *fresh).error().code, ErrorCode::kConflict);
  EXPECT_FALSE(ledger->wait_all(*repeated, *fresh).ok()) << "asking does not consume a failure";
  EXPECT_TRUE(ledger->wait_all(*fresh, *fresh).ok());
  EXPECT_EQ(count_verified(), 2);
}

TEST_F(LedgerTest, AForgottenFailureIsNotTakenForSuccess) {
  constexpr int kFailures = 4'096 + 10;
  const auto ledger = open();
  const auto good = ledger->enqueue(make_test_record(1));
  const auto first_refused = ledger->enqueue(make_test_record(1));
  auto last_refused = first_refused;
  for (int i = 1; i < kFailures; ++i) last_refused = ledger->enqueue(make_test_record(1));
  const auto fresh = ledger->enqueue(make_test_record(2));
  ASSERT_TRUE(fresh.ok());
  EXPECT_TRUE(ledger->wait(*fresh).ok());
  EXPECT_EQ(ledger->wait(*last_refused).error().code, ErrorCode::kConflict);
  EXPECT_EQ(ledger->wait(*first_refused + 10).error().code, ErrorCode::kConflict);
  for (const Ledger::Ticket forgotten : {*first_refused, *first_refused + 9}) {
    const Status unknown = ledger->wait(forgotten);
    ASSERT_FALSE(unknown.ok());
    EXPECT_EQ(unknown.error().code, ErrorCode::kUnavailable);
    EXPECT_NE(unknown.error().message.find("look it up by its id"), std::string::npos);
  }
  EXPECT_FALSE(ledger->wait_all(*good, *fresh).ok());
  EXPECT_TRUE(ledger->wait(*good).ok()) << "durable before the first failure";
  EXPECT_EQ(count_verified(), 2);
}

TEST_F(LedgerTest, AWrongRecordIsRefusedAtOnce) {
  const auto ledger = open();
  DecisionRecord record = make_test_record(1);
  record.tier.clear();
  EXPECT_FALSE(ledger->append(record).ok());
  EXPECT_EQ(count_verified(), 0);
}

TEST_F(LedgerTest, AFullDiskIsReportedAndLosesNothingAcknowledged) {
  const auto ledger = open();
  rlimit before{};
  ASSERT_EQ(getrlimit(RLIMIT_FSIZE, &before), 0);
  const rlimit small = {.rlim_cur = 128 * 1024, .rlim_max = before.rlim_max};
  const auto previous = std::signal(SIGXFSZ, SIG_IGN);
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &small), 0);
  int64_t acknowledged = 0;
  Status status;
  while (acknowledged < 5000) {
    status = ledger->append(make_test_record(acknowledged));
    if (!status.ok()) break;
    ++acknowledged;
  }
  ASSERT_EQ(setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, previous);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kIo);
  EXPECT_EQ(count_verified(), acknowledged);
  EXPECT_TRUE(ledger->append(make_test_record(9999)).ok()) << "works again once there is space";
  EXPECT_EQ(count_verified(), acknowledged + 1);
}

TEST_F(LedgerTest, AForeignFileIsRefused) {
  ASSERT_TRUE(write_file_atomic(path_, "ticket,label\n").ok());
  const auto ledger = Ledger::open(path_);
  ASSERT_FALSE(ledger.ok());
  EXPECT_EQ(ledger.error().code, ErrorCode::kMalformed);
}

}  // namespace
}  // namespace ganglion
