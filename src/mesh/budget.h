// Money in integer micro-units (millionths of the currency's unit): sums are exact.
#pragma once

#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>

#include "mesh/mesh_file.h"

namespace ganglion {

// Rounded up, so that a bill is never understated. Tokens are not negative, at most 2^40.
int64_t cost_micros(const RemotePrice& price, int64_t prompt_tokens, int64_t completion_tokens);

// For comparisons and for servers that do not report usage: a token for every 4 bytes, rounded up
// (the rule of thumb of the price lists for English).
int64_t estimate_tokens(std::string_view text);

// An allowance that cannot be overspent: money is reserved before a call and settled after it.
// Thread-safe.
class Budget {
 public:
  // No limit where `limit_micros` is empty.
  explicit Budget(std::optional<int64_t> limit_micros) : limit_micros_(limit_micros) {}

  // Sets `micros` aside if they are left.
  bool reserve(int64_t micros);
  // Gives a reservation back and books what was spent. More than reserved may be booked: what was
  // spent is spent, and later reservations see it.
  void settle(int64_t reserved_micros, int64_t spent_micros);
  int64_t spent_micros() const;

 private:
  const std::optional<int64_t> limit_micros_;
  mutable std::mutex mutex_;
  int64_t reserved_micros_ = 0;
  int64_t spent_micros_ = 0;
};

}  // namespace ganglion
