#include "ledger/decision_json.h"

#include <gtest/gtest.h>

#include <limits>

#include "ledger/record_testing.h"

namespace ganglion {
namespace {

TEST(DecisionJson, DetailsComeBackAsTheyWentOut) {
  DecisionRecord record = make_test_record(7);
  record.trail = {"said \"no\"\n", "päck\u0001chen"};
  record.egress_sha256 = "ab";
  record.passages.push_back({"größe.md", 0, 1'000'000'000'000, 0.1});
  DecisionRecord back;
  const Status status = details_from_json(details_to_json(record), "test", back);
  ASSERT_TRUE(status.ok()) << status.error().message;
  EXPECT_EQ(back.trail, record.trail);
  EXPECT_EQ(back.redactions, record.redactions);
  EXPECT_EQ(back.egress_sha256, "ab");
  ASSERT_EQ(back.models.size(), 2u);
  EXPECT_EQ(back.models[1].sha256, record.models[1].sha256);
  ASSERT_EQ(back.top.size(), 3u);
  EXPECT_EQ(back.top[0].probability, record.top[0].probability);
  ASSERT_EQ(back.passages.size(), 2u);
  EXPECT_EQ(back.passages[1].document, "größe.md");
  EXPECT_EQ(back.passages[1].end, 1'000'000'000'000u);
}

TEST(DecisionJson, EmptyListsTakeNoSpace) { EXPECT_EQ(details_to_json(DecisionRecord{}), "{}"); }

TEST(DecisionJson, DamagedDetailsNameTheirPlace) {
  for (const char* text : {"", "[]", "{\"top\":[1]}", "{\"trail\":\"x\"}", "{\"redactions\":[]}",
                           "{\"models\":[{\"skill\":\"x\"}]}"}) {
    DecisionRecord record;
    const Status status = details_from_json(text, "record 5", record);
    ASSERT_FALSE(status.ok()) << text;
    EXPECT_EQ(status.error().message.find("record 5"), 0u) << status.error().message;
  }
}

TEST(DecisionRecord, WrongFieldsAreNamed) {
  const auto message_for = [](auto change) {
    DecisionRecord record = make_test_record(1);
    change(record);
    const Status status = check_record(record);
    return status.ok() ? std::string("accepted") : status.error().message;
  };
  EXPECT_EQ(message_for([](DecisionRecord&) {}), "accepted");
  EXPECT_EQ(message_for([](DecisionRecord& r) { r.id.clear(); }), "decision record: id is empty");
  EXPECT_EQ(message_for([](DecisionRecord& r) { r.confidence = 1.5; }),
            "decision record: confidence is 1.5, expected a probability in [0, 1]");
  EXPECT_EQ(message_for(
                [](DecisionRecord& r) { r.threshold = std::numeric_limits<double>::quiet_NaN(); }),
            "decision record: threshold is nan, expected a probability in [0, 1]");
  EXPECT_EQ(message_for([](DecisionRecord& r) { r.cost_micros = -1; }),
            "decision record: cost_micros is -1, expected 0 or more");
  EXPECT_EQ(message_for([](DecisionRecord& r) { r.answer = "caf\xe9"; }),
            "decision record: answer is not valid UTF-8 at byte 3");
  EXPECT_EQ(message_for([](DecisionRecord& r) { r.trail.push_back("\xff"); }),
            "decision record: trail is not valid UTF-8 at byte 0");
}

}  // namespace
}  // namespace ganglion
