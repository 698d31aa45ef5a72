#include "guard/pii_type.h"

namespace ganglion {
namespace {

constexpr std::array<std::string_view, kNumPiiTypes> kNames = {
    "PRIVATE_KEY",
    "JWT",
    "AWS_ACCESS_KEY",
    "AWS_SECRET",
    "GITHUB_TOKEN",
    "SLACK_TOKEN",
    "STRIPE_KEY",
    "API_KEY",
    "PASSWORD",
    "CREDIT_CARD",
    "IBAN",
    "BTC_ADDRESS",
    "IT_CODICE_FISCALE",
    "ES_NIF",
    "ES_NIE",
    "FR_NIR",
    "DE_STEUER_ID",
    "TR_TCKN",
    "PL_PESEL",
    "AU_ABN",
    "IN_AADHAAR",
    "BE_NATIONAL_NUMBER",
    "BR_CPF",
    "US_SSN",
    "US_ITIN",
    "US_NPI",
    "US_ABA",
    "UK_NHS",
    "CA_SIN",
    "AU_TFN",
    "NL_BSN",
    "EMAIL",
    "URL",
    "IP_ADDRESS",
    "MAC_ADDRESS",
    "PHONE",
    "DATE_OF_BIRTH",
    "DATE",
    "ADDRESS",
    "PERSON",
    "RESERVED",
};

}  // namespace

std::string_view pii_type_name(PiiType type) { return kNames[static_cast<size_t>(type)]; }

std::optional<PiiType> pii_type_from_name(std::string_view name) {
  for (size_t i = 0; i < kNumPiiTypes; ++i) {
    if (kNames[i] == name) return static_cast<PiiType>(i);
  }
  return std::nullopt;
}

bool has_checksum(PiiType type) {
  const bool identifier = type >= PiiType::kCreditCard && type <= PiiType::kNlBsn;
  return identifier && type != PiiType::kUsSsn && type != PiiType::kUsItin;
}

}  // namespace ganglion
