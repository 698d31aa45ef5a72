// Bitcoin addresses: base58check (the reference client's base58.cpp) and bech32 (BIP 173, 350).
#include <algorithm>
#include <array>

#include "base/hash.h"
#include "text/identifier.h"

namespace ganglion {
namespace {

constexpr std::string_view kBase58 = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz";
constexpr std::string_view kBech32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l";
constexpr size_t kPayloadBytes = 25;  // version, 20 bytes of hash, 4 of checksum

// Big-endian value of `text` in 25 bytes; false for a foreign character or an overflow.
bool decode_base58(std::string_view text, std::array<uint8_t, kPayloadBytes>& bytes) {
  bytes.fill(0);
  for (const char c : text) {
    const size_t digit = kBase58.find(c);
    if (digit == std::string_view::npos) return false;
    auto carry = static_cast<uint32_t>(digit);
    for (size_t i = kPayloadBytes; i-- > 0;) {
      carry += static_cast<uint32_t>(bytes[i]) * 58;
      bytes[i] = static_cast<uint8_t>(carry & 0xff);
      carry >>= 8;
    }
    if (carry != 0) return false;
  }
  return true;
}

bool is_base58_address(std::string_view text) {
  std::array<uint8_t, kPayloadBytes> bytes{};
  if (!decode_base58(text, bytes)) return false;
  const uint8_t version = bytes[0];
  if (version != 0x00 && version != 0x05 && version != 0x6f && version != 0xc4) return false;
  const auto leading_ones = text.size() - std::min(text.size(), text.find_first_not_of('1'));
  const auto zeros = static_cast<size_t>(
      std::find_if(bytes.begin(), bytes.end(), [](uint8_t b) { return b != 0; }) - bytes.begin());
  if (text.size() - leading_ones != zeros) return false;
  const Sha256Digest once = sha256({reinterpret_cast<const char*>(bytes.data()), 21});
  const Sha256Digest twice = sha256({reinterpret_cast<const char*>(once.data()), once.size()});
  return std::equal(bytes.begin() + 21, bytes.end(), twice.begin());
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

// Witness program lengths in 5-bit groups: version 0 has 20 or 32 bytes, others 2 to 40.
bool is_witness_length(uint32_t version, size_t groups) {
  return version == 0 ? groups == 32 || groups == 52 : groups >= 4 && groups <= 64;
}

bool is_bech32_address(std::string_view text) {
  const bool upper = text[0] >= 'A' && text[0] <= 'Z';
  uint32_t state = 1;
  const std::string_view prefix = text[0] == 't' || text[0] == 'T' ? "tb" : "bc";
  for (const char c : prefix) state = bech32_step(state, static_cast<uint32_t>(c) >> 5);
  state = bech32_step(state, 0);
  for (const char c : prefix) state = bech32_step(state, static_cast<uint32_t>(c) & 31);
  uint32_t version = 0;
  for (size_t i = 3; i < text.size(); ++i) {
    const bool is_upper = text[i] >= 'A' && text[i] <= 'Z';
    const bool is_lower = text[i] >= 'a' && text[i] <= 'z';
    if (upper ? is_lower : is_upper) return false;
    const size_t value = kBech32.find(static_cast<char>(is_upper ? text[i] + 32 : text[i]));
    if (value == std::string_view::npos) return false;
    if (i == 3) version = static_cast<uint32_t>(value);
    state = bech32_step(state, static_cast<uint32_t>(value));
  }
  const uint32_t expected = version == 0 ? 1 : 0x2bc830a3;
  return version <= 16 && state == expected && is_witness_length(version, text.size() - 10);
}

}  // namespace

bool is_bitcoin_address(std::string_view text) {
  if (text.size() < 14 || text.size() > 90) return false;
  const std::string_view prefix = text.substr(0, 3);
  if (prefix == "bc1" || prefix == "BC1" || prefix == "tb1" || prefix == "TB1") {
    return is_bech32_address(text);
  }
  return text.size() >= 26 && text.size() <= 35 && is_base58_address(text);
}

}  // namespace ganglion
