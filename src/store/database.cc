#include "store/database.h"

#include <sqlite3.h>

#include <cstring>
#include <system_error>
#include <utility>

#include "store/connection.h"
#include "store/statement.h"

namespace ganglion {
namespace {

constexpr int kBusyTimeoutMs = 10'000;

// What a person can do about a failure.
std::string_view remedy(int result_code) {
  switch (result_code & 0xff) {
    case SQLITE_NOTADB:
      return "give another path, or move the file away";
    case SQLITE_CORRUPT:
      return "restore it from a backup, or salvage it with 'sqlite3 FILE .recover'";
    case SQLITE_FULL:
      return "free disk space and try again; what was acknowledged is kept";
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return "another process is writing; stop it or try again";
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return "give write permission to the file and its folder";
    case SQLITE_CANTOPEN:
      return "check that the folder exists and may be written to";
    case SQLITE_IOERR:
      return "check the disk and its free space; what was acknowledged is kept";
    default:
      return "report this as a bug";
  }
}

ErrorCode code_of(int result_code) {
  switch (result_code & 0xff) {
    case SQLITE_CONSTRAINT:
      return ErrorCode::kConflict;
    case SQLITE_NOTADB:
    case SQLITE_CORRUPT:
      return ErrorCode::kMalformed;
    case SQLITE_FULL:
      return ErrorCode::kIo;
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return ErrorCode::kUnavailable;
    default:
      return ErrorCode::kIo;
  }
}

Result<int64_t> pragma_value(Database& database, std::string_view sql) {
  GANGLION_ASSIGN(Statement statement, database.prepare(sql));
  GANGLION_ASSIGN(const bool has_row, statement.step());
  return has_row ? statement.column_int64(0) : 0;
}

struct FileState {
  int64_t application_id;
  int64_t version;
  int64_t objects;  // tables and indexes
};

Result<FileState> read_state(Database& database) {
  FileState state{};
  GANGLION_ASSIGN(state.application_id, pragma_value(database, "PRAGMA application_id"));
  GANGLION_ASSIGN(state.version, pragma_value(database, "PRAGMA user_version"));
  GANGLION_ASSIGN(state.objects, pragma_value(database, "SELECT count(*) FROM sqlite_master"));
  return state;
}

Status check_state(const FileState& state, const DatabaseSchema& schema, const std::string& path) {
  const bool is_blank = state.application_id == 0 && state.version == 0 && state.objects == 0;
  if (!is_blank && state.application_id != schema.application_id) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: an SQLite file, but not a Ganglion {} (application id {:#x}, expected {:#x}); "
                "give another path",
                path, schema.kind, state.application_id, schema.application_id);
  }
  if (state.version > static_cast<int64_t>(schema.steps.size())) {
    return fail(
        ErrorCode::kUnsupported,
        "{}: this {} has format version {}, and this program knows versions up to {}; use a "
        "newer ganglion",
        path, schema.kind, state.version, schema.steps.size());
  }
  return {};
}

// Creates or upgrades. Decided again under the write lock: another process may have been faster.
Status bring_up_to_date(Database& database, const DatabaseSchema& schema) {
  GANGLION_ASSIGN(Transaction transaction, Transaction::begin(database));
  GANGLION_ASSIGN(const FileState state, read_state(database));
  GANGLION_TRY(check_state(state, schema, database.path().string()));
  for (auto version = static_cast<size_t>(state.version); version < schema.steps.size();
       ++version) {
    GANGLION_TRY(database.execute(std::string(schema.steps[version])));
  }
  GANGLION_TRY(database.execute(fmt::format("PRAGMA application_id={};PRAGMA user_version={}",
                                            schema.application_id, schema.steps.size())));
  return transaction.commit();
}

// SQLite does not wait by itself when two connections change the journal mode at once: each would
// wait for the other.
Status set_journal_mode(Database& database) {
  constexpr int kPauseMs = 5;
  for (int waited_ms = 0;; waited_ms += kPauseMs) {
    const Status status = database.execute("PRAGMA journal_mode=WAL;PRAGMA synchronous=FULL");
    if (status.ok() || status.error().code != ErrorCode::kUnavailable ||
        waited_ms >= kBusyTimeoutMs) {
      return status;
    }
    sqlite3_sleep(kPauseMs);
  }
}

Status check_path(const std::filesystem::path& path, std::string_view kind, OpenMode mode) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) {
    return fail(ErrorCode::kInvalidArgument, "{}: is a folder; give the path of the {} file",
                path.string(), kind);
  }
  if (mode != OpenMode::kCreate && !std::filesystem::exists(path, ignored)) {
    return fail(ErrorCode::kNotFound, "{}: no such {}; check the path", path.string(), kind);
  }
  const std::filesystem::path folder = path.parent_path();
  if (!folder.empty() && !std::filesystem::is_directory(folder, ignored)) {
    return fail(ErrorCode::kNotFound, "{}: the folder {} does not exist; create it first",
                path.string(), folder.string());
  }
  return {};
}

int open_flags(OpenMode mode) {
  constexpr int kAlways = SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_EXRESCODE;
  switch (mode) {
    case OpenMode::kReadOnly:
      return kAlways | SQLITE_OPEN_READONLY;
    case OpenMode::kWrite:
      return kAlways | SQLITE_OPEN_READWRITE;
    case OpenMode::kCreate:
      break;
  }
  return kAlways | SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE;
}

}  // namespace

Database::Connection::~Connection() { sqlite3_close(handle); }

Error Database::Connection::failure(std::string_view action) const {
  const int result_code = sqlite3_extended_errcode(handle);
  std::string cause = sqlite3_errmsg(handle);
  if ((result_code & 0xff) == SQLITE_IOERR || (result_code & 0xff) == SQLITE_CANTOPEN) {
    const int system_error = sqlite3_system_errno(handle);
    if (system_error != 0) cause += ": " + std::system_category().message(system_error);
  }
  return Error{code_of(result_code), fmt::format("{}: cannot {} the {}: {}; {}", path.string(),
                                                 action, kind, cause, remedy(result_code))};
}

Database::Database(std::unique_ptr<Connection> connection) : connection_(std::move(connection)) {}
Database::Database(Database&&) noexcept = default;
Database& Database::operator=(Database&&) noexcept = default;
Database::~Database() = default;

Result<Database> Database::open(const std::filesystem::path& path, const DatabaseSchema& schema,
                                OpenMode mode) {
  GANGLION_TRY(check_path(path, schema.kind, mode));
  auto connection = std::make_unique<Connection>();
  connection->path = path;
  connection->kind = schema.kind;
  if (sqlite3_open_v2(path.c_str(), &connection->handle, open_flags(mode), nullptr) != SQLITE_OK) {
    return connection->failure("open");
  }
  sqlite3_busy_timeout(connection->handle, kBusyTimeoutMs);
  Database database(std::move(connection));
  // In one read transaction: between two reads another process may create the tables.
  GANGLION_TRY(database.execute("BEGIN"));
  GANGLION_ASSIGN(const FileState state, read_state(database));
  GANGLION_TRY(database.execute("COMMIT"));
  GANGLION_TRY(check_state(state, schema, path.string()));
  const bool is_current = state.version == static_cast<int64_t>(schema.steps.size());
  if (mode == OpenMode::kReadOnly) {
    if (is_current) return database;
    return fail(ErrorCode::kUnsupported,
                "{}: this {} has format version {}, expected {}; a command that writes upgrades it",
                path.string(), schema.kind, state.version, schema.steps.size());
  }
  GANGLION_TRY(set_journal_mode(database));
  if (!is_current) GANGLION_TRY(bring_up_to_date(database, schema));
  return database;
}

Status Database::execute(const std::string& sql) {
  if (sqlite3_exec(connection_->handle, sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return connection_->failure("write");
  }
  return {};
}

Result<Statement> Database::prepare(std::string_view sql) {
  sqlite3_stmt* statement = nullptr;
  const int result_code =
      sqlite3_prepare_v3(connection_->handle, sql.data(), static_cast<int>(sql.size()),
                         SQLITE_PREPARE_PERSISTENT, &statement, nullptr);
  if (result_code != SQLITE_OK) return connection_->failure("read");
  return Statement(*connection_, statement);
}

const std::filesystem::path& Database::path() const { return connection_->path; }

Result<Transaction> Transaction::begin(Database& database) {
  GANGLION_TRY(database.execute("BEGIN IMMEDIATE"));
  return Transaction(database);
}

Transaction::Transaction(Transaction&& other) noexcept
    : database_(std::exchange(other.database_, nullptr)) {}

Transaction::~Transaction() {
  // SQLite rolls back by itself on some errors; a second ROLLBACK then fails harmlessly.
  if (database_ != nullptr) static_cast<void>(database_->execute("ROLLBACK"));
}

Status Transaction::commit() {
  GANGLION_TRY(database_->execute("COMMIT"));
  database_ = nullptr;
  return {};
}

}  // namespace ganglion
