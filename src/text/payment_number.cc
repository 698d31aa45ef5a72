// Payment cards (ISO/IEC 7812 prefixes as the networks publish them) and IBAN (ISO 13616 registry).
#include <algorithm>
#include <array>

#include "text/checksum.h"
#include "text/identifier.h"

namespace ganglion {
namespace {

// Cards whose first digits, read as a number of `prefix_digits` digits, lie in [first, last].
struct CardRange {
  uint32_t first;
  uint32_t last;
  uint8_t prefix_digits;
  uint8_t min_length;
  uint8_t max_length;
  CardBrand brand;
};

// The first matching row wins: narrow ranges before the wide ones that hold them.
constexpr std::array kCardRanges = {
    CardRange{34, 34, 2, 15, 15, CardBrand::kAmericanExpress},
    CardRange{37, 37, 2, 15, 15, CardBrand::kAmericanExpress},
    CardRange{300, 305, 3, 14, 19, CardBrand::kDinersClub},
    CardRange{3095, 3095, 4, 14, 19, CardBrand::kDinersClub},
    CardRange{36, 36, 2, 14, 19, CardBrand::kDinersClub},
    CardRange{38, 39, 2, 14, 19, CardBrand::kDinersClub},
    CardRange{3528, 3589, 4, 16, 19, CardBrand::kJcb},
    CardRange{2200, 2204, 4, 16, 19, CardBrand::kMir},
    CardRange{2221, 2720, 4, 16, 16, CardBrand::kMastercard},
    CardRange{51, 55, 2, 16, 16, CardBrand::kMastercard},
    CardRange{508, 508, 3, 16, 16, CardBrand::kRupay},
    CardRange{5018, 5018, 4, 12, 19, CardBrand::kMaestro},
    CardRange{5020, 5020, 4, 12, 19, CardBrand::kMaestro},
    CardRange{5038, 5038, 4, 12, 19, CardBrand::kMaestro},
    CardRange{56, 58, 2, 12, 19, CardBrand::kMaestro},
    CardRange{6304, 6304, 4, 12, 19, CardBrand::kMaestro},
    CardRange{6759, 6763, 4, 12, 19, CardBrand::kMaestro},
    CardRange{6011, 6011, 4, 16, 19, CardBrand::kDiscover},
    CardRange{644, 649, 3, 16, 19, CardBrand::kDiscover},
    CardRange{65, 65, 2, 16, 19, CardBrand::kDiscover},
    CardRange{60, 60, 2, 16, 16, CardBrand::kRupay},
    CardRange{62, 62, 2, 16, 19, CardBrand::kUnionPay},
    CardRange{81, 82, 2, 16, 16, CardBrand::kRupay},
    CardRange{9792, 9792, 4, 16, 16, CardBrand::kTroy},
};

struct IbanCountry {
  std::string_view code;
  uint8_t length;
};

// SWIFT IBAN registry, release 99. Sorted by code.
constexpr std::array kIbanCountries = {
    IbanCountry{"AD", 24}, IbanCountry{"AE", 23}, IbanCountry{"AL", 28}, IbanCountry{"AT", 20},
    IbanCountry{"AZ", 28}, IbanCountry{"BA", 20}, IbanCountry{"BE", 16}, IbanCountry{"BG", 22},
    IbanCountry{"BH", 22}, IbanCountry{"BI", 27}, IbanCountry{"BR", 29}, IbanCountry{"BY", 28},
    IbanCountry{"CH", 21}, IbanCountry{"CR", 22}, IbanCountry{"CY", 28}, IbanCountry{"CZ", 24},
    IbanCountry{"DE", 22}, IbanCountry{"DJ", 27}, IbanCountry{"DK", 18}, IbanCountry{"DO", 28},
    IbanCountry{"EE", 20}, IbanCountry{"EG", 29}, IbanCountry{"ES", 24}, IbanCountry{"FI", 18},
    IbanCountry{"FK", 18}, IbanCountry{"FO", 18}, IbanCountry{"FR", 27}, IbanCountry{"GB", 22},
    IbanCountry{"GE", 22}, IbanCountry{"GI", 23}, IbanCountry{"GL", 18}, IbanCountry{"GR", 27},
    IbanCountry{"GT", 28}, IbanCountry{"HN", 28}, IbanCountry{"HR", 21}, IbanCountry{"HU", 28},
    IbanCountry{"IE", 22}, IbanCountry{"IL", 23}, IbanCountry{"IQ", 23}, IbanCountry{"IS", 26},
    IbanCountry{"IT", 27}, IbanCountry{"JO", 30}, IbanCountry{"KW", 30}, IbanCountry{"KZ", 20},
    IbanCountry{"LB", 28}, IbanCountry{"LC", 32}, IbanCountry{"LI", 21}, IbanCountry{"LT", 20},
    IbanCountry{"LU", 20}, IbanCountry{"LV", 21}, IbanCountry{"LY", 25}, IbanCountry{"MC", 27},
    IbanCountry{"MD", 24}, IbanCountry{"ME", 22}, IbanCountry{"MK", 19}, IbanCountry{"MN", 20},
    IbanCountry{"MR", 27}, IbanCountry{"MT", 31}, IbanCountry{"MU", 30}, IbanCountry{"NI", 28},
    IbanCountry{"NL", 18}, IbanCountry{"NO", 15}, IbanCountry{"OM", 23}, IbanCountry{"PK", 24},
    IbanCountry{"PL", 28}, IbanCountry{"PS", 29}, IbanCountry{"PT", 25}, IbanCountry{"QA", 29},
    IbanCountry{"RO", 24}, IbanCountry{"RS", 22}, IbanCountry{"RU", 33}, IbanCountry{"SA", 24},
    IbanCountry{"SC", 31}, IbanCountry{"SD", 18}, IbanCountry{"SE", 24}, IbanCountry{"SI", 19},
    IbanCountry{"SK", 24}, IbanCountry{"SM", 27}, IbanCountry{"SO", 23}, IbanCountry{"ST", 25},
    IbanCountry{"SV", 28}, IbanCountry{"TL", 23}, IbanCountry{"TN", 24}, IbanCountry{"TR", 26},
    IbanCountry{"UA", 29}, IbanCountry{"VA", 22}, IbanCountry{"VG", 24}, IbanCountry{"XK", 20},
    IbanCountry{"YE", 30},
};

}  // namespace

CardBrand card_brand(std::string_view digits) {
  if (digits.size() < 12 || digits.size() > 19 || !is_ascii_digits(digits)) {
    return CardBrand::kUnknown;
  }
  if (digits[0] == '4') {
    const bool known = digits.size() == 13 || digits.size() == 16 || digits.size() == 19;
    return known ? CardBrand::kVisa : CardBrand::kUnknown;
  }
  for (const CardRange& range : kCardRanges) {
    uint32_t prefix = 0;
    for (const char c : digits.substr(0, range.prefix_digits)) {
      prefix = prefix * 10 + static_cast<uint32_t>(c - '0');
    }
    if (prefix >= range.first && prefix <= range.last && digits.size() >= range.min_length &&
        digits.size() <= range.max_length) {
      return range.brand;
    }
  }
  return CardBrand::kUnknown;
}

bool is_payment_card(std::string_view digits) {
  return card_brand(digits) != CardBrand::kUnknown && luhn_valid(digits) &&
         digits.find_first_not_of(digits[0]) != std::string_view::npos;
}

size_t iban_length(std::string_view country) {
  const auto* const row = std::lower_bound(
      kIbanCountries.begin(), kIbanCountries.end(), country,
      [](const IbanCountry& entry, std::string_view code) { return entry.code < code; });
  return row != kIbanCountries.end() && row->code == country ? row->length : 0;
}

bool is_iban(std::string_view compact) {
  return compact.size() >= 15 && compact.size() == iban_length(compact.substr(0, 2)) &&
         is_ascii_digits(compact.substr(2, 2)) && iban_mod97_valid(compact);
}

}  // namespace ganglion
