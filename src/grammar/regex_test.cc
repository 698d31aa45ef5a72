#include "grammar/regex.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>

#include "base/rng.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

bool occurs(std::string_view pattern, std::string_view text) {
  const auto regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.ok()) << pattern << ": " << regex.error().message;
  return regex->occurs_in(text).value();
}

std::vector<std::string> values(std::string_view pattern, std::string_view text) {
  const auto regex = Regex::compile(pattern);
  EXPECT_TRUE(regex.ok()) << pattern << ": " << regex.error().message;
  std::vector<std::string> out;
  const auto matches = regex->find_values(text, 100);
  for (const RegexMatch& match : *matches) {
    out.emplace_back(text.substr(match.begin, match.end - match.begin));
  }
  return out;
}

TEST(Regex, OccursWithAnchorsAndBoundaries) {
  EXPECT_TRUE(occurs("^a+b$", "aaab"));
  EXPECT_FALSE(occurs("^a+b$", "aaabc"));
  EXPECT_TRUE(occurs("a{2,3}", "baab"));
  EXPECT_FALSE(occurs("^(a|bc){2}$", "abcbc"));
  EXPECT_TRUE(occurs("^(?:a|bc){2}$", "abc"));
  EXPECT_TRUE(occurs("\\bcat\\b", "a cat."));
  EXPECT_FALSE(occurs("\\bcat\\b", "concat"));
  EXPECT_TRUE(occurs("^[^\\d\\s]{3}$", "äöü"));
  EXPECT_TRUE(occurs("\\u00e9|\\x41|\\u{1F600}", "😀"));
  EXPECT_TRUE(occurs("", ""));
  EXPECT_TRUE(occurs("^.$", "é"));
  EXPECT_TRUE(occurs("^[a\\-z]$", "-"));
  EXPECT_FALSE(occurs("^[]$", "a"));
  EXPECT_TRUE(occurs("(a*)*$", "aaaa"));
}

TEST(Regex, CategoriesOfUnicode) {
  EXPECT_TRUE(occurs("^\\p{Letter}+$", "π\u00e9Aß"));
  EXPECT_FALSE(occurs("^\\p{L}+$", "a1"));
  EXPECT_TRUE(occurs("^[\\p{Lu}\\p{gc=Nd}_]+$", "Ä_٣"));
  EXPECT_FALSE(occurs("^[\\p{Lu}_]+$", "ä"));
  EXPECT_TRUE(occurs("^\\P{L}+$", "12 -"));
  EXPECT_TRUE(occurs("^[^\\p{General_Category=Letter}]$", "5"));
}

TEST(Regex, TakesItsStepsFromABudget) {
  const auto regex = Regex::compile("^(ab|a)*$");
  ASSERT_TRUE(regex.ok());
  uint64_t budget_steps = 1000;
  EXPECT_TRUE(regex->occurs_in("abaab", budget_steps).value());
  EXPECT_LT(budget_steps, 1000);
  EXPECT_GT(budget_steps, 900);
  EXPECT_EQ(regex->occurs_in(std::string(500, 'a'), budget_steps).error().code, ErrorCode::kLimit);
  EXPECT_EQ(budget_steps, 0);
}

TEST(Regex, FindsWholeValues) {
  EXPECT_THAT(values("^[A-Z]{2}-\\d{4}$", "see AB-1234, XAB-1234 and CD-12345 or EF-0001."),
              ElementsAre("AB-1234", "EF-0001"));
  EXPECT_THAT(values("\\d+", "3 and 45x 6"), ElementsAre("3", "6"));
  EXPECT_THAT(values("a|ab|abc", "abc ab"), ElementsAre("abc", "ab"));
  EXPECT_THAT(values("(?<n>x+)y?", "xxy"), ElementsAre("xxy"));
  EXPECT_THAT(values("é+", "éé é"), ElementsAre("éé", "é"));
  EXPECT_THAT(values("x*", "aaa"), ElementsAre());
}

struct BadPattern {
  std::string pattern;
  const char* message;
};

TEST(Regex, RefusesWhatItDoesNotSupport) {
  const std::vector<BadPattern> cases = {
      {"a(?=b)", "look-around"},
      {"(a)\\1", "back-reference"},
      {"a+?", "lazy quantifier"},
      {"\\p{Greek}", "a general category such as \\p{L} or \\p{Letter}, found \\p{Greek}"},
      {"\\p{letter}", "a general category"},
      {"\\pL", "a category in braces"},
      {"(a", "byte 0: '(' is never closed"},
      {"a)", "')' without '('"},
      {"[a", "'[' is never closed"},
      {"*a", "a quantifier needs"},
      {"a**", "two quantifiers"},
      {"a{3,1}", "reversed"},
      {"a{2000}", "a count of at most 1000"},
      {"a{x}", "expected a count"},
      {"[z-a]", "reversed"},
      {"\\", "ends after a backslash"},
      {"\\xZZ", "hexadecimal"},
      {"((a{1000}){1000}){1000}", "too large"},
      {"(((){1000}){1000}){1000}", "too large"},
      {std::string(60, '(') + std::string(60, ')'), "nest deeper"},
      {std::string(5000, 'a'), "at most 4096 bytes"},
  };
  for (const BadPattern& bad : cases) {
    const auto regex = Regex::compile(bad.pattern);
    ASSERT_FALSE(regex.ok()) << bad.pattern;
    EXPECT_THAT(regex.error().message, HasSubstr(bad.message)) << bad.pattern;
  }
}

TEST(Regex, HostilePatternsEndInBoundedTime) {
  const auto regex = Regex::compile("(a*)*(a*)*(a|aa|aaa)*b");
  ASSERT_TRUE(regex.ok());
  const auto small = regex->occurs_in(std::string(10'000, 'a'));
  ASSERT_TRUE(small.ok());
  EXPECT_FALSE(*small);
  const auto large = Regex::compile("(x?){900}y");
  ASSERT_TRUE(large.ok());
  const auto result = large->occurs_in(std::string(1'000'000, 'x'));
  ASSERT_FALSE(result.ok());
  EXPECT_EQ(result.error().code, ErrorCode::kLimit);
}

// The same answers as std::regex on small random patterns and texts.
TEST(Regex, AgreesWithTheStandardLibrary) {
  Rng rng(17);
  const char* const pieces[] = {"a",        "b",   "c", ".", "[ab]", "[^a]", "(a|b)",
                                "(?:ab|c)", "\\b", "^", "$", "|",    "(a*b)"};
  const char* const quantifiers[] = {"", "", "", "*", "+", "?", "{2}", "{1,2}"};
  for (int round = 0; round < 3000; ++round) {
    std::string pattern;
    for (size_t i = 1 + rng.below(5); i > 0; --i) {
      const std::string piece = pieces[rng.below(std::size(pieces))];
      pattern += piece;
      const bool is_assertion = piece == "^" || piece == "$" || piece == "|" || piece == "\\b";
      if (!is_assertion) pattern += quantifiers[rng.below(std::size(quantifiers))];
    }
    std::string text;
    for (size_t i = rng.below(8); i > 0; --i) text += "abc "[rng.below(4)];
    EXPECT_EQ(occurs(pattern, text), std::regex_search(text, std::regex(pattern)))
        << "pattern " << pattern << " text \"" << text << "\"";
  }
}

}  // namespace
}  // namespace ganglion
