#include "guard/overlap.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace ganglion {
namespace {

std::vector<std::string> described(std::string_view text, std::vector<Finding> findings) {
  std::vector<std::string> out;
  for (const Finding& finding : resolve_overlaps(text, std::move(findings))) {
    out.push_back(std::string(pii_type_name(finding.type)) + " " +
                  std::string(text.substr(finding.begin, finding.end - finding.begin)));
  }
  return out;
}

using Lines = std::vector<std::string>;

TEST(Overlap, CheckedValuesWinThenLengthThenScore) {
  const std::string_view text = "0123456789";
  EXPECT_EQ(described(text, {{PiiType::kPhone, 0, 10, 0.6}, {PiiType::kUkNhs, 2, 6, 0.9}}),
            (Lines{"UK_NHS 2345"}));
  EXPECT_EQ(described(text, {{PiiType::kUrl, 0, 10, 0.9}, {PiiType::kEmail, 2, 6, 0.99}}),
            (Lines{"URL 0123456789"}));
  EXPECT_EQ(described(text, {{PiiType::kUkNhs, 0, 10, 0.9}, {PiiType::kUsNpi, 0, 10, 0.99}}),
            (Lines{"US_NPI 0123456789"}));
  EXPECT_EQ(described(text, {{PiiType::kUsNpi, 0, 10, 0.9}, {PiiType::kCreditCard, 0, 10, 0.9}}),
            (Lines{"CREDIT_CARD 0123456789"}));
}

TEST(Overlap, KeepsWhatIsLeftOfANameOutsideAWinner) {
  EXPECT_EQ(described("Ann Lee 4111 Bob",
                      {{PiiType::kPerson, 0, 16, 0.7}, {PiiType::kCreditCard, 8, 12, 0.99}}),
            (Lines{"PERSON Ann Lee", "CREDIT_CARD 4111", "PERSON Bob"}));
  EXPECT_EQ(
      described("12 4111 34", {{PiiType::kPhone, 0, 10, 0.7}, {PiiType::kCreditCard, 3, 7, 0.99}}),
      (Lines{"CREDIT_CARD 4111"}));
}

TEST(Overlap, DoesNotDependOnTheOrderOfFindings) {
  const std::string_view text = "abcdefghijklmnop";
  std::vector<Finding> findings = {{PiiType::kPerson, 0, 6, 0.7},
                                   {PiiType::kAddress, 4, 12, 0.7},
                                   {PiiType::kEmail, 5, 7, 0.9},
                                   {PiiType::kUrl, 11, 16, 0.9}};
  const Lines expected = described(text, findings);
  for (int i = 0; i < 24; ++i) {
    std::next_permutation(findings.begin(), findings.end(),
                          [](const Finding& a, const Finding& b) { return a.begin < b.begin; });
    EXPECT_EQ(described(text, findings), expected);
  }
}

}  // namespace
}  // namespace ganglion
