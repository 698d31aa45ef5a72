#include "guard/synthetic/text_grammar.h"

#include <gtest/gtest.h>

#include "base/file.h"
#include "guard/redactor.h"
#include "guard/synthetic/identifiers.h"
#include "guard/synthetic/values.h"

namespace ganglion {
namespace {

TEST(SyntheticValues, AreValidAndWrongOnesAreNot) {
  Rng rng(1);
  for (size_t i = static_cast<size_t>(PiiType::kCreditCard);
       i <= static_cast<size_t>(PiiType::kNlBsn); ++i) {
    const auto type = static_cast<PiiType>(i);
    for (int n = 0; n < 20; ++n) {
      EXPECT_TRUE(is_valid_identifier(type, synthetic_identifier(type, rng)))
          << pii_type_name(type);
      EXPECT_FALSE(is_valid_identifier(type, wrong_identifier(type, rng))) << pii_type_name(type);
    }
  }
}

TEST(TextGrammar, LabelsWhatItWrites) {
  const auto grammar = TextGrammar::parse(
      "# a comment\n@given|\nAnn|Bob\n@full\n{given} Lee\n@text\nI am {PERSON=full}.\\n{EMAIL}\n",
      "g");
  ASSERT_TRUE(grammar.ok()) << grammar.error().message;
  Rng rng(3);
  const AnnotatedText text = grammar->write("text", rng);
  ASSERT_EQ(text.values.size(), 2U);
  EXPECT_EQ(text.values[0].type, PiiType::kPerson);
  const std::string name = text.text.substr(text.values[0].begin, 7);
  EXPECT_TRUE(name == "Ann Lee" || name == "Bob Lee") << name;
  EXPECT_EQ(text.values[1].type, PiiType::kEmail);
  EXPECT_EQ(text.values[1].end, text.text.size());
}

TEST(TextGrammar, RefusesMistakesWithTheirLine) {
  const std::pair<const char*, const char*> mistakes[] = {
      {"hello\n", "g:1"}, {"@a\nx {b}\n", "g:2"}, {"@a\nx {b\n", "g:2"}, {"@a\n", "@a"}};
  for (const auto& [text, place] : mistakes) {
    const auto grammar = TextGrammar::parse(text, "g");
    ASSERT_FALSE(grammar.ok()) << text;
    EXPECT_NE(grammar.error().message.find(place), std::string::npos) << grammar.error().message;
  }
}

// The measurement of benchmarks/quality_redaction.cc in small, so that a change that breaks a
// detector fails here: every value found whole, and hardly a decoy masked.
TEST(TextGrammar, RedactorFindsTheEvaluationValues) {
  const auto source = read_file("benchmarks/redaction/evaluation.txt");
  if (!source.ok()) GTEST_SKIP() << "run from the repository root";
  const auto grammar = TextGrammar::parse(*source, "evaluation.txt");
  ASSERT_TRUE(grammar.ok()) << grammar.error().message;
  const Redactor redactor(make_rule_detectors());
  Rng rng(11);
  size_t num_values = 0;
  size_t num_missed = 0;
  for (size_t i = 0; i < kNumPiiTypes; ++i) {
    const std::string symbol = "say_" + std::string(pii_type_name(static_cast<PiiType>(i)));
    if (!grammar->has_symbol(symbol)) continue;
    for (int n = 0; n < 60; ++n) {
      const AnnotatedText text = grammar->write(symbol, rng);
      const auto redaction = redactor.redact(text.text, nullptr);
      ASSERT_TRUE(redaction.ok());
      num_values += text.values.size();
      num_missed += redaction->tally[i] == text.values.size() ? 0 : 1;
    }
  }
  size_t num_masked = 0;
  for (int n = 0; n < 1000; ++n) {
    num_masked += redactor.redact(grammar->write("decoy", rng).text, nullptr)->spans.size();
  }
  EXPECT_GT(num_values, 1000U);
  EXPECT_LE(num_missed, num_values / 100);
  EXPECT_LE(num_masked, 10U);
}

}  // namespace
}  // namespace ganglion
