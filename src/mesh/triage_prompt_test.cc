#include "mesh/triage_prompt.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

const std::vector<std::string> kNames = {"intent", "urgency"};
const std::vector<std::vector<std::string>> kLabels = {{"login", "oos"}, {"low", "high"}};

TEST(TriagePrompt, NamesEveryLabel) {
  const ChatRequest request = triage_request("I cannot log in", kNames, kLabels);
  ASSERT_EQ(request.messages.size(), 2u);
  EXPECT_NE(request.messages[0].content.find("\"intent\": one of login, oos"), std::string::npos);
  EXPECT_NE(request.messages[0].content.find("\"urgency\": one of low, high"), std::string::npos);
  EXPECT_EQ(request.messages[1].content, "I cannot log in");
}

TEST(TriagePrompt, ReadsTheLabels) {
  const std::vector<std::string> expected = {"login", "high"};
  EXPECT_EQ(parse_triage(R"({"intent":"login","urgency":"high"})", kNames, kLabels).value(),
            expected);
  EXPECT_EQ(parse_triage("Sure!\n```json\n{\"urgency\":\"high\", \"intent\":\"login\"}\n```",
                         kNames, kLabels)
                .value(),
            expected);
}

TEST(TriagePrompt, RefusesWhatIsNotAnAnswer) {
  for (const char* content :
       {"", "login", "}{", "{", R"({"intent":"login"})", R"({"intent":"dance","urgency":"high"})",
        R"({"intent":1,"urgency":"high"})", R"({"a":1} {"b":2})"}) {
    EXPECT_FALSE(parse_triage(content, kNames, kLabels).ok()) << content;
  }
}

}  // namespace
}  // namespace ganglion
