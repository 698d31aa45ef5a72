// Random numbers by position: the n-th draw depends on the seed and n only, whatever was drawn in
// between, so that an answer can be replayed from its middle.
#pragma once

#include <array>
#include <cstdint>

namespace ganglion {

// Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2,
// 3"): 128 random bits for a counter and a key. The known answers of its authors are in the test.
constexpr std::array<uint32_t, 4> philox4x32(std::array<uint32_t, 4> counter,
                                             std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t product0 = uint64_t{0xD2511F53} * counter[0];
    const uint64_t product1 = uint64_t{0xCD9E8D57} * counter[2];
    counter = {static_cast<uint32_t>(product1 >> 32) ^ counter[1] ^ key[0],
               static_cast<uint32_t>(product1),
               static_cast<uint32_t>(product0 >> 32) ^ counter[3] ^ key[1],
               static_cast<uint32_t>(product0)};
    key[0] += 0x9E3779B9;
    key[1] += 0xBB67AE85;
  }
  return counter;
}

// What one step of sampling needs, each in [0, 1) with 53 random bits.
struct StepChances {
  double token;      // which candidate is drawn
  double exclusion;  // whether XTC acts
};

constexpr StepChances step_chances(uint64_t seed, uint64_t step) {
  const std::array<uint32_t, 4> bits =
      philox4x32({static_cast<uint32_t>(step), static_cast<uint32_t>(step >> 32), 0, 0},
                 {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  const auto uniform = [](uint32_t high, uint32_t low) {
    return static_cast<double>((uint64_t{high} << 21) ^ (low >> 11)) * 0x1.0p-53;
  };
  return {uniform(bits[0], bits[1]), uniform(bits[2], bits[3])};
}

}  // namespace ganglion
