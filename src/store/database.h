// A connection to an SQLite file, opened safely: right kind, known version, durable settings.
#pragma once

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

struct sqlite3;

namespace ganglion {

// What a database file of ours holds. The application id is written into the file header, so that a
// foreign SQLite file is recognised and left untouched.
struct DatabaseSchema {
  std::string_view kind;  // noun used in messages, such as "ledger"
  int32_t application_id;
  // steps[v] is the SQL that brings a file from version v to v + 1; a file is current at
  // steps.size().
  std::span<const std::string_view> steps;
};

enum class OpenMode {
  kReadOnly,  // the file must exist and be current
  kWrite,     // the file must exist; upgraded where needed
  kCreate,    // created or upgraded where needed
};

class Statement;

// One connection to an SQLite file in WAL mode with synchronous=FULL: a transaction that was
// committed survives a crash of the process and of the machine.
//
// Not thread-safe: one connection a thread. Several connections, also of other processes, may use
// one file; a writer waits up to 10 s for another writer. Statements must be destroyed before it.
class Database {
 public:
  // Fails when the folder is missing, the file is not SQLite, is not of this schema (foreign), was
  // written by a newer version, is damaged, or may not be accessed. A refused file is not changed.
  static Result<Database> open(const std::filesystem::path& path, const DatabaseSchema& schema,
                               OpenMode mode);

  Database(Database&&) noexcept;
  Database& operator=(Database&&) noexcept;
  ~Database();

  // Runs SQL that returns no rows; several statements may be separated by semicolons.
  Status execute(const std::string& sql);

  // Compiles one statement.
  Result<Statement> prepare(std::string_view sql);

  const std::filesystem::path& path() const;

  struct Connection;

 private:
  explicit Database(std::unique_ptr<Connection> connection);

  std::unique_ptr<Connection> connection_;
};

// A write transaction, taken at once (BEGIN IMMEDIATE) and rolled back unless committed.
class Transaction {
 public:
  // Fails when another writer keeps the file for longer than 10 s. `database` must outlive it.
  static Result<Transaction> begin(Database& database);

  Transaction(Transaction&& other) noexcept;
  Transaction& operator=(Transaction&&) = delete;
  ~Transaction();

  // Durable on success. After a failure everything since begin() is undone.
  Status commit();

 private:
  explicit Transaction(Database& database) : database_(&database) {}

  Database* database_;
};

}  // namespace ganglion
