#include "ledger/ledger.h"

#include <algorithm>
#include <utility>

#include "ledger/decision_json.h"
#include "ledger/hash_chain.h"
#include "ledger/ledger_schema.h"
#include "store/statement.h"

namespace ganglion {
namespace {

// Bounds the memory that failures take; that older ones are unknown is remembered.
constexpr size_t kMaxFailures = 4096;

// Read anew for each batch: another process may have appended.
Result<ChainHead> read_head(Database& database) {
  GANGLION_ASSIGN(Statement select,
                  database.prepare("SELECT seq, chain FROM decisions ORDER BY seq DESC LIMIT 1"));
  GANGLION_ASSIGN(const bool has_row, select.step());
  ChainHead head;
  if (!has_row) return head;
  head.seq = select.column_int64(0);
  const auto digest = select.column_blob(1);
  if (digest.size() != head.digest.size()) {
    return fail(ErrorCode::kMalformed,
                "{}: record {} has a chain digest of {} bytes, expected {}; run 'ganglion ledger "
                "verify' and restore a backup",
                database.path().string(), head.seq, digest.size(), head.digest.size());
  }
  std::ranges::copy(digest, head.digest.begin());
  return head;
}

Status insert_record(Statement& insert, const ChainHead& head, const DecisionRecord& record,
                     std::string_view details) {
  const std::optional<int64_t> correct =
      record.correct ? std::optional<int64_t>(*record.correct) : std::nullopt;
  insert.bind(1, head.seq)
      .bind(2, record.id)
      .bind(3, record.time_us)
      .bind(4, record.request_id)
      .bind(5, record.skill)
      .bind(6, record.mesh_sha256)
      .bind(7, record.input_sha256)
      .bind(8, record.tier)
      .bind(9, record.answer)
      .bind(10, record.reason)
      .bind(11, record.confidence)
      .bind(12, record.threshold)
      .bind(13, correct)
      .bind(14, record.tokens_in)
      .bind(15, record.tokens_out)
      .bind(16, record.latency_us)
      .bind(17, record.cost_micros)
      .bind(18, details)
      .bind(19, std::span<const uint8_t>(head.digest));
  return insert.run();
}

}  // namespace

Result<std::unique_ptr<Ledger>> Ledger::open(const std::filesystem::path& path,
                                             const LedgerOptions& options) {
  GANGLION_ASSIGN(Database database, Database::open(path, kLedgerSchema, OpenMode::kCreate));
  return std::unique_ptr<Ledger>(new Ledger(std::move(database), options));
}

Ledger::Ledger(Database database, const LedgerOptions& options)
    : options_(options), database_(std::move(database)), writer_([this] { write_batches(); }) {}

Ledger::~Ledger() {
  {
    const std::lock_guard lock(mutex_);
    is_closing_ = true;
  }
  has_work_.notify_one();
  writer_.join();
}

Status Ledger::append(DecisionRecord record) {
  GANGLION_ASSIGN(const Ticket ticket, enqueue(std::move(record)));
  return wait(ticket);
}

Result<Ledger::Ticket> Ledger::enqueue(DecisionRecord record) {
  GANGLION_TRY(check_record(record));
  std::string details = details_to_json(record);
  std::unique_lock lock(mutex_);
  settled_changed_.wait(lock,
                        [this] { return next_ticket_ - settled_ < options_.max_pending_records; });
  pending_.push_back({std::move(record), std::move(details)});
  if (pending_.size() == 1) has_work_.notify_one();
  return next_ticket_++;
}

Status Ledger::wait(Ticket ticket) { return wait_all(ticket, ticket); }

Status Ledger::wait_all(Ticket first, Ticket last) {
  GANGLION_ASSERT(first <= last);
  std::unique_lock lock(mutex_);
  settled_changed_.wait(lock, [&] { return settled_ > last; });
  if (first < forgotten_end_ && last >= forgotten_begin_) {
    return fail(ErrorCode::kUnavailable,
                "{}: the outcome of this record is no longer known; look it up by its id",
                database_.path().string());
  }
  const auto failure = std::ranges::lower_bound(failures_, first, {}, &Failure::last);
  if (failure != failures_.end() && failure->first <= last) return failure->error;
  return {};
}

void Ledger::remember(std::vector<Failure> failed) {
  std::ranges::move(failed, std::back_inserter(failures_));
  if (failures_.size() <= kMaxFailures) return;
  const auto kept = failures_.end() - kMaxFailures;
  if (forgotten_end_ == 0) forgotten_begin_ = failures_.front().first;
  forgotten_end_ = std::prev(kept)->last + 1;
  failures_.erase(failures_.begin(), kept);
}

void Ledger::write_batches() {
  std::vector<Pending> batch;
  std::unique_lock lock(mutex_);
  while (true) {
    has_work_.wait(lock, [this] { return !pending_.empty() || is_closing_; });
    if (pending_.empty()) return;
    std::swap(batch, pending_);
    const Ticket first = settled_;
    lock.unlock();
    std::vector<Failure> failed = commit_batch(batch, first);
    lock.lock();
    settled_ = first + batch.size();
    remember(std::move(failed));
    settled_changed_.notify_all();
    batch.clear();
  }
}

std::vector<Ledger::Failure> Ledger::commit_batch(const std::vector<Pending>& batch, Ticket first) {
  std::vector<Failure> refused;
  const Status status = try_commit(batch, first, refused);
  if (!status.ok()) return {{first, first + batch.size() - 1, status.error()}};
  return refused;
}

Status Ledger::try_commit(const std::vector<Pending>& batch, Ticket first,
                          std::vector<Failure>& refused) {
  GANGLION_ASSIGN(Transaction transaction, Transaction::begin(database_));
  GANGLION_ASSIGN(ChainHead head, read_head(database_));
  GANGLION_ASSIGN(Statement insert,
                  database_.prepare(fmt::format("INSERT INTO decisions(seq, {}) VALUES("
                                                "?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
                                                kRecordColumns)));
  for (size_t i = 0; i < batch.size(); ++i) {
    const ChainHead next = next_in_chain(head, batch[i].record, batch[i].details);
    const Status status = insert_record(insert, next, batch[i].record, batch[i].details);
    if (status.ok()) {
      head = next;
    } else if (status.error().code == ErrorCode::kConflict) {
      refused.push_back({first + i, first + i,
                         at_place(fmt::format("record '{}'", batch[i].record.id), status.error())});
    } else {
      return status;
    }
  }
  if (head.seq == 0) return {};
  GANGLION_ASSIGN(Statement insert_head,
                  database_.prepare("INSERT OR REPLACE INTO heads(seq, chain) VALUES(?,?)"));
  GANGLION_TRY(insert_head.bind(1, head.seq).bind(2, std::span<const uint8_t>(head.digest)).run());
  return transaction.commit();
}

}  // namespace ganglion
