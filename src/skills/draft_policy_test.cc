#include "skills/draft_policy.h"

#include <gtest/gtest.h>

#include <array>

namespace ganglion {
namespace {

std::string message_of(std::string_view yaml) {
  const auto policy = parse_draft_policy(yaml, "policy.yaml");
  return policy.ok() ? "accepted" : policy.error().message;
}

TEST(FillTemplate, FillsValuesAndFallbacks) {
  const auto filled = FillTemplate::parse("Order {order_id|in question} of {name}.");
  ASSERT_TRUE(filled.ok());
  EXPECT_EQ(*filled->fill({{"name", "Ana"}}), "Order in question of Ana.");
  EXPECT_EQ(*filled->fill({{"name", "{x}"}, {"order_id", "LB-1"}}), "Order LB-1 of {x}.");
  const auto missing = filled->fill({{"order_id", "LB-1"}});
  ASSERT_FALSE(missing.ok());
  EXPECT_EQ(missing.error().message, "no value for {name}");
  EXPECT_EQ(*FillTemplate::parse("")->fill({}), "");
  EXPECT_EQ(*FillTemplate::parse("{a|}")->fill({}), "");
}

TEST(FillTemplate, RefusesBracesThatDoNotMatch) {
  for (const char* text : {"{", "}", "{a", "a}", "{a{b}}", "{}", "{a b}", "{|x}", "{{a}}"}) {
    EXPECT_FALSE(FillTemplate::parse(text).ok()) << text;
  }
}

TEST(Phrase, IsFoundWhateverCaseSpaceAndPunctuation) {
  const auto is_in = [](std::string_view phrase, std::string_view text) {
    const auto parsed = Phrase::parse(phrase);
    EXPECT_TRUE(parsed.ok());
    return parsed->find_in(split_words(text)).has_value();
  };
  EXPECT_TRUE(is_in("we promise", "Yes: WE\u00A0 \n**promise** it."));
  EXPECT_TRUE(is_in("größe", "GRÖSSE Größe"));
  EXPECT_TRUE(is_in("größe", "gro\u0308ße"));
  EXPECT_TRUE(is_in("guarantee*", "Gua\u200Branteed!"));
  EXPECT_TRUE(is_in("don't worry", "don\u2019t worry"));
  EXPECT_TRUE(is_in("返金", "全額返金します"));
  EXPECT_FALSE(is_in("free", "freeze"));
  EXPECT_FALSE(is_in("we promise", "we do promise"));
  EXPECT_FALSE(is_in("we promise", "we"));
  EXPECT_FALSE(is_in("guarantee", "guaranteed"));
  EXPECT_FALSE(Phrase::parse(" *!").ok());
}

TEST(Phrase, ReportsThePlace) {
  const std::string_view text = "No. We  Promise!";
  const auto place = Phrase::parse("we promise")->find_in(split_words(text));
  ASSERT_TRUE(place.has_value());
  EXPECT_EQ(place->in(text), "We  Promise");
}

TEST(DraftPolicy, ReadsTheDocumentedForm) {
  const auto policy = parse_draft_policy(R"(
greeting: "Hello,"
sections:
  opening: {text: "About {order_id|it}."}
  answer:
    title: "From our help pages:"
    quotes: 3
closing: "Bye"
required_phrases: ["hello"]
forbidden_phrases: ["guarantee*", "we promise"]
search: {passages: 2, minimum_similarity: 0.25}
)",
                                         "policy.yaml");
  ASSERT_TRUE(policy.ok()) << policy.error().message;
  ASSERT_EQ(policy->sections.size(), 2u);
  EXPECT_EQ(policy->sections[0].name, "opening");
  EXPECT_EQ(policy->sections[0].quotes, 0u);
  EXPECT_EQ(policy->sections[1].quotes, 3u);
  EXPECT_EQ(policy->required_phrases.size(), 1u);
  EXPECT_EQ(policy->forbidden_phrases[0].text(), "guarantee*");
  EXPECT_EQ(policy->passages, 2u);
  EXPECT_EQ(policy->minimum_similarity, 0.25);
}

TEST(DraftPolicy, MistakesNameLineAndColumn) {
  EXPECT_EQ(message_of("sections:\n  a: {text: \"x\", quotes: 2}\n").find("policy.yaml:2:"), 0u)
      << message_of("sections:\n  a: {text: \"x\", quotes: 2}\n");
  for (const auto& [yaml, place, part] : std::vector<std::array<const char*, 3>>{
           {"sections:\n  a:\n    text: \"broken {\"\n", "policy.yaml:3:11", "placeholder"},
           {"sections:\n  a:\n    txt: \"x\"\n", "policy.yaml:3:5", "text"},
           {"greeting: hi\n", "policy.yaml:1:1", "sections"},
           {"sections:\n  a: {quotes: 0}\n", "policy.yaml:2:15", "1"},
           {"sections:\n  a: {quotes: lots}\n", "policy.yaml:2:15", "quotes"},
           {"sections: {}\nforbidden_phrases: [\"!!\"]\n", "policy.yaml:2:", "at least one word"},
           {"sections: {}\nsearch: {minimum_similarity: 2}\n", "policy.yaml:2:30", "1"},
           {"sections: [\n", "policy.yaml:", ""},
           {"sections:\n  a: {}\n", "policy.yaml:2:", "either text"}}) {
    const std::string message = message_of(yaml);
    EXPECT_EQ(message.find(place), 0u) << yaml << "\n" << message;
    EXPECT_NE(message.find(part), std::string::npos) << yaml << "\n" << message;
  }
}

}  // namespace
}  // namespace ganglion
