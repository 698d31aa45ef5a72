#include "guard/synthetic/identifiers.h"

#include <fmt/format.h>

#include <array>

#include "base/check.h"
#include "guard/synthetic/bitcoin.h"
#include "guard/synthetic/values.h"
#include "text/checksum.h"
#include "text/identifier.h"

namespace ganglion {
namespace {

using IdentifierCheck = bool (*)(std::string_view);

struct IdentifierShape {
  PiiType type;
  IdentifierCheck is_valid;
  // '#' digit, 'A' letter, others themselves; the last '?' is found by trying 0-9 and A-Z.
  std::string_view shape;
  // Groupings as lengths and separators, the first is the compact one.
  std::string_view groupings;
};

constexpr std::array kShapes = {
    IdentifierShape{PiiType::kEsNif, is_es_nif, "########?", "9|8-1|2.3.4|8 1"},
    IdentifierShape{PiiType::kEsNie, is_es_nie, "Y#######?", "9|1-7-1|8-1"},
    IdentifierShape{PiiType::kFrNir, is_fr_nir, "", "15|1 2 2 2 3 3 2|13 2"},
    IdentifierShape{PiiType::kDeSteuerId, is_de_steuer_id, "", "11|2 3 3 3"},
    IdentifierShape{PiiType::kPlPesel, is_pl_pesel, "", "11"},
    IdentifierShape{PiiType::kTrTckn, is_tr_tckn, "", "11|3 3 3 2"},
    IdentifierShape{PiiType::kAuAbn, is_au_abn, "", "11|2 3 3 3|2-3-3-3"},
    IdentifierShape{PiiType::kInAadhaar, is_in_aadhaar, "###########?", "12|4 4 4|4-4-4"},
    IdentifierShape{PiiType::kBeNationalNumber, is_be_national_number, "", "11|2.2.2-3.2"},
    IdentifierShape{PiiType::kBrCpf, is_br_cpf, "", "11|3.3.3-2"},
    IdentifierShape{PiiType::kUsSsn, is_us_ssn, "########?", "9|3-2-4"},
    IdentifierShape{PiiType::kUsItin, is_us_itin, "9##7####?", "9|3-2-4"},
    IdentifierShape{PiiType::kUsNpi, is_us_npi, "1########?", "10"},
    IdentifierShape{PiiType::kUsAba, is_us_routing_number, "########?", "9|4-4-1"},
    IdentifierShape{PiiType::kUkNhs, is_uk_nhs_number, "#########?", "10|3 3 4|3-3-4"},
    IdentifierShape{PiiType::kCaSin, is_ca_sin, "########?", "9|3 3 3|3-3-3"},
    IdentifierShape{PiiType::kAuTfn, is_au_tfn, "########?", "9|3 3 3"},
    IdentifierShape{PiiType::kNlBsn, is_nl_bsn, "########?", "9|4.2.3"},
    IdentifierShape{PiiType::kItCodiceFiscale, is_it_codice_fiscale, "", "16|3 3 5 5"},
    IdentifierShape{PiiType::kBitcoinAddress, is_bitcoin_address, "", ""},
    IdentifierShape{PiiType::kIban, is_iban, "", ""},
    IdentifierShape{PiiType::kCreditCard, is_payment_card, "", ""},
};

const IdentifierShape& shape_of(PiiType type) {
  for (const IdentifierShape& shape : kShapes) {
    if (shape.type == type) return shape;
  }
  GANGLION_ASSERT(false);
  return kShapes[0];
}

char random_letter(Rng& rng) { return static_cast<char>('A' + rng.below(26)); }

// Fills the shape; '?' takes the first character that makes the check pass, if one does.
std::string fill(const IdentifierShape& shape, std::string_view pattern, Rng& rng) {
  std::string value;
  for (const char c : pattern) {
    value.push_back(c == '#'   ? static_cast<char>('0' + rng.below(10))
                    : c == 'A' ? random_letter(rng)
                               : c);
  }
  if (value.back() != '?') return value;
  const uint64_t start = rng.below(10);
  for (uint64_t i = 0; i < 36; ++i) {
    const uint64_t symbol = i < 10 ? (start + i) % 10 : i;
    value.back() = static_cast<char>(symbol < 10 ? '0' + symbol : 'A' + symbol - 10);
    if (shape.is_valid(value)) return value;
  }
  return value;
}

std::string card(Rng& rng) {
  constexpr std::array<std::string_view, 14> kPrefixes = {
      "4###############", "4###############", "51##############", "55##############",
      "2345############", "34#############",  "37#############",  "6011############",
      "65##############", "36############",   "3530############", "62##############",
      "6759############", "4############"};
  std::string digits =
      fill(shape_of(PiiType::kCreditCard), kPrefixes[rng.below(kPrefixes.size())], rng);
  digits.pop_back();
  return digits + luhn_check_digit(digits);
}

std::string iban(Rng& rng) {
  constexpr std::array<std::string_view, 16> kShapesOfCountries = {
      "DE00##################",   "FR00##########AA#A#A#A#A###",
      "ES00####################", "NL00AAAA##########",
      "GB00AAAA##############",   "IT00A######################",
      "AT00################",     "CH00#################",
      "BE00############",         "PL00########################",
      "NO00###########",          "SE00####################",
      "IE00AAAA##############",   "PT00#####################",
      "DK00##############",       "TR00######################"};
  const std::string_view shape = kShapesOfCountries[rng.below(kShapesOfCountries.size())];
  std::string value(shape.substr(0, 2));  // the country: its letters are not placeholders
  value += fill(shape_of(PiiType::kIban), shape.substr(2), rng);
  for (int check = 2; check <= 98; ++check) {
    value[2] = static_cast<char>('0' + check / 10);
    value[3] = static_cast<char>('0' + check % 10);
    if (iban_mod97_valid(value)) break;
  }
  GANGLION_ASSERT(is_iban(value));
  return value;
}

std::string codice_fiscale(Rng& rng) {
  constexpr std::string_view kMonths = "ABCDEHLMPRST";
  const uint64_t day = 1 + rng.below(28) + (rng.below(2) == 0 ? 40 : 0);
  std::string value = fill(shape_of(PiiType::kItCodiceFiscale), "AAAAAA##", rng);
  value += kMonths[rng.below(kMonths.size())];
  value += fmt::format("{:02}", day) + random_letter(rng) + random_digits(3, rng);
  return value + codice_fiscale_check_letter(value);
}

// Ten digits with exactly one repeated, and the check digit.
std::string steuer_id(Rng& rng) {
  std::array<char, 10> digits = {'0', '1', '2', '3', '4', '5', '6', '7', '8', '9'};
  rng.shuffle(std::span<char>(digits));
  digits[9] = digits[rng.below(9)];
  rng.shuffle(std::span<char>(digits));
  std::string value(digits.begin(), digits.end());
  if (value[0] == '0') std::swap(value[0], value[value[1] == '0' ? 2 : 1]);
  return value + mod11_10_check_digit(value);
}

// Random birth dates and order numbers until the check passes: the checks accept 1 to 10 %.
std::string by_trial(const IdentifierShape& shape, Rng& rng) {
  for (;;) {
    const uint64_t day = 1 + rng.below(28);
    const uint64_t month = 1 + rng.below(12);
    const uint64_t year = rng.below(100);
    std::string value;
    switch (shape.type) {
      case PiiType::kFrNir:
        value = fmt::format("{}{:02}{:02}{:02}{:03}{:03}", 1 + rng.below(2), year, month,
                            1 + rng.below(95), 1 + rng.below(900), 1 + rng.below(998));
        value += fmt::format("{:02}", 97 - std::stoull(value) % 97);
        break;
      case PiiType::kPlPesel:
        value = fmt::format("{:02}{:02}{:02}{:05}", year, month + 20 * rng.below(2), day,
                            rng.below(100000));
        break;
      case PiiType::kBeNationalNumber:
        value = fmt::format("{:02}{:02}{:02}{:03}", year, month, day, 1 + rng.below(997));
        value += fmt::format("{:02}", 97 - std::stoull(value) % 97);
        break;
      default:
        value = random_digits(11, rng);
    }
    if (shape.is_valid(value)) return value;
  }
}

std::string group(std::string_view compact, std::string_view grouping) {
  std::string written;
  size_t length = 0;
  for (size_t i = 0; i <= grouping.size(); ++i) {
    if (i < grouping.size() && grouping[i] >= '0' && grouping[i] <= '9') {
      length = length * 10 + static_cast<size_t>(grouping[i] - '0');
      continue;
    }
    written.append(compact.substr(0, length));
    compact.remove_prefix(length);
    if (i < grouping.size()) written.push_back(grouping[i]);
    length = 0;
  }
  return written;
}

std::string write_in_fours(std::string_view compact, char separator) {
  std::string written;
  for (size_t i = 0; i < compact.size(); ++i) {
    if (i > 0 && i % 4 == 0) written.push_back(separator);
    written.push_back(compact[i]);
  }
  return written;
}

}  // namespace

bool is_valid_identifier(PiiType type, std::string_view compact) {
  return shape_of(type).is_valid(compact);
}

std::string synthetic_identifier(PiiType type, Rng& rng) {
  const IdentifierShape& shape = shape_of(type);
  if (type == PiiType::kCreditCard) return card(rng);
  if (type == PiiType::kIban) return iban(rng);
  if (type == PiiType::kBitcoinAddress) return synthetic_bitcoin_address(rng);
  if (type == PiiType::kItCodiceFiscale) return codice_fiscale(rng);
  if (type == PiiType::kDeSteuerId) return steuer_id(rng);
  if (shape.shape.empty()) return by_trial(shape, rng);
  for (;;) {
    std::string value = fill(shape, shape.shape, rng);
    if (shape.is_valid(value)) return value;
  }
}

std::string wrong_identifier(PiiType type, Rng& rng) {
  if (type == PiiType::kUsSsn) return fmt::format("{}{}", 900 + rng.below(100), "310000");
  if (type == PiiType::kUsItin) return fmt::format("{}{}", 900 + rng.below(100), "491234");
  for (;;) {
    std::string value = synthetic_identifier(type, rng);
    char& last = value[value.size() - 1 - rng.below(3)];
    if (last >= '0' && last <= '9')
      last = static_cast<char>('0' + (last - '0' + 1 + rng.below(8)) % 10);
    if (!is_valid_identifier(type, value)) return value;
  }
}

std::string write_identifier(PiiType type, std::string compact, bool formatted, Rng& rng) {
  if (type == PiiType::kBitcoinAddress) return compact;
  if (type == PiiType::kIban || type == PiiType::kCreditCard) {
    if (!formatted) return compact;
    const char separator = type == PiiType::kCreditCard && rng.below(2) == 0 ? '-' : ' ';
    return compact.size() == 15 && type == PiiType::kCreditCard
               ? group(compact, separator == '-' ? "4-6-5" : "4 6 5")
               : write_in_fours(compact, separator);
  }
  std::string_view rest = shape_of(type).groupings;
  std::array<std::string_view, 6> groupings;
  size_t count = 0;
  for (; !rest.empty(); ++count) {
    groupings[count] = rest.substr(0, rest.find('|'));
    rest.remove_prefix(std::min(rest.size(), groupings[count].size() + 1));
  }
  if (!formatted || count == 1) return compact;
  return group(compact, groupings[1 + rng.below(count - 1)]);
}

}  // namespace ganglion
