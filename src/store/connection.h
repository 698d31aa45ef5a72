// The SQLite handle behind a Database, shared with its statements. Private to store/.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

#include "base/result.h"
#include "store/database.h"

struct sqlite3;

namespace ganglion {

// The SQLite handle behind a Database, shared with its statements. Private to store/.
struct Database::Connection {
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection();

  // The last failure of this connection as an error that names the file and the remedy. `action`
  // completes "cannot ...".
  Error failure(std::string_view action) const;

  sqlite3* handle = nullptr;
  std::filesystem::path path;
  std::string kind;
};

}  // namespace ganglion
