#include "ledger/ledger_verification.h"

#include <sqlite3.h>

#include <gtest/gtest.h>

#include "ledger/folder_testing.h"
#include "ledger/ledger.h"
#include "ledger/record_testing.h"

namespace ganglion {
namespace {

constexpr int kRecords = 40;

class LedgerVerificationTest : public LedgerFolderTest {
 protected:
  void SetUp() override {
    LedgerFolderTest::SetUp();
    const auto ledger = Ledger::open(path_);
    ASSERT_TRUE(ledger.ok());
    for (int i = 1; i <= kRecords; ++i) {
      const auto ticket = (*ledger)->enqueue(make_test_record(i));
      ASSERT_TRUE(ticket.ok());
      if (i % 7 == 0) {
        ASSERT_TRUE((*ledger)->wait(*ticket).ok());
      }
    }
  }

  // Changes the file behind the ledger's back.
  void tamper(const std::string& sql) {
    sqlite3* handle = nullptr;
    ASSERT_EQ(sqlite3_open(path_.c_str(), &handle), SQLITE_OK);
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(handle, sql.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
    sqlite3_close(handle);
  }

  std::vector<LedgerFault> faults(const std::optional<ChainHead>& known_head = {}) {
    const auto verification = verify_ledger(path_, known_head);
    EXPECT_TRUE(verification.ok());
    return verification->faults;
  }
};

TEST_F(LedgerVerificationTest, AnUntouchedLedgerIsIntact) {
  const auto verification = verify_ledger(path_);
  ASSERT_TRUE(verification.ok());
  EXPECT_TRUE(verification->faults.empty());
  EXPECT_EQ(verification->records, kRecords);
  EXPECT_GE(verification->commits, kRecords / 7);
  EXPECT_EQ(verification->head.seq, kRecords);
}

TEST_F(LedgerVerificationTest, AChangeOfAnyColumnIsFoundAtItsRecord) {
  for (const char* change : {"id = 'other'",         "time_us = time_us + 1",
                             "request_id = ''",      "skill = 'urgency'",
                             "mesh_sha256 = ''",     "input_sha256 = ''",
                             "tier = 'local'",       "answer = 'x'",
                             "reason = 'x'",         "confidence = confidence + 1e-9",
                             "threshold = NULL",     "correct = 1 - correct",
                             "correct = NULL",       "tokens_in = 0",
                             "tokens_out = 1",       "latency_us = 1",
                             "cost_micros = 0",      "details = replace(details, 'EMAIL', 'PHONE')",
                             "chain = zeroblob(32)", "chain = x''"}) {
    tamper("CREATE TABLE kept AS SELECT * FROM decisions WHERE seq = 17");
    tamper(std::string("UPDATE decisions SET ") + change + " WHERE seq = 17");
    const auto found = faults();
    ASSERT_FALSE(found.empty()) << change;
    EXPECT_EQ(found[0].seq, 17) << change;
    tamper("REPLACE INTO decisions SELECT * FROM kept; DROP TABLE kept");
    ASSERT_TRUE(faults().empty()) << change;
  }
}

TEST_F(LedgerVerificationTest, RemovedInsertedAndReorderedRecordsAreFound) {
  tamper("CREATE TABLE kept AS SELECT * FROM decisions");
  const auto restore = [this] {
    tamper("DELETE FROM decisions; INSERT INTO decisions SELECT * FROM kept");
    ASSERT_TRUE(faults().empty());
  };
  tamper("DELETE FROM decisions WHERE seq = 5");
  EXPECT_EQ(faults().at(0).seq, 6);
  restore();
  tamper(
      "DELETE FROM decisions WHERE seq = 5; UPDATE decisions SET seq = -seq WHERE seq > 5;"
      "UPDATE decisions SET seq = -seq - 1 WHERE seq < 0");
  EXPECT_EQ(faults().at(0).seq, 5);
  restore();
  tamper(
      "UPDATE decisions SET seq = 1000 WHERE seq = 5; UPDATE decisions SET seq = 5 WHERE seq = 6;"
      "UPDATE decisions SET seq = 6 WHERE seq = 1000");
  EXPECT_EQ(faults().at(0).seq, 5);
  restore();
  tamper(
      "INSERT INTO decisions SELECT 41, 'forged', time_us, request_id, skill, mesh_sha256, "
      "input_sha256, tier, answer, reason, confidence, threshold, correct, tokens_in, tokens_out,"
      "latency_us, cost_micros, details, chain FROM decisions WHERE seq = 40");
  EXPECT_EQ(faults().at(0).seq, 41);
  restore();
  tamper("DELETE FROM decisions WHERE seq > 38");
  EXPECT_FALSE(faults().empty()) << "a cut end is found by the noted commits";
}

TEST_F(LedgerVerificationTest, ACutEndIsFoundByAHeadNotedBefore) {
  const ChainHead head = verify_ledger(path_)->head;
  tamper("DELETE FROM decisions WHERE seq > 35; DELETE FROM heads WHERE seq > 35");
  EXPECT_TRUE(faults().empty()) << "undetectable without a noted head: see docs/decisions";
  const auto found = faults(head);
  ASSERT_EQ(found.size(), 1u);
  EXPECT_EQ(found[0].seq, kRecords);
  const auto parsed = parse_head(format_head(head));
  ASSERT_TRUE(parsed.ok());
  EXPECT_EQ(*parsed, head);
}

TEST_F(LedgerVerificationTest, AHeadThatIsNoneIsRefused) {
  for (const char* text : {"", "12", "x:00", "12:", "12:zz", ":aa", "-1:00"}) {
    EXPECT_FALSE(parse_head(text).ok()) << text;
  }
  EXPECT_FALSE(parse_head("5:" + std::string(63, 'a') + "g").ok());
  EXPECT_TRUE(parse_head("5:" + std::string(64, 'a')).ok());
}

TEST_F(LedgerVerificationTest, ManyFaultsAreCutShort) {
  tamper("UPDATE decisions SET answer = 'x'");
  EXPECT_EQ(faults().size(), LedgerVerification::kMaxFaults);
}

}  // namespace
}  // namespace ganglion
