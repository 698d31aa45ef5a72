// Published examples: issuers' documents, standards, and the well-known test numbers of the card
// networks.
#include "text/identifier.h"

#include <gtest/gtest.h>

#include "text/checksum.h"

namespace ganglion {
namespace {

using Check = bool (*)(std::string_view);

struct Example {
  Check check;
  std::string_view value;
};

TEST(Identifier, AcceptsPublishedExamples) {
  const Example examples[] = {
      {is_payment_card, "4111111111111111"},
      {is_payment_card, "5555555555554444"},
      {is_payment_card, "2223003122003222"},
      {is_payment_card, "378282246310005"},
      {is_payment_card, "6011111111111117"},
      {is_payment_card, "30569309025904"},
      {is_payment_card, "3530111333300000"},
      {is_payment_card, "6759649826438453"},
      {is_payment_card, "6200000000000005"},
      {is_iban, "GB82WEST12345698765432"},
      {is_iban, "DE89370400440532013000"},
      {is_iban, "FR1420041010050500013M02606"},
      {is_iban, "NO9386011117947"},
      {is_iban, "MT84MALT011000012345MTLCAST001S"},
      {is_us_routing_number, "021000021"},
      {is_us_routing_number, "111000025"},
      {is_us_routing_number, "322271627"},
      {is_us_npi, "1234567893"},
      {is_us_npi, "1245319599"},
      {is_us_ssn, "123456789"},
      {is_us_itin, "912701234"},
      {is_uk_nhs_number, "9434765919"},
      {is_uk_nhs_number, "4010232137"},
      {is_ca_sin, "046454286"},
      {is_de_steuer_id, "86095742719"},
      {is_de_steuer_id, "65929970489"},
      {is_es_nif, "12345678Z"},
      {is_es_nif, "00000000T"},
      {is_es_nie, "X1234567L"},
      {is_es_nie, "Z8327649K"},
      {is_it_codice_fiscale, "RSSMRA85T10A562S"},
      {is_it_codice_fiscale, "MRTMTT25D09F205Z"},
      {is_pl_pesel, "44051401359"},
      {is_pl_pesel, "02070803628"},
      {is_in_aadhaar, "234123412346"},
      {is_tr_tckn, "10000000146"},
      {is_au_abn, "51824753556"},
      {is_au_abn, "83914571673"},
      {is_au_tfn, "876543210"},
      {is_au_tfn, "123456782"},
      {is_nl_bsn, "111222333"},
      {is_be_national_number, "85073003328"},
      {is_br_cpf, "52998224725"},
      {is_bitcoin_address, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"},
      {is_bitcoin_address, "3J98t1WpEZ73CNmQviecrnyiWrnqRhWNLy"},
      {is_bitcoin_address, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
      {is_bitcoin_address, "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4"},
      {is_bitcoin_address, "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0"},
  };
  for (const Example& example : examples)
    EXPECT_TRUE(example.check(example.value)) << example.value;
}

TEST(Identifier, RefusesBrokenOnes) {
  const Example examples[] = {
      {is_payment_card, "4111111111111112"},
      {is_payment_card, "0000000000000000"},
      {is_payment_card, "9111111111111111"},
      {is_payment_card, "41111111111111"},
      {is_payment_card, ""},
      {is_iban, "GB82WEST12345698765433"},
      {is_iban, "DE8937040044053201300"},
      {is_iban, "ZZ89370400440532013000"},
      {is_us_routing_number, "021000022"},
      {is_us_routing_number, "500000005"},
      {is_us_npi, "1234567890"},
      {is_us_ssn, "000123456"},
      {is_us_ssn, "666123456"},
      {is_us_ssn, "900123456"},
      {is_us_ssn, "123006789"},
      {is_us_ssn, "123450000"},
      {is_us_ssn, "078051120"},
      {is_uk_nhs_number, "9434765918"},
      {is_ca_sin, "046454287"},
      {is_de_steuer_id, "86095742718"},
      {is_de_steuer_id, "01234567890"},
      {is_es_nif, "12345678A"},
      {is_es_nie, "X1234567A"},
      {is_it_codice_fiscale, "RSSMRA85T10A562T"},
      {is_it_codice_fiscale, "RSSMRA85T99A562S"},
      {is_pl_pesel, "44051401358"},
      {is_pl_pesel, "44131401359"},
      {is_in_aadhaar, "234123412347"},
      {is_in_aadhaar, "034123412346"},
      {is_tr_tckn, "10000000147"},
      {is_tr_tckn, "00000000146"},
      {is_au_abn, "51824753557"},
      {is_au_tfn, "876543211"},
      {is_nl_bsn, "111222334"},
      {is_be_national_number, "85073003329"},
      {is_br_cpf, "52998224726"},
      {is_br_cpf, "11111111111"},
      {is_bitcoin_address, "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"},
      {is_bitcoin_address, "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t5"},
      {is_bitcoin_address, "bc1QW508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4"},
      {is_bitcoin_address, "bc1"},
  };
  for (const Example& example : examples) {
    EXPECT_FALSE(example.check(example.value)) << example.value;
  }
}

// INSEE's own example, with the key computed here: 2 55 08 14 168 025, key 38.
TEST(Identifier, ReadsFrenchSocialSecurityNumbers) {
  EXPECT_TRUE(is_fr_nir("255081416802538"));
  EXPECT_FALSE(is_fr_nir("255081416802539"));
  EXPECT_FALSE(is_fr_nir("355081416802538"));
}

TEST(Identifier, NamesTheBrand) {
  EXPECT_EQ(card_brand("4111111111111111"), CardBrand::kVisa);
  EXPECT_EQ(card_brand("2720990000000007"), CardBrand::kMastercard);
  EXPECT_EQ(card_brand("2721000000000000"), CardBrand::kUnknown);
  EXPECT_EQ(card_brand("340000000000009"), CardBrand::kAmericanExpress);
  EXPECT_EQ(card_brand("3400000000000090"), CardBrand::kUnknown);
  EXPECT_EQ(card_brand("6221260000000000"), CardBrand::kUnionPay);
}

TEST(Identifier, KnowsTheCalendar) {
  EXPECT_TRUE(is_calendar_date(2024, 2, 29));
  EXPECT_FALSE(is_calendar_date(2023, 2, 29));
  EXPECT_FALSE(is_calendar_date(1900, 2, 29));
  EXPECT_TRUE(is_calendar_date(2000, 2, 29));
  EXPECT_FALSE(is_calendar_date(2024, 13, 1));
  EXPECT_FALSE(is_calendar_date(2024, 4, 31));
}

// Every substitution of one digit is found; Verhoeff also finds every swap of neighbours.
TEST(Checksum, FindsSingleErrors) {
  for (const std::string payload : {"1", "79927398", "236", "1428570", "98765432101234"}) {
    const std::string luhn = payload + luhn_check_digit(payload);
    const std::string verhoeff = payload + verhoeff_check_digit(payload);
    const std::string mod11_10 = payload + mod11_10_check_digit(payload);
    EXPECT_TRUE(luhn_valid(luhn) && verhoeff_valid(verhoeff) && mod11_10_valid(mod11_10))
        << payload;
    for (size_t i = 0; i < luhn.size(); ++i) {
      for (char digit = '0'; digit <= '9'; ++digit) {
        const auto changed = [&](std::string text) {
          text[i] = digit;
          return text;
        };
        EXPECT_EQ(luhn_valid(changed(luhn)), changed(luhn) == luhn);
        EXPECT_EQ(verhoeff_valid(changed(verhoeff)), changed(verhoeff) == verhoeff);
        EXPECT_EQ(mod11_10_valid(changed(mod11_10)), changed(mod11_10) == mod11_10);
      }
      if (i + 1 < verhoeff.size() && verhoeff[i] != verhoeff[i + 1]) {
        std::string swapped = verhoeff;
        std::swap(swapped[i], swapped[i + 1]);
        EXPECT_FALSE(verhoeff_valid(swapped)) << swapped;
      }
    }
  }
}

TEST(Checksum, AgreesWithPublishedExamples) {
  EXPECT_EQ(verhoeff_check_digit("236"), '3');
  EXPECT_EQ(luhn_check_digit("7992739871"), '3');
  EXPECT_EQ(mod11_10_check_digit("8609574271"), '9');
  EXPECT_FALSE(luhn_valid("0"));
  EXPECT_FALSE(luhn_valid("79927a98713"));
}

}  // namespace
}  // namespace ganglion
