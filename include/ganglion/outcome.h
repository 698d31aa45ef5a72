// How the public functions report failure.
#pragma once

#include <string>
#include <utility>
#include <variant>

namespace ganglion::api {

// Names the place, what was expected, what was found, and what to do about it.
struct Failure {
  std::string message;
};

// A value or a Failure. value(), * and -> require ok(); without it they throw
// std::bad_variant_access.
template <typename T>
class [[nodiscard]] Outcome {
 public:
  Outcome(T value) : state_(std::move(value)) {}            // NOLINT(google-explicit-constructor)
  Outcome(Failure failure) : state_(std::move(failure)) {}  // NOLINT(google-explicit-constructor)

  bool ok() const { return state_.index() == 0; }
  T& value() { return std::get<0>(state_); }
  const T& value() const { return std::get<0>(state_); }
  const std::string& message() const { return std::get<1>(state_).message; }

  T& operator*() { return value(); }
  const T& operator*() const { return value(); }
  T* operator->() { return &value(); }
  const T* operator->() const { return &value(); }

 private:
  std::variant<T, Failure> state_;
};

}  // namespace ganglion::api
