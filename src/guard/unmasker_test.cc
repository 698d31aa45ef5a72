#include "guard/unmasker.h"

#include <gtest/gtest.h>

#include "guard/redactor.h"

namespace ganglion {
namespace {

TEST(Pseudonyms, AreStableAndDistinct) {
  Pseudonyms pseudonyms;
  EXPECT_EQ(pseudonyms.token_for(PiiType::kEmail, "a@b.example"), "[EMAIL_1]");
  EXPECT_EQ(pseudonyms.token_for(PiiType::kEmail, "c@d.example"), "[EMAIL_2]");
  EXPECT_EQ(pseudonyms.token_for(PiiType::kEmail, "a@b.example"), "[EMAIL_1]");
  EXPECT_EQ(pseudonyms.token_for(PiiType::kPerson, "a@b.example"), "[PERSON_1]");
  EXPECT_EQ(pseudonyms.restore("[PERSON_1]: [EMAIL_2]"), "a@b.example: c@d.example");
  EXPECT_EQ(pseudonyms.restore("[EMAIL_3] [EMAIL_1 [x]"), "[EMAIL_3] [EMAIL_1 [x]");
}

TEST(Pseudonyms, TokenForm) {
  EXPECT_EQ(token_length("[EMAIL_1] x"), 9U);
  EXPECT_EQ(token_length("[US_ABA_12]"), 11U);
  for (const char* text : {"", "[", "[EMAIL_]", "[EMAIL_1", "[email_1]", "[NOSUCH_1]", "[_1]",
                           "[EMAIL_1234567890]", "[EMAIL_1x]"}) {
    EXPECT_EQ(token_length(text), 0U) << text;
  }
}

// What the redactor writes, restore() undoes, also when the input looks like a redacted text.
TEST(Pseudonyms, RoundTripIsExact) {
  const Redactor redactor(make_rule_detectors());
  Pseudonyms pseudonyms;
  for (const std::string_view text :
       {"mail a@b.example or c@d.example", "again a@b.example", "literal [EMAIL_1] and a@b.example",
        "[EMAIL_2][EMAIL_1] [RESERVED_1] [[EMAIL_1]] [EMAIL_9]", "", "[",
        "card 4111 1111 1111 1111 in [CREDIT_CARD_1] style"}) {
    const auto redaction = redactor.redact(text, &pseudonyms);
    ASSERT_TRUE(redaction.ok());
    EXPECT_EQ(redaction->text.find("@b"), std::string::npos);
    EXPECT_EQ(pseudonyms.restore(redaction->text), text) << redaction->text;
  }
  EXPECT_EQ(redactor.redact("a@b.example", &pseudonyms)->text, "[EMAIL_1]");
}

class UnmaskerTest : public testing::Test {
 protected:
  UnmaskerTest() {
    for (int i = 0; i < 12; ++i) {
      pseudonyms_.token_for(PiiType::kEmail, "user" + std::to_string(i) + "@b.example");
    }
    pseudonyms_.token_for(PiiType::kPerson, "Ann");
    pseudonyms_.token_for(PiiType::kReservedToken, "[EMAIL_1]");
  }

  Pseudonyms pseudonyms_;
  const std::string text_ =
      "Hi [PERSON_1], [EMAIL_1][EMAIL_12] or [[EMAIL_2]] [EMAIL_99] [PERSON_ [RESERVED_1] [EMA";
};

TEST_F(UnmaskerTest, SplitAnywhereEqualsTheWhole) {
  const std::string expected = pseudonyms_.restore(text_);
  for (size_t first = 0; first <= text_.size(); ++first) {
    for (size_t second = first; second <= text_.size(); ++second) {
      Unmasker unmasker(pseudonyms_);
      std::string restored = unmasker.feed(text_.substr(0, first));
      restored += unmasker.feed(text_.substr(first, second - first));
      restored += unmasker.feed(text_.substr(second));
      restored += unmasker.finish();
      ASSERT_EQ(restored, expected) << first << ", " << second;
    }
  }
}

TEST_F(UnmaskerTest, ByteByByteHoldsBackOnlyPossibleTokens) {
  Unmasker unmasker(pseudonyms_);
  EXPECT_EQ(unmasker.feed("a ["), "a ");
  EXPECT_EQ(unmasker.feed("x"), "[x");       // no token begins with "[x"
  EXPECT_EQ(unmasker.feed("[EMAIL_1"), "");  // [EMAIL_1], or [EMAIL_10]
  EXPECT_EQ(unmasker.feed("1"), "");         // [EMAIL_11]
  EXPECT_EQ(unmasker.feed("1"), "[EMAIL_111");
  EXPECT_EQ(unmasker.feed("[EMAIL_1]"), "user0@b.example");
  EXPECT_EQ(unmasker.feed("[PERSON_"), "");
  EXPECT_EQ(unmasker.finish(), "[PERSON_");
}

}  // namespace
}  // namespace ganglion
