#include "mesh/budget.h"

namespace ganglion {

int64_t cost_micros(const RemotePrice& price, int64_t prompt_tokens, int64_t completion_tokens) {
  // At most 2 * 2^40 * 10^9: needs 128 bits before the division.
  const auto total = static_cast<__int128>(prompt_tokens) * price.input_micros_per_1k_tokens +
                     static_cast<__int128>(completion_tokens) * price.output_micros_per_1k_tokens;
  return static_cast<int64_t>((total + 999) / 1000);
}

int64_t estimate_tokens(std::string_view text) {
  return static_cast<int64_t>((text.size() + 3) / 4);
}

bool Budget::reserve(int64_t micros) {
  const std::lock_guard lock(mutex_);
  if (limit_micros_ && spent_micros_ + reserved_micros_ + micros > *limit_micros_) return false;
  reserved_micros_ += micros;
  return true;
}

void Budget::settle(int64_t reserved_micros, int64_t spent_micros) {
  const std::lock_guard lock(mutex_);
  reserved_micros_ -= reserved_micros;
  spent_micros_ += spent_micros;
}

int64_t Budget::spent_micros() const {
  const std::lock_guard lock(mutex_);
  return spent_micros_;
}

}  // namespace ganglion
