#include "ledger/ledger_reader.h"

#include "ledger/decision_json.h"
#include "ledger/ledger_schema.h"
#include "store/statement.h"

namespace ganglion {

Result<LedgerReader> LedgerReader::open(const std::filesystem::path& path) {
  GANGLION_ASSIGN(Database database, Database::open(path, kLedgerSchema, OpenMode::kReadOnly));
  return LedgerReader(std::move(database));
}

Result<DecisionRecord> LedgerReader::find(std::string_view name) const {
  GANGLION_ASSIGN(auto found, select("id = ?", {name}, 1));
  if (found.empty() && !name.empty()) {
    // In ASCII order '~' follows every character of an id.
    const std::string after = std::string(name) + '~';
    GANGLION_ASSIGN(found, select("id >= ? AND id < ?", {name, after}, 2));
    if (found.size() > 1) {
      return fail(ErrorCode::kConflict,
                  "{}: several ids begin with '{}', such as {} and {}; give more of it",
                  database_.path().string(), name, found[0].id, found[1].id);
    }
  }
  if (found.empty()) {
    GANGLION_ASSIGN(found, select("request_id = ?", {name}, 1));
  }
  if (found.empty()) {
    return fail(ErrorCode::kNotFound, "{}: no decision '{}'; 'ganglion ledger list' shows the ids",
                database_.path().string(), name);
  }
  return std::move(found[0]);
}

Result<std::vector<DecisionRecord>> LedgerReader::list(const LedgerFilter& filter) const {
  return select("(?1 = '' OR tier = ?1) AND (?2 = '' OR reason = ?2)", {filter.tier, filter.reason},
                filter.limit);
}

Result<std::vector<DecisionRecord>> LedgerReader::select(
    std::string_view condition, const std::vector<std::string_view>& parameters,
    size_t limit) const {
  const std::string sql =
      fmt::format("SELECT {} FROM decisions WHERE {} ORDER BY seq DESC LIMIT {}", kRecordColumns,
                  condition, limit);
  GANGLION_ASSIGN(Statement statement, database_.prepare(sql));
  for (size_t i = 0; i < parameters.size(); ++i) {
    statement.bind(static_cast<int>(i) + 1, parameters[i]);
  }
  std::vector<DecisionRecord> records;
  while (true) {
    GANGLION_ASSIGN(const bool has_row, statement.step());
    if (!has_row) return records;
    DecisionRecord record = read_columns(statement);
    const std::string place =
        fmt::format("{}: decision {}: details", database_.path().string(), record.id);
    GANGLION_TRY(details_from_json(statement.column_text(kDetailsColumn), place, record));
    records.push_back(std::move(record));
  }
}

}  // namespace ganglion
