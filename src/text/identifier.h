// Whether a string is a well-formed identifier of one kind: shape, ranges and check digits.
// Input is compact: no spaces or punctuation, letters in upper case (Bitcoin: as written). Pure,
// thread-safe, no allocation except for Bitcoin. The sources are the issuers' own rules, named at
// each definition; text/identifier_test.cc checks published examples.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace ganglion {

enum class CardBrand : uint8_t {
  kUnknown,
  kVisa,
  kMastercard,
  kAmericanExpress,
  kDiscover,
  kDinersClub,
  kJcb,
  kUnionPay,
  kMaestro,
  kMir,
  kRupay,
  kTroy,
};

// By issuer prefix and length (ISO/IEC 7812), without the Luhn check; kUnknown otherwise.
CardBrand card_brand(std::string_view digits);
// Known brand, permitted length, Luhn, not one digit repeated.
bool is_payment_card(std::string_view digits);

// Total length of an IBAN of `country` (two letters), 0 when the country issues none.
size_t iban_length(std::string_view country);
bool is_iban(std::string_view compact);

bool is_us_routing_number(std::string_view digits);   // ABA: 9 digits, prefix ranges, 3-7-1
bool is_us_npi(std::string_view digits);              // 10 digits, Luhn over 80840 + NPI
bool is_us_ssn(std::string_view digits);              // 9 digits, range rules only: no check digit
bool is_us_itin(std::string_view digits);             // 9 digits, range rules only
bool is_ca_sin(std::string_view digits);              // 9 digits, Luhn
bool is_uk_nhs_number(std::string_view digits);       // 10 digits, modulus 11
bool is_de_steuer_id(std::string_view digits);        // 11 digits, MOD 11,10, one digit repeated
bool is_es_nif(std::string_view compact);             // 8 digits (or K, L, M + 7) + letter
bool is_es_nie(std::string_view compact);             // X, Y, Z + 7 digits + letter
bool is_it_codice_fiscale(std::string_view compact);  // 16 characters, omocodia allowed
bool is_pl_pesel(std::string_view digits);            // 11 digits with a real birth date
bool is_in_aadhaar(std::string_view digits);          // 12 digits, Verhoeff
bool is_tr_tckn(std::string_view digits);             // 11 digits, two check digits
bool is_au_abn(std::string_view digits);              // 11 digits, modulus 89
bool is_au_tfn(std::string_view digits);              // 8 or 9 digits, modulus 11
bool is_fr_nir(std::string_view compact);             // 15 characters, key 97 - n mod 97
bool is_nl_bsn(std::string_view digits);              // 9 digits, the "eleven test"
bool is_be_national_number(std::string_view digits);  // 11 digits, key 97 - n mod 97
bool is_br_cpf(std::string_view digits);              // 11 digits, two check digits

// Mainnet and testnet: base58check (P2PKH, P2SH) or bech32/bech32m (BIP 173, BIP 350).
bool is_bitcoin_address(std::string_view text);

// The check letter of `payload` (15 characters); '\0' when a character is not allowed.
char codice_fiscale_check_letter(std::string_view payload);

// A real day of the Gregorian calendar; month 1 to 12.
bool is_calendar_date(int year, int month, int day);

}  // namespace ganglion
