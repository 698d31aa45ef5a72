#include "text/identifier.h"

#include <algorithm>
#include <array>

#include "text/checksum.h"

namespace ganglion {
namespace {

bool is_digits_of_length(std::string_view text, size_t length) {
  return text.size() == length && is_ascii_digits(text);
}

// Reads an ASCII digit string of at most 18 characters.
uint64_t number(std::string_view digits) {
  uint64_t value = 0;
  for (const char c : digits) value = value * 10 + static_cast<uint64_t>(c - '0');
  return value;
}

bool is_one_digit_repeated(std::string_view digits) {
  return digits.find_first_not_of(digits[0]) == std::string_view::npos;
}

constexpr std::string_view kNifLetters = "TRWAGMYFPDXBNJZSQVHLCKE";

}  // namespace

bool is_calendar_date(int year, int month, int day) {
  constexpr std::array<int, 12> kDays = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
  if (month < 1 || month > 12 || day < 1) return false;
  const bool leap = (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
  return day <= kDays[static_cast<size_t>(month - 1)] + (month == 2 && leap ? 1 : 0);
}

// Federal Reserve and ABA: prefixes 00-12, 21-32, 61-72 and 80; weights 3, 7, 1.
bool is_us_routing_number(std::string_view digits) {
  if (!is_digits_of_length(digits, 9) || is_one_digit_repeated(digits)) return false;
  const uint64_t prefix = number(digits.substr(0, 2));
  const bool assigned = prefix <= 12 || (prefix >= 21 && prefix <= 32) ||
                        (prefix >= 61 && prefix <= 72) || prefix == 80;
  constexpr std::array<uint8_t, 9> kWeights = {3, 7, 1, 3, 7, 1, 3, 7, 1};
  return assigned && weighted_digit_sum(digits, kWeights) % 10 == 0;
}

// 45 CFR 162.406: ISO Luhn with the prefix 80840, which adds 24 to the sum.
bool is_us_npi(std::string_view digits) {
  if (!is_digits_of_length(digits, 10) || (digits[0] != '1' && digits[0] != '2')) return false;
  std::array<char, 15> prefixed = {'8', '0', '8', '4', '0'};
  std::copy(digits.begin(), digits.end(), prefixed.begin() + 5);
  return luhn_valid({prefixed.data(), prefixed.size()});
}

// SSA: area 000, 666 and 900-999, group 00 and serial 0000 are never issued; two numbers were
// withdrawn after being printed in advertisements.
bool is_us_ssn(std::string_view digits) {
  if (!is_digits_of_length(digits, 9)) return false;
  const uint64_t area = number(digits.substr(0, 3));
  return area != 0 && area != 666 && area < 900 && digits.substr(3, 2) != "00" &&
         digits.substr(5) != "0000" && !is_one_digit_repeated(digits) && digits != "078051120" &&
         digits != "219099999";
}

// IRS: 9xx, group 50-65, 70-88, 90-92 or 94-99.
bool is_us_itin(std::string_view digits) {
  if (!is_digits_of_length(digits, 9) || digits[0] != '9') return false;
  const uint64_t group = number(digits.substr(3, 2));
  return (group >= 50 && group <= 65) || (group >= 70 && group <= 88) ||
         (group >= 90 && group <= 99 && group != 93);
}

bool is_ca_sin(std::string_view digits) {
  return is_digits_of_length(digits, 9) && !is_one_digit_repeated(digits) && luhn_valid(digits);
}

// NHS Data Dictionary: weights 10 to 2, check = 11 - sum mod 11 (11 is written 0, 10 is unused).
bool is_uk_nhs_number(std::string_view digits) {
  if (!is_digits_of_length(digits, 10) || is_one_digit_repeated(digits)) return false;
  constexpr std::array<uint8_t, 9> kWeights = {10, 9, 8, 7, 6, 5, 4, 3, 2};
  const uint32_t check = (11 - weighted_digit_sum(digits.substr(0, 9), kWeights) % 11) % 11;
  return check < 10 && digits[9] == static_cast<char>('0' + check);
}

// BZSt: not 0 first; among the first ten digits exactly one value occurs twice or three times.
bool is_de_steuer_id(std::string_view digits) {
  if (!is_digits_of_length(digits, 11) || digits[0] == '0' || !mod11_10_valid(digits)) return false;
  std::array<int, 10> counts{};
  for (const char c : digits.substr(0, 10)) ++counts[static_cast<size_t>(c - '0')];
  const auto repeated = std::count_if(counts.begin(), counts.end(), [](int n) { return n > 1; });
  return repeated == 1 && *std::max_element(counts.begin(), counts.end()) <= 3;
}

// Real Decreto 1553/2005: letter = number mod 23. K, L and M mark special holders.
bool is_es_nif(std::string_view compact) {
  if (compact.size() != 9) return false;
  const bool special = compact[0] == 'K' || compact[0] == 'L' || compact[0] == 'M';
  const std::string_view digits = special ? compact.substr(1, 7) : compact.substr(0, 8);
  return is_ascii_digits(digits) && compact[8] == kNifLetters[number(digits) % 23];
}

bool is_es_nie(std::string_view compact) {
  if (compact.size() != 9 || compact[0] < 'X' || compact[0] > 'Z') return false;
  const std::string_view digits = compact.substr(1, 7);
  if (!is_ascii_digits(digits)) return false;
  const uint64_t value = static_cast<uint64_t>(compact[0] - 'X') * 10'000'000 + number(digits);
  return compact[8] == kNifLetters[value % 23];
}

// Ministerstwo Cyfryzacji: weights 1, 3, 7, 9; the century is coded in the month.
bool is_pl_pesel(std::string_view digits) {
  if (!is_digits_of_length(digits, 11)) return false;
  constexpr std::array<uint8_t, 10> kWeights = {1, 3, 7, 9, 1, 3, 7, 9, 1, 3};
  const uint32_t check = (10 - weighted_digit_sum(digits.substr(0, 10), kWeights) % 10) % 10;
  if (digits[10] != static_cast<char>('0' + check)) return false;
  constexpr std::array<int, 5> kCenturies = {1900, 2000, 2100, 2200, 1800};
  const int coded_month = static_cast<int>(number(digits.substr(2, 2)));
  const int year = kCenturies[static_cast<size_t>(coded_month / 20)] +
                   static_cast<int>(number(digits.substr(0, 2)));
  return is_calendar_date(year, coded_month % 20, static_cast<int>(number(digits.substr(4, 2))));
}

// UIDAI: the first digit is 2 to 9.
bool is_in_aadhaar(std::string_view digits) {
  return is_digits_of_length(digits, 12) && digits[0] >= '2' && !is_one_digit_repeated(digits) &&
         verhoeff_valid(digits);
}

// NVI: d10 = 7 * (d1 + d3 + d5 + d7 + d9) - (d2 + d4 + d6 + d8), d11 = sum of the first ten;
// mod 10.
bool is_tr_tckn(std::string_view digits) {
  if (!is_digits_of_length(digits, 11) || digits[0] == '0') return false;
  constexpr std::array<uint8_t, 9> kTenth = {7, 9, 7, 9, 7, 9, 7, 9, 7};
  constexpr std::array<uint8_t, 10> kEleventh = {1, 1, 1, 1, 1, 1, 1, 1, 1, 1};
  const uint32_t tenth = weighted_digit_sum(digits.substr(0, 9), kTenth) % 10;
  const uint32_t eleventh = weighted_digit_sum(digits.substr(0, 10), kEleventh) % 10;
  return digits[9] == static_cast<char>('0' + tenth) &&
         digits[10] == static_cast<char>('0' + eleventh);
}

// ABR: one less in the first digit, then the weighted sum is a multiple of 89.
bool is_au_abn(std::string_view digits) {
  if (!is_digits_of_length(digits, 11) || digits[0] == '0') return false;
  constexpr std::array<uint8_t, 11> kWeights = {10, 1, 3, 5, 7, 9, 11, 13, 15, 17, 19};
  return (weighted_digit_sum(digits, kWeights) - kWeights[0]) % 89 == 0;
}

bool is_au_tfn(std::string_view digits) {
  constexpr std::array<uint8_t, 9> kNine = {1, 4, 3, 7, 5, 8, 6, 9, 10};
  constexpr std::array<uint8_t, 8> kEight = {10, 7, 8, 4, 6, 3, 5, 1};
  if (!is_ascii_digits(digits) || is_one_digit_repeated(digits)) return false;
  if (digits.size() == 9) return weighted_digit_sum(digits, kNine) % 11 == 0;
  return digits.size() == 8 && weighted_digit_sum(digits, kEight) % 11 == 0;
}

// INSEE: sex, year, month, department (2A and 2B read as 19 and 18), commune, order; 97 - n mod 97.
bool is_fr_nir(std::string_view compact) {
  if (compact.size() != 15 || (compact[0] != '1' && compact[0] != '2')) return false;
  std::array<char, 13> body{};
  std::copy_n(compact.begin(), body.size(), body.begin());
  if (body[5] == '2' && (body[6] == 'A' || body[6] == 'B')) {
    body[5] = '1';
    body[6] = body[6] == 'A' ? '9' : '8';
  }
  const std::string_view digits(body.data(), body.size());
  const uint64_t month = is_ascii_digits(digits) ? number(digits.substr(3, 2)) : 0;
  const bool known_month = (month >= 1 && month <= 12) || (month >= 20 && month <= 42);
  return known_month && is_ascii_digits(compact.substr(13)) &&
         number(compact.substr(13)) == 97 - number(digits) % 97;
}

bool is_nl_bsn(std::string_view digits) {
  if (!is_digits_of_length(digits, 9) || is_one_digit_repeated(digits)) return false;
  constexpr std::array<uint8_t, 8> kWeights = {9, 8, 7, 6, 5, 4, 3, 2};
  const uint32_t sum = weighted_digit_sum(digits.substr(0, 8), kWeights);
  return sum % 11 == static_cast<uint32_t>(digits[8] - '0');
}

// Rijksregister: the key of people born from 2000 on is computed with a 2 in front.
bool is_be_national_number(std::string_view digits) {
  if (!is_digits_of_length(digits, 11)) return false;
  const uint64_t body = number(digits.substr(0, 9));
  const uint64_t key = number(digits.substr(9));
  const uint64_t month = number(digits.substr(2, 2)) % 20;
  const bool plausible = month <= 12 && number(digits.substr(4, 2)) <= 31 && body != 0;
  return plausible && (key == 97 - body % 97 || key == 97 - (body + 2'000'000'000) % 97);
}

bool is_br_cpf(std::string_view digits) {
  if (!is_digits_of_length(digits, 11) || is_one_digit_repeated(digits)) return false;
  constexpr std::array<uint8_t, 10> kWeights = {11, 10, 9, 8, 7, 6, 5, 4, 3, 2};
  const std::span<const uint8_t> weights(kWeights);
  const uint32_t tenth = weighted_digit_sum(digits.substr(0, 9), weights.subspan(1)) * 10 % 11 % 10;
  const uint32_t eleventh = weighted_digit_sum(digits.substr(0, 10), weights) * 10 % 11 % 10;
  return digits[9] == static_cast<char>('0' + tenth) &&
         digits[10] == static_cast<char>('0' + eleventh);
}

}  // namespace ganglion
