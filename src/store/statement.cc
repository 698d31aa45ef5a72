#include "store/statement.h"

#include <sqlite3.h>

#include <utility>

#include "store/connection.h"

namespace ganglion {

Statement::Statement(Statement&& other) noexcept
    : connection_(other.connection_),
      handle_(std::exchange(other.handle_, nullptr)),
      bind_failure_(other.bind_failure_) {}

Statement::~Statement() { sqlite3_finalize(handle_); }

void Statement::note(int result_code) {
  if (result_code != SQLITE_OK && bind_failure_ == SQLITE_OK) bind_failure_ = result_code;
}

Statement& Statement::bind(int parameter, int64_t value) {
  note(sqlite3_bind_int64(handle_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, double value) {
  note(sqlite3_bind_double(handle_, parameter, value));
  return *this;
}

Statement& Statement::bind(int parameter, std::string_view text) {
  // A null pointer would bind NULL instead of the empty text.
  const char* const begin = text.empty() ? "" : text.data();
  note(sqlite3_bind_text64(handle_, parameter, begin, text.size(), SQLITE_STATIC, SQLITE_UTF8));
  return *this;
}

Statement& Statement::bind(int parameter, std::span<const uint8_t> blob) {
  note(sqlite3_bind_blob64(handle_, parameter, blob.data(), blob.size(), SQLITE_STATIC));
  return *this;
}

Statement& Statement::bind_null(int parameter) {
  note(sqlite3_bind_null(handle_, parameter));
  return *this;
}

Statement& Statement::bind(int parameter, std::optional<int64_t> value) {
  return value ? bind(parameter, *value) : bind_null(parameter);
}

Statement& Statement::bind(int parameter, std::optional<double> value) {
  return value ? bind(parameter, *value) : bind_null(parameter);
}

Result<bool> Statement::step() {
  if (bind_failure_ != SQLITE_OK) return connection_->failure("bind a value for");
  const int result_code = sqlite3_step(handle_);
  if (result_code == SQLITE_ROW) return true;
  if (result_code == SQLITE_DONE) return false;
  Error error = connection_->failure("access");
  sqlite3_reset(handle_);
  return error;
}

Status Statement::run() {
  GANGLION_TRY(step());
  reset();
  return {};
}

void Statement::reset() {
  sqlite3_reset(handle_);
  bind_failure_ = SQLITE_OK;
}

int64_t Statement::column_int64(int column) const { return sqlite3_column_int64(handle_, column); }

double Statement::column_double(int column) const { return sqlite3_column_double(handle_, column); }

std::string_view Statement::column_text(int column) const {
  const auto* const text = reinterpret_cast<const char*>(sqlite3_column_text(handle_, column));
  const auto size = static_cast<size_t>(sqlite3_column_bytes(handle_, column));
  return text == nullptr ? std::string_view() : std::string_view(text, size);
}

std::span<const uint8_t> Statement::column_blob(int column) const {
  const auto* const bytes = static_cast<const uint8_t*>(sqlite3_column_blob(handle_, column));
  return {bytes, bytes == nullptr ? 0 : static_cast<size_t>(sqlite3_column_bytes(handle_, column))};
}

bool Statement::column_is_null(int column) const {
  return sqlite3_column_type(handle_, column) == SQLITE_NULL;
}

std::optional<int64_t> Statement::column_optional_int64(int column) const {
  if (column_is_null(column)) return std::nullopt;
  return column_int64(column);
}

std::optional<double> Statement::column_optional_double(int column) const {
  if (column_is_null(column)) return std::nullopt;
  return column_double(column);
}

}  // namespace ganglion
