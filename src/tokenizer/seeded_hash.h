// A hash for tables whose keys come from an untrusted file.
// The seed is a digest of the file's own vocabulary: who writes the file cannot choose keys that
// collide, because every change of a key changes the seed. It needs no randomness, so that a run
// can be repeated.
#pragma once

#include <cstdint>
#include <cstring>
#include <string_view>

#include "base/hash.h"

namespace ganglion {

class SeededHash {
 public:
  SeededHash() = default;
  // `digest` is of everything that an author of keys can choose.
  explicit SeededHash(const Sha256Digest& digest) {
    std::memcpy(&first_, digest.data(), sizeof first_);
    std::memcpy(&second_, digest.data() + sizeof first_, sizeof second_);
    first_ |= 1;
    second_ |= 1;
  }

  uint64_t operator()(uint64_t key) const { return fold(key ^ first_, second_); }

  uint64_t operator()(std::string_view bytes) const {
    uint64_t hash = first_ ^ bytes.size();
    const char* at = bytes.data();
    size_t left = bytes.size();
    for (; left > 8; left -= 8, at += 8) hash = fold(hash ^ load(at, 8), second_);
    return fold(hash ^ load(at, left), second_);
  }

 private:
  static uint64_t load(const char* bytes, size_t count) {
    uint64_t value = 0;
    if (count == 8) {
      std::memcpy(&value, bytes, 8);
    } else if (count >= 4) {
      uint32_t low = 0;
      uint32_t high = 0;
      std::memcpy(&low, bytes, 4);
      std::memcpy(&high, bytes + count - 4, 4);
      value = uint64_t{high} << 32 | low;
    } else if (count > 0) {
      const auto byte = [&](size_t i) { return uint64_t{static_cast<unsigned char>(bytes[i])}; };
      value = byte(0) | byte(count / 2) << 8 | byte(count - 1) << 16;
    }
    return value;
  }

  // Both halves of the 128-bit product.
  static uint64_t fold(uint64_t a, uint64_t b) {
    __extension__ using Wide = unsigned __int128;
    const Wide product = Wide{a} * b;
    return static_cast<uint64_t>(product) ^ static_cast<uint64_t>(product >> 64);
  }

  uint64_t first_ = 1;
  uint64_t second_ = 0x9e3779b97f4a7c15ULL;
};

}  // namespace ganglion
