#include "guard/synthetic/bitcoin.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/hash.h"
#include "text/identifier.h"

namespace ganglion {
namespace {

std::string base58_address(Rng& rng) {
  constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
  std::array<uint8_t, 25> bytes{};
  bytes[0] = rng.below(2) == 0 ? 0x00 : 0x05;
  for (size_t i = 1; i < 21; ++i) bytes[i] = static_cast<uint8_t>(rng.below(256));
  const Sha256Digest once = sha256({reinterpret_cast<const char*>(bytes.data()), 21});
  const Sha256Digest twice = sha256({reinterpret_cast<const char*>(once.data()), once.size()});
  std::copy_n(twice.begin(), 4, bytes.begin() + 21);

  std::string reversed;
  size_t first = 0;
  for (; first < bytes.size() && bytes[first] == 0; ++first) {
  }
  const size_t num_zeros = first;
  while (first < bytes.size()) {
    uint32_t remainder = 0;
    for (size_t i = first; i < bytes.size(); ++i) {
      remainder = remainder * 256 + bytes[i];
      bytes[i] = static_cast<uint8_t>(remainder / 58);
      remainder %= 58;
    }
    reversed.push_back(kBase58[remainder]);
    while (first < bytes.size() && bytes[first] == 0) ++first;
  }
  reversed.append(num_zeros, '1');
  return {reversed.rbegin(), reversed.rend()};
}

uint32_t bech32_step(uint32_t state, uint32_t value) {
  constexpr std::array<uint32_t, 5> kGenerator = {0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd,
                                                  0x2a1462b3};
  const uint32_t top = state >> 25;
  state = ((state & 0x1ffffff) << 5) ^ value;
  for (size_t i = 0; i < kGenerator.size(); ++i) {
    if ((top >> i) & 1) state ^= kGenerator[i];
  }
  return state;
}

std::string bech32_address(Rng& rng) {
  constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
  std::string address = "bc1q";
  uint32_t state = 1;
  for (const uint32_t value : {3U, 3U, 0U, 2U, 3U, 0U}) state = bech32_step(state, value);
  for (int i = 0; i < 32; ++i) {
    const auto value = static_cast<uint32_t>(rng.below(32));
    address.push_back(kBech32[value]);
    state = bech32_step(state, value);
  }
  for (int i = 0; i < 6; ++i) state = bech32_step(state, 0);
  state ^= 1;
  for (uint32_t i = 0; i < 6; ++i) address.push_back(kBech32[(state >> (5 * (5 - i))) & 31]);
  return address;
}

}  // namespace

std::string synthetic_bitcoin_address(Rng& rng) {
  return rng.below(2) == 0 ? base58_address(rng) : bech32_address(rng);
}

}  // namespace ganglion
