#include "guard/identifier_rules.h"

#include "text/checksum.h"
#include "text/identifier.h"

namespace ganglion {
namespace {

// Many forms and programs write numbers that satisfy the check digit but not the rule on repeated
// digits; after "Steuer-ID:" they are redacted too.
bool is_steuer_id_shaped(std::string_view digits) {
  return digits.size() == 11 && mod11_10_valid(digits);
}

bool is_luhn9(std::string_view digits) { return digits.size() == 9 && luhn_valid(digits); }

using enum CheckStrength;

constexpr IdentifierRule kRules[] = {
    {PiiType::kItCodiceFiscale, kCueCodiceFiscale, kStrong, is_it_codice_fiscale, nullptr,
     "16|3 3 5 5|6 5 5|3-3-5-5|6-5-5|3 3 5 1 4|3 3 2 3 5"},
    {PiiType::kEsNif, kCueNif, kStrong, is_es_nif, nullptr,
     "9|8-1|8 1|2.3.4|2.3.3-1|2.3.3 1|1-7-1|1 7 1|1-8"},
    {PiiType::kEsNie, kCueNif, kStrong, is_es_nie, nullptr, "9|1-7-1|1 7 1|8-1|1-8|8 1|1 8"},
    {PiiType::kFrNir, kCueNir, kStrong, is_fr_nir, nullptr,
     "15|13 2|13-2|1 2 2 2 3 3 2|1-2-2-2-3-3-2|1.2.2.2.3.3.2|1 2 2 2 3 3-2"},
    {PiiType::kDeSteuerId, kCueSteuer, kMedium, is_de_steuer_id, is_steuer_id_shaped,
     "11|2 3 3 3|3 3 3 2|2-3-3-3|1 3 3 4|1 2 3 2 3|2/3/3/3|2.3.3.3|5 6"},
    {PiiType::kPlPesel, kCuePesel, kMedium, is_pl_pesel, nullptr, "11|6 5|6-5|2 2 2 5"},
    {PiiType::kTrTckn, kCueTckn, kMedium, is_tr_tckn, nullptr, "11|3 3 3 2|3 3 5|3-3-3-2|3 2 3 3"},
    {PiiType::kAuAbn, kCueAbn, kMedium, is_au_abn, nullptr, "11|2 3 3 3|2-3-3-3|2.3.3.3"},
    {PiiType::kInAadhaar, kCueAadhaar, kWeak, is_in_aadhaar, nullptr, "12|4 4 4|4-4-4|4.4.4"},
    {PiiType::kBeNationalNumber, kCueBelgium, kMedium, is_be_national_number, nullptr,
     "2.2.2-3.2|2.2.2-3-2|6-3-2|2.2.2.3.2"},
    {PiiType::kBeNationalNumber, kCueBelgium, kWeak, is_be_national_number, nullptr, "11"},
    {PiiType::kBrCpf, kCueCpf, kMedium, is_br_cpf, nullptr, "3.3.3-2|9-2"},
    {PiiType::kBrCpf, kCueCpf, kWeak, is_br_cpf, nullptr, "11"},
    // No check digit, but nothing else is written 3-2-4 with dashes.
    {PiiType::kUsSsn, kCueSsn, kStrong, is_us_ssn, nullptr, "3-2-4"},
    {PiiType::kUsSsn, kCueSsn, kWeak, is_us_ssn, nullptr, "9|3 2 4|3.2.4"},
    {PiiType::kUsItin, kCueItin | kCueSsn, kStrong, is_us_itin, nullptr, "3-2-4"},
    {PiiType::kUsItin, kCueItin | kCueSsn, kWeak, is_us_itin, nullptr, "9|3 2 4"},
    {PiiType::kUsNpi, kCueNpi, kCueOnly, is_us_npi, nullptr, "10|4-3-3|4 3 3|5 5"},
    {PiiType::kUsAba, kCueAba, kWeak, is_us_routing_number, nullptr, "9|4-4-1|4 4 1"},
    {PiiType::kUsAba, kCueAba, kCueOnly, is_us_routing_number, nullptr, "3 3 3|3-3-3|4 5"},
    {PiiType::kUkNhs, kCueNhs, kWeak, is_uk_nhs_number, nullptr, "10|3 3 4|3-3-4|3.3.4"},
    {PiiType::kCaSin, kCueSin, kWeak, is_ca_sin, is_luhn9, "9|3 3 3|3-3-3|3.3.3"},
    {PiiType::kAuTfn, kCueTfn, kWeak, is_au_tfn, nullptr, "9|3 3 3|3-3-3"},
    {PiiType::kAuTfn, kCueTfn, kCueOnly, is_au_tfn, nullptr, "8|2 3 3|3 3 2|4 4|3.3.3"},
    {PiiType::kNlBsn, kCueBsn, kWeak, is_nl_bsn, nullptr, "9|4.2.3|2.2.2.3"},
    {PiiType::kNlBsn, kCueBsn, kCueOnly, is_nl_bsn, nullptr, "4 2 3|3 3 3|4.3.2"},
};

}  // namespace

std::span<const IdentifierRule> identifier_rules() { return kRules; }

}  // namespace ganglion
