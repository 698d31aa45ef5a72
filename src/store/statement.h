// A prepared SQL statement.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "base/result.h"
#include "store/database.h"

struct sqlite3_stmt;

namespace ganglion {

// A prepared statement. Parameters count from 1 and columns from 0, as in SQLite.
// Use: bind() each parameter, step() until false, reset(), again. Not thread-safe.
class Statement {
 public:
  Statement(Statement&& other) noexcept;
  Statement& operator=(Statement&&) = delete;
  ~Statement();

  // Text and blobs are not copied: they must live until reset(). A failing bind is reported by the
  // next step().
  Statement& bind(int parameter, int64_t value);
  Statement& bind(int parameter, double value);
  Statement& bind(int parameter, std::string_view text);
  Statement& bind(int parameter, std::span<const uint8_t> blob);
  Statement& bind_null(int parameter);
  // Binds the value, or null where there is none.
  Statement& bind(int parameter, std::optional<int64_t> value);
  Statement& bind(int parameter, std::optional<double> value);

  // True when a row is there to be read. The error's code is kConflict where a uniqueness
  // constraint refused the row; the statement alone is undone then, not its transaction.
  Result<bool> step();

  // step() for a statement without rows, then reset().
  Status run();

  // Makes the statement ready for other parameters; those bound stay bound.
  void reset();

  // Columns of the current row; text and blobs are valid until the next step() or reset().
  int64_t column_int64(int column) const;
  double column_double(int column) const;
  std::string_view column_text(int column) const;
  std::span<const uint8_t> column_blob(int column) const;
  bool column_is_null(int column) const;
  std::optional<int64_t> column_optional_int64(int column) const;
  std::optional<double> column_optional_double(int column) const;

 private:
  friend class Database;
  Statement(Database::Connection& connection, sqlite3_stmt* handle)
      : connection_(&connection), handle_(handle) {}
  void note(int result_code);

  Database::Connection* connection_;
  sqlite3_stmt* handle_;
  int bind_failure_ = 0;
};

}  // namespace ganglion
