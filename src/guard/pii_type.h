// The kinds of personal or secret values that the guard knows.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace ganglion {

// Order matters only to break ties between equal findings: the earlier type wins.
enum class PiiType : uint8_t {
  kPrivateKey,
  kJwt,
  kAwsAccessKey,
  kAwsSecretKey,
  kGithubToken,
  kSlackToken,
  kStripeKey,
  kApiKey,
  kPassword,
  kCreditCard,
  kIban,
  kBitcoinAddress,
  kItCodiceFiscale,
  kEsNif,
  kEsNie,
  kFrNir,
  kDeSteuerId,
  kTrTckn,
  kPlPesel,
  kAuAbn,
  kInAadhaar,
  kBeNationalNumber,
  kBrCpf,
  kUsSsn,
  kUsItin,
  kUsNpi,
  kUsAba,
  kUkNhs,
  kCaSin,
  kAuTfn,
  kNlBsn,
  kEmail,
  kUrl,
  kIpAddress,
  kMacAddress,
  kPhone,
  kDateOfBirth,
  kDate,
  kAddress,
  kPerson,
  kReservedToken,  // a literal "[EMAIL_1]" of the input that would clash with a pseudonym
};

inline constexpr size_t kNumPiiTypes = static_cast<size_t>(PiiType::kReservedToken) + 1;

// "CREDIT_CARD", "IBAN", …: the name in spans, pseudonyms and tallies. Upper case, digits, '_'.
std::string_view pii_type_name(PiiType type);
std::optional<PiiType> pii_type_from_name(std::string_view name);

// Types whose value carries a check digit or a signature-like structure (not SSN and ITIN, which
// have range rules only).
bool has_checksum(PiiType type);

}  // namespace ganglion
