#include "text/checksum.h"

#include <algorithm>
#include <array>

#include "base/check.h"

namespace ganglion {
namespace {

uint32_t digit_value(char c) { return static_cast<uint32_t>(c - '0'); }

// Sum over `digits` from the right; the rightmost is doubled when `double_first`.
uint32_t luhn_sum(std::string_view digits, bool double_first) {
  uint32_t sum = 0;
  bool doubled = double_first;
  for (size_t i = digits.size(); i-- > 0; doubled = !doubled) {
    const uint32_t digit = digit_value(digits[i]) * (doubled ? 2 : 1);
    sum += digit > 9 ? digit - 9 : digit;
  }
  return sum;
}

constexpr std::array<std::array<uint8_t, 10>, 10> kDihedralProduct = {{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
    {1, 2, 3, 4, 0, 6, 7, 8, 9, 5},
    {2, 3, 4, 0, 1, 7, 8, 9, 5, 6},
    {3, 4, 0, 1, 2, 8, 9, 5, 6, 7},
    {4, 0, 1, 2, 3, 9, 5, 6, 7, 8},
    {5, 9, 8, 7, 6, 0, 4, 3, 2, 1},
    {6, 5, 9, 8, 7, 1, 0, 4, 3, 2},
    {7, 6, 5, 9, 8, 2, 1, 0, 4, 3},
    {8, 7, 6, 5, 9, 3, 2, 1, 0, 4},
    {9, 8, 7, 6, 5, 4, 3, 2, 1, 0},
}};

constexpr std::array<std::array<uint8_t, 10>, 8> kVerhoeffPermutation = {{
    {0, 1, 2, 3, 4, 5, 6, 7, 8, 9},
    {1, 5, 7, 6, 2, 8, 3, 0, 9, 4},
    {5, 8, 0, 3, 7, 9, 6, 1, 4, 2},
    {8, 9, 1, 6, 0, 4, 3, 5, 2, 7},
    {9, 4, 5, 3, 1, 2, 6, 8, 7, 0},
    {4, 2, 8, 6, 5, 7, 3, 9, 0, 1},
    {2, 7, 9, 3, 8, 0, 6, 4, 1, 5},
    {7, 0, 4, 6, 9, 1, 3, 2, 5, 8},
}};

constexpr std::array<uint8_t, 10> kDihedralInverse = {0, 4, 3, 2, 1, 5, 6, 7, 8, 9};

// The running product over `digits` from the right, the rightmost at permutation `position`.
uint8_t verhoeff_state(std::string_view digits, size_t position) {
  uint8_t state = 0;
  for (size_t i = digits.size(); i-- > 0; ++position) {
    state = kDihedralProduct[state][kVerhoeffPermutation[position % 8][digit_value(digits[i])]];
  }
  return state;
}

uint32_t mod11_10_product(std::string_view payload) {
  uint32_t product = 10;
  for (const char c : payload) {
    const uint32_t sum = (digit_value(c) + product) % 10;
    product = (sum == 0 ? 10 : sum) * 2 % 11;
  }
  return product;
}

}  // namespace

bool is_ascii_digits(std::string_view text) {
  return !text.empty() &&
         std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

bool luhn_valid(std::string_view digits) {
  return digits.size() > 1 && is_ascii_digits(digits) && luhn_sum(digits, false) % 10 == 0;
}

bool verhoeff_valid(std::string_view digits) {
  return digits.size() > 1 && is_ascii_digits(digits) && verhoeff_state(digits, 0) == 0;
}

bool mod11_10_valid(std::string_view digits) {
  return digits.size() > 1 && is_ascii_digits(digits) &&
         mod11_10_check_digit(digits.substr(0, digits.size() - 1)) == digits.back();
}

bool iban_mod97_valid(std::string_view compact) {
  if (compact.size() < 5) return false;
  uint32_t remainder = 0;
  for (size_t i = 0; i < compact.size(); ++i) {
    const char c = compact[(i + 4) % compact.size()];
    if (c >= '0' && c <= '9') {
      remainder = (remainder * 10 + digit_value(c)) % 97;
    } else if (c >= 'A' && c <= 'Z') {
      remainder = (remainder * 100 + static_cast<uint32_t>(c - 'A') + 10) % 97;
    } else {
      return false;
    }
  }
  return remainder == 1;
}

uint32_t weighted_digit_sum(std::string_view digits, std::span<const uint8_t> weights) {
  GANGLION_ASSERT(digits.size() == weights.size());
  uint32_t sum = 0;
  for (size_t i = 0; i < digits.size(); ++i) sum += digit_value(digits[i]) * weights[i];
  return sum;
}

char luhn_check_digit(std::string_view payload) {
  return static_cast<char>('0' + (10 - luhn_sum(payload, true) % 10) % 10);
}

char verhoeff_check_digit(std::string_view payload) {
  return static_cast<char>('0' + kDihedralInverse[verhoeff_state(payload, 1)]);
}

char mod11_10_check_digit(std::string_view payload) {
  return static_cast<char>('0' + (11 - mod11_10_product(payload)) % 10);
}

}  // namespace ganglion
