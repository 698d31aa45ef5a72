// Check-digit algorithms over ASCII digits. Pure, thread-safe, linear in the length, no allocation.
// Input that is not what the comment asks for (a letter, empty) is simply not valid.
#pragma once

#include <cstdint>
#include <span>
#include <string_view>

namespace ganglion {

bool is_ascii_digits(std::string_view text);

// ISO/IEC 7812-1 annex B (Luhn). `digits` includes the check digit.
bool luhn_valid(std::string_view digits);

// Verhoeff 1969, dihedral group D5. `digits` includes the check digit.
bool verhoeff_valid(std::string_view digits);

// ISO/IEC 7064 MOD 11,10. `digits` includes the check digit.
bool mod11_10_valid(std::string_view digits);

// ISO/IEC 7064 MOD 97-10 as IBAN uses it: first four characters moved to the end, letters as
// 10..35, remainder 1. Upper-case letters and digits only; at least five characters.
bool iban_mod97_valid(std::string_view compact);

// Sum of digit[i] * weights[i]; `digits` and `weights` have the same length, all ASCII digits.
uint32_t weighted_digit_sum(std::string_view digits, std::span<const uint8_t> weights);

// The check digit that makes `payload` + digit valid, '0' to '9'. `payload` is ASCII digits.
char luhn_check_digit(std::string_view payload);
char verhoeff_check_digit(std::string_view payload);
char mod11_10_check_digit(std::string_view payload);

}  // namespace ganglion
