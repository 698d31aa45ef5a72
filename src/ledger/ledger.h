// The writing side of the audit ledger.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/result.h"
#include "ledger/decision_record.h"
#include "store/database.h"

namespace ganglion {

struct LedgerOptions {
  // Producers wait while this many records are on their way to the disk.
  size_t max_pending_records = 65'536;
};

// Appends decision records to an SQLite file, many to one disk flush (group commit): while one
// batch is being flushed, the next one gathers. A record is acknowledged only after its COMMIT, so
// what was acknowledged survives a crash of the process or the machine.
//
// Thread-safe. Several processes may write one file; their records interleave in one hash chain.
class Ledger {
 public:
  // Names an enqueued record for wait().
  using Ticket = uint64_t;

  // Creates the file where there is none. Fails as Database::open does.
  static Result<std::unique_ptr<Ledger>> open(const std::filesystem::path& path,
                                              const LedgerOptions& options = {});

  // Commits what is pending.
  ~Ledger();

  // Returns when the record is durable. Fails when check_record() refuses it, its id is there
  // already (kConflict) or the file cannot be written; it is then not in the ledger.
  Status append(DecisionRecord record);

  // Returns at once (unless max_pending_records wait): the record is durable only when wait() or
  // wait_all() says so. Tickets ascend. Fails when check_record() refuses it.
  Result<Ticket> enqueue(DecisionRecord record);

  // Returns when that record is durable, or with the reason why it is not in the ledger. The
  // reasons of the last 4,096 failures are kept; kUnavailable where the outcome is not known any
  // more. Asking again gives the same answer until then.
  Status wait(Ticket ticket);

  // As wait() for every record from `first` to `last`, with the first failure among them. What
  // other producers enqueued in between counts too. Requires first <= last.
  Status wait_all(Ticket first, Ticket last);

 private:
  struct Pending {
    DecisionRecord record;
    std::string details;
  };
  // Tickets [first, last] failed for one reason.
  struct Failure {
    Ticket first;
    Ticket last;
    Error error;
  };

  Ledger(Database database, const LedgerOptions& options);
  void write_batches();
  // Needs mutex_.
  void remember(std::vector<Failure> failed);
  // Writes the batch whose first ticket is `first` in one transaction and returns what failed.
  std::vector<Failure> commit_batch(const std::vector<Pending>& batch, Ticket first);
  Status try_commit(const std::vector<Pending>& batch, Ticket first, std::vector<Failure>& refused);

  const LedgerOptions options_;
  Database database_;  // but for path(), used by writer_ only

  std::mutex mutex_;
  std::condition_variable has_work_;
  std::condition_variable settled_changed_;
  std::vector<Pending> pending_;
  Ticket next_ticket_ = 0;
  Ticket settled_ = 0;             // every ticket below is durable or in failures_
  std::vector<Failure> failures_;  // ascending
  // [forgotten_begin_, forgotten_end_) holds the failures dropped from failures_, and perhaps
  // records that are durable: the outcome of each is unknown.
  Ticket forgotten_begin_ = 0;
  Ticket forgotten_end_ = 0;
  bool is_closing_ = false;

  std::thread writer_;
};

}  // namespace ganglion
