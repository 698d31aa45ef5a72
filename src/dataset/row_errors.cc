#include "dataset/row_errors.h"

#include <utility>

namespace ganglion {
namespace {

constexpr size_t kMaxShown = 10;

}  // namespace

void RowErrors::add(uint64_t line, std::string_view message) {
  add_placed(fmt::format("{}:{}: {}", source_name_, line, message));
}

void RowErrors::add_placed(std::string message) {
  ++num_errors_;
  if (first_messages_.size() < kMaxShown) first_messages_.push_back(std::move(message));
}

Status RowErrors::status() const {
  if (num_errors_ == 0) return {};
  if (num_errors_ == 1) return Error{ErrorCode::kMalformed, first_messages_.front()};
  std::string message = fmt::format("{} bad rows", num_errors_);
  if (num_errors_ > kMaxShown) message += fmt::format(", the first {}", kMaxShown);
  message += ":";
  for (const std::string& row : first_messages_) message += "\n  " + row;
  return Error{ErrorCode::kMalformed, std::move(message)};
}

}  // namespace ganglion
