#include "store/review_queue.h"

#include <array>
#include <utility>

#include "store/statement.h"

namespace ganglion {
namespace {

constexpr std::string_view kCreate = R"sql(
CREATE TABLE reviews(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  created_us INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  skill TEXT NOT NULL,
  text TEXT NOT NULL,
  reason TEXT NOT NULL,
  suggestion TEXT NOT NULL,
  confidence REAL NOT NULL,
  details TEXT NOT NULL,
  label TEXT,
  answered_by TEXT,
  note TEXT,
  answered_us INTEGER
);
CREATE INDEX reviews_waiting ON reviews(seq) WHERE answered_us IS NULL;
)sql";

constexpr std::array<std::string_view, 1> kSteps = {kCreate};

constexpr DatabaseSchema kSchema = {
    .kind = "review queue", .application_id = 0x47675251 /* GgRQ */, .steps = kSteps};

constexpr std::string_view kColumns =
    "id, created_us, request_id, skill, text, reason, suggestion, confidence, details, "
    "label, answered_by, note, answered_us";

std::string_view condition_of(ReviewFilter filter) {
  switch (filter) {
    case ReviewFilter::kWaiting:
      return "answered_us IS NULL";
    case ReviewFilter::kAnswered:
      return "answered_us IS NOT NULL";
    case ReviewFilter::kAll:
      break;
  }
  return "TRUE";
}

ReviewEntry read_entry(const Statement& row) {
  ReviewEntry entry;
  ReviewItem& item = entry.item;
  item.id = row.column_text(0);
  item.created_us = row.column_int64(1);
  item.request_id = row.column_text(2);
  item.skill = row.column_text(3);
  item.text = row.column_text(4);
  item.reason = row.column_text(5);
  item.suggestion = row.column_text(6);
  item.confidence = row.column_double(7);
  item.details = row.column_text(8);
  if (!row.column_is_null(12)) {
    entry.answer = ReviewAnswer{.label = std::string(row.column_text(9)),
                                .answered_by = std::string(row.column_text(10)),
                                .note = std::string(row.column_text(11)),
                                .answered_us = row.column_int64(12)};
  }
  return entry;
}

Error no_such_item(const Database& database, std::string_view id) {
  return fail(ErrorCode::kNotFound, "{}: no item '{}'; 'ganglion queue list' shows those that wait",
              database.path().string(), id);
}

}  // namespace

Result<ReviewQueue> ReviewQueue::open(const std::filesystem::path& path, OpenMode mode) {
  GANGLION_ASSIGN(Database database, Database::open(path, kSchema, mode));
  return ReviewQueue(std::move(database));
}

Status ReviewQueue::add(std::span<const ReviewItem> items) {
  GANGLION_ASSIGN(Transaction transaction, Transaction::begin(database_));
  GANGLION_ASSIGN(
      Statement insert,
      database_.prepare("INSERT INTO reviews(id, created_us, request_id, skill, text, reason, "
                        "suggestion, confidence, details) VALUES(?,?,?,?,?,?,?,?,?) "
                        "ON CONFLICT(id) DO NOTHING"));
  for (const ReviewItem& item : items) {
    if (item.id.empty()) {
      return fail(ErrorCode::kInvalidArgument, "{}: a review item (request '{}') has an empty id",
                  database_.path().string(), item.request_id);
    }
    insert.bind(1, item.id)
        .bind(2, item.created_us)
        .bind(3, item.request_id)
        .bind(4, item.skill)
        .bind(5, item.text)
        .bind(6, item.reason)
        .bind(7, item.suggestion)
        .bind(8, item.confidence)
        .bind(9, item.details);
    GANGLION_TRY(insert.run());
  }
  return transaction.commit();
}

Result<std::vector<ReviewEntry>> ReviewQueue::list(ReviewFilter filter, size_t limit,
                                                   std::string_view after_id) const {
  const std::string sql = fmt::format(
      "SELECT {} FROM reviews WHERE {} AND seq > coalesce((SELECT seq FROM reviews WHERE id = ?), "
      "0) "
      "ORDER BY seq LIMIT ?",
      kColumns, condition_of(filter));
  GANGLION_ASSIGN(Statement select, database_.prepare(sql));
  select.bind(1, after_id).bind(2, static_cast<int64_t>(limit));
  std::vector<ReviewEntry> entries;
  while (true) {
    GANGLION_ASSIGN(const bool has_row, select.step());
    if (!has_row) return entries;
    entries.push_back(read_entry(select));
  }
}

Result<ReviewEntry> ReviewQueue::find(std::string_view id) const {
  GANGLION_ASSIGN(Statement select,
                  database_.prepare(fmt::format("SELECT {} FROM reviews WHERE id = ?", kColumns)));
  GANGLION_ASSIGN(const bool has_row, select.bind(1, id).step());
  if (!has_row) return no_such_item(database_, id);
  return read_entry(select);
}

Status ReviewQueue::answer(std::string_view id, const ReviewAnswer& answer) {
  GANGLION_ASSIGN(Transaction transaction, Transaction::begin(database_));
  GANGLION_ASSIGN(Statement select,
                  database_.prepare("SELECT answered_us IS NOT NULL FROM reviews WHERE id = ?"));
  GANGLION_ASSIGN(const bool has_row, select.bind(1, id).step());
  if (!has_row) return no_such_item(database_, id);
  if (select.column_int64(0) != 0) {
    return fail(ErrorCode::kConflict, "{}: item '{}' is answered already; the first answer is kept",
                database_.path().string(), id);
  }
  select.reset();
  GANGLION_ASSIGN(Statement update,
                  database_.prepare("UPDATE reviews SET label = ?, answered_by = ?, note = ?, "
                                    "answered_us = ? WHERE id = ?"));
  update.bind(1, answer.label)
      .bind(2, answer.answered_by)
      .bind(3, answer.note)
      .bind(4, answer.answered_us)
      .bind(5, id);
  GANGLION_TRY(update.run());
  return transaction.commit();
}

Result<ReviewCounts> ReviewQueue::counts() const {
  GANGLION_ASSIGN(Statement select,
                  database_.prepare("SELECT count(*) - count(answered_us), count(answered_us) "
                                    "FROM reviews"));
  GANGLION_TRY(select.step());
  return ReviewCounts{.waiting = select.column_int64(0), .answered = select.column_int64(1)};
}

}  // namespace ganglion
