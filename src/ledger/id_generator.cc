#include "ledger/id_generator.h"

#include <algorithm>
#include <string_view>

namespace ganglion {
namespace {

constexpr std::string_view kCrockford = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
constexpr uint64_t kMask40 = (uint64_t{1} << 40) - 1;

void append_base32(std::string& text, uint64_t value, int num_digits) {
  for (int i = num_digits - 1; i >= 0; --i) text += kCrockford[(value >> (5 * i)) & 31];
}

}  // namespace

std::string IdGenerator::next() {
  const std::lock_guard lock(mutex_);
  const auto now_ms = static_cast<uint64_t>(std::max<int64_t>(0, clock_.wall_us() / 1000));
  if (now_ms > time_ms_) {
    time_ms_ = now_ms;
    // The top bit stays clear, so that counting up within a millisecond cannot overflow.
    random_high_ = rng_.next() & (kMask40 >> 1);
    random_low_ = rng_.next() & kMask40;
  } else if (random_low_ = (random_low_ + 1) & kMask40; random_low_ == 0) {
    ++random_high_;
  }
  std::string id;
  id.reserve(26);
  append_base32(id, time_ms_, 10);
  append_base32(id, random_high_, 8);
  append_base32(id, random_low_, 8);
  return id;
}

}  // namespace ganglion
