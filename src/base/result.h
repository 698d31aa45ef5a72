// Expected failures as values. A function that can fail for a reason outside the program (a file, a
// request, a machine) returns Result<T>; a bug asserts (base/check.h).
#pragma once

#include <fmt/format.h>

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>

#include "base/check.h"

namespace ganglion {

enum class ErrorCode {
  kInvalidArgument,  // the caller's request or input is wrong
  kNotFound,
  kMalformed,    // bytes that do not follow their format
  kUnsupported,  // well-formed, but not something we can do
  kLimit,        // a stated bound on size, time or budget was exceeded
  kConflict,     // the state does not allow it (exists already, wrong version, closed)
  kUnavailable,  // another machine or service failed; a retry may help
  kTimeout,
  kDenied,  // a policy, a permission or a failed verification forbids it
  kIo,      // the operating system refused
};

// "malformed", "not found", …: for logs and JSON.
std::string_view error_code_name(ErrorCode code);

// `message` names the place, what was expected, what was found, and what to do about it.
struct Error {
  ErrorCode code = ErrorCode::kInvalidArgument;
  std::string message;
};

// A value or an Error. value(), * and -> require ok().
template <typename T>
class [[nodiscard]] Result {
 public:
  using value_type = T;

  Result(T value)
      : state_(std::in_place_index<0>, std::move(value)) {}  // NOLINT(google-explicit-constructor)
  Result(Error error)
      : state_(std::in_place_index<1>, std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  explicit operator bool() const { return ok(); }

  T& value() & {
    GANGLION_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  const T& value() const& {
    GANGLION_ASSERT(ok());
    return *std::get_if<0>(&state_);
  }
  T&& value() && {
    GANGLION_ASSERT(ok());
    return std::move(*std::get_if<0>(&state_));
  }
  const Error& error() const {
    GANGLION_ASSERT(!ok());
    return *std::get_if<1>(&state_);
  }

  T& operator*() & { return value(); }
  const T& operator*() const& { return value(); }
  T&& operator*() && { return std::move(*this).value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Error> state_;
};

// Success, or an Error.
template <>
class [[nodiscard]] Result<void> {
 public:
  Result() = default;
  Result(Error error) : error_(std::move(error)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return !error_.has_value(); }
  explicit operator bool() const { return ok(); }
  const Error& error() const {
    GANGLION_ASSERT(!ok());
    return *error_;
  }

 private:
  std::optional<Error> error_;
};

using Status = Result<void>;

// fail(ErrorCode::kMalformed, "{}: tensor \"{}\" ends at byte {}, past the file's {}", …)
template <typename... Args>
Error fail(ErrorCode code, fmt::format_string<Args...> format, Args&&... args) {
  return Error{code, fmt::format(format, std::forward<Args>(args)...)};
}

// The same error with its place put in front: "tickets.jsonl:12: " + message.
Error at_place(std::string_view place, const Error& error);

#define GANGLION_CONCAT_INNER(a, b) a##b
#define GANGLION_CONCAT(a, b) GANGLION_CONCAT_INNER(a, b)

// Returns the error of a Status or Result from the enclosing function; goes on when it is ok.
#define GANGLION_TRY(expression)                                      \
  do {                                                                \
    if (auto ganglion_status = (expression); !ganglion_status.ok()) { \
      return ganglion_status.error();                                 \
    }                                                                 \
  } while (false)

#define GANGLION_ASSIGN_INNER(result, declaration, expression) \
  auto result = (expression);                                  \
  if (!(result).ok()) return (result).error();                 \
  declaration = std::move(result).value()

// GANGLION_ASSIGN(auto file, MappedFile::open(path)): the value, or return the error.
#define GANGLION_ASSIGN(declaration, expression) \
  GANGLION_ASSIGN_INNER(GANGLION_CONCAT(ganglion_result_, __LINE__), declaration, expression)

}  // namespace ganglion
