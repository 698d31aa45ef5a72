#include "ledger/ledger_verification.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <utility>

#include "ledger/ledger_schema.h"

namespace ganglion {
namespace {

// Collects faults and stops adding at the limit.
class FaultList {
 public:
  explicit FaultList(std::vector<LedgerFault>& faults) : faults_(faults) {}
  void add(int64_t seq, std::string message) {
    if (faults_.size() < LedgerVerification::kMaxFaults)
      faults_.push_back({seq, std::move(message)});
  }

 private:
  std::vector<LedgerFault>& faults_;
};

Status check_pages(Database& database, FaultList& faults) {
  GANGLION_ASSIGN(Statement check, database.prepare("PRAGMA quick_check(5)"));
  while (true) {
    GANGLION_ASSIGN(const bool has_row, check.step());
    if (!has_row) return {};
    if (check.column_text(0) != "ok") {
      faults.add(0, fmt::format("damaged file: {}", check.column_text(0)));
    }
  }
}

// The heads of all commits, in order, walked beside the records.
class HeadCursor {
 public:
  static Result<HeadCursor> open(Database& database) {
    GANGLION_ASSIGN(Statement rows, database.prepare("SELECT seq, chain FROM heads ORDER BY seq"));
    HeadCursor cursor(std::move(rows));
    GANGLION_TRY(cursor.advance());
    return cursor;
  }

  // Compares with `stored`, the digest of record `seq`; heads before it have lost their record.
  Status pass(int64_t seq, std::span<const uint8_t> stored, FaultList& faults) {
    while (has_row_ && rows_.column_int64(0) <= seq) {
      if (rows_.column_int64(0) < seq) {
        faults.add(rows_.column_int64(0), "a commit ended here, but its last record is missing");
      } else if (!std::ranges::equal(rows_.column_blob(1), stored)) {
        faults.add(seq, "the digest differs from the one noted at its commit");
      }
      last_seq_ = rows_.column_int64(0);
      ++commits_;
      GANGLION_TRY(advance());
    }
    return {};
  }

  // After the last record.
  Status finish(int64_t last_record, FaultList& faults) {
    GANGLION_TRY(pass(INT64_MAX, {}, faults));
    if (last_seq_ < last_record) {
      faults.add(last_seq_ + 1, "records follow that no commit of the ledger wrote");
    }
    return {};
  }

  int64_t commits() const { return commits_; }

 private:
  explicit HeadCursor(Statement rows) : rows_(std::move(rows)) {}
  Status advance() {
    GANGLION_ASSIGN(has_row_, rows_.step());
    return {};
  }

  Statement rows_;
  bool has_row_ = false;
  int64_t last_seq_ = 0;
  int64_t commits_ = 0;
};

// One record against the chain. Goes on from the stored digest, so that one change is one fault.
ChainHead check_row(const Statement& row, const ChainHead& previous, FaultList& faults) {
  const int64_t seq = row.column_int64(kChainColumn + 1);
  if (seq != previous.seq + 1) {
    faults.add(seq, fmt::format("follows record {}: records between were removed", previous.seq));
  }
  const auto stored = row.column_blob(kChainColumn);
  ChainHead next =
      next_in_chain({seq - 1, previous.digest}, read_columns(row), row.column_text(kDetailsColumn));
  if (!std::ranges::equal(stored, next.digest)) {
    faults.add(seq, fmt::format("changed after it was written (id {})", row.column_text(0)));
    std::copy_n(stored.begin(), std::min(stored.size(), next.digest.size()), next.digest.begin());
  }
  return next;
}

}  // namespace

Result<LedgerVerification> verify_ledger(const std::filesystem::path& path,
                                         const std::optional<ChainHead>& known_head) {
  GANGLION_ASSIGN(Database database, Database::open(path, kLedgerSchema, OpenMode::kReadOnly));
  LedgerVerification result;
  FaultList faults(result.faults);
  GANGLION_TRY(database.execute("BEGIN"));
  GANGLION_TRY(check_pages(database, faults));
  GANGLION_ASSIGN(HeadCursor heads, HeadCursor::open(database));
  GANGLION_ASSIGN(
      Statement rows,
      database.prepare(fmt::format("SELECT {}, seq FROM decisions ORDER BY seq", kRecordColumns)));
  bool known_is_present = !known_head || known_head->seq == 0;
  while (true) {
    GANGLION_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    result.head = check_row(rows, result.head, faults);
    ++result.records;
    known_is_present = known_is_present || result.head == *known_head;
    GANGLION_TRY(heads.pass(result.head.seq, rows.column_blob(kChainColumn), faults));
  }
  GANGLION_TRY(heads.finish(result.head.seq, faults));
  if (!known_is_present) {
    faults.add(known_head->seq, fmt::format("the head {} noted earlier is not part of this ledger",
                                            format_head(*known_head)));
  }
  result.commits = heads.commits();
  return result;
}

std::string format_head(const ChainHead& head) {
  return fmt::format("{}:{}", head.seq, to_hex(head.digest));
}

Result<ChainHead> parse_head(std::string_view text) {
  ChainHead head;
  const char* const end = text.data() + text.size();
  const auto [after, error] = std::from_chars(text.data(), end, head.seq);
  bool is_valid = error == std::errc() && head.seq >= 0 && after != end && *after == ':' &&
                  end - after == 1 + 2 * static_cast<ptrdiff_t>(head.digest.size());
  for (size_t i = 0; is_valid && i < head.digest.size(); ++i) {
    const char* const digits = after + 1 + 2 * i;
    is_valid = std::from_chars(digits, digits + 2, head.digest[i], 16).ptr == digits + 2;
  }
  if (is_valid) return head;
  return fail(ErrorCode::kInvalidArgument,
              "'{}' is not a ledger head; expected SEQ:HEX as 'ganglion ledger verify' prints it",
              text);
}

}  // namespace ganglion
