#include "store/review_queue.h"

#include <gtest/gtest.h>

#include <array>

namespace ganglion {
namespace {

class ReviewQueueTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_);
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  ReviewQueue open(OpenMode mode = OpenMode::kCreate) {
    auto queue = ReviewQueue::open(folder_ / "queue.db", mode);
    EXPECT_TRUE(queue.ok()) << queue.error().message;
    return std::move(queue).value();
  }

  std::filesystem::path folder_;
};

ReviewItem make_item(std::string id) {
  return {.id = std::move(id),
          .created_us = 1'700'000'000'000'000,
          .request_id = "t-1",
          .skill = "intent",
          .text = "Wo ist mein Päckchen?",
          .reason = "risk_above_limit",
          .suggestion = "delivery_status",
          .confidence = 0.41,
          .details = "{}"};
}

TEST_F(ReviewQueueTest, AnItemWaitsIsAnsweredOnceAndIsKept) {
  const std::array items = {make_item("a"), make_item("b"), make_item("c")};
  {
    ReviewQueue queue = open();
    ASSERT_TRUE(queue.add(items).ok());
    const ReviewAnswer answer = {.label = "refund", .answered_by = "ana", .answered_us = 5};
    ASSERT_TRUE(queue.answer("b", answer).ok());
    const Status again = queue.answer("b", {.label = "other"});
    ASSERT_FALSE(again.ok());
    EXPECT_EQ(again.error().code, ErrorCode::kConflict);
  }
  const ReviewQueue queue = open(OpenMode::kReadOnly);
  const auto waiting = queue.list(ReviewFilter::kWaiting, 10);
  ASSERT_TRUE(waiting.ok());
  ASSERT_EQ(waiting->size(), 2u);
  EXPECT_EQ(waiting->at(0).item.id, "a");
  EXPECT_EQ(waiting->at(0).item.text, items[0].text);
  EXPECT_EQ(waiting->at(0).item.confidence, 0.41);
  EXPECT_FALSE(waiting->at(0).answer.has_value());
  const auto answered = queue.find("b");
  ASSERT_TRUE(answered.ok());
  ASSERT_TRUE(answered->answer.has_value());
  EXPECT_EQ(answered->answer->label, "refund");
  EXPECT_EQ(answered->answer->answered_by, "ana");
  const auto counts = queue.counts();
  ASSERT_TRUE(counts.ok());
  EXPECT_EQ(counts->waiting, 2);
  EXPECT_EQ(counts->answered, 1);
}

TEST_F(ReviewQueueTest, ListsInPages) {
  ReviewQueue queue = open();
  std::vector<ReviewItem> items;
  for (const char* id : {"z", "y", "x", "w", "v"}) items.push_back(make_item(id));
  ASSERT_TRUE(queue.add(items).ok());
  const auto first = queue.list(ReviewFilter::kAll, 2);
  ASSERT_EQ(first->size(), 2u);
  EXPECT_EQ(first->at(1).item.id, "y");
  const auto second = queue.list(ReviewFilter::kAll, 9, first->back().item.id);
  ASSERT_EQ(second->size(), 3u);
  EXPECT_EQ(second->at(0).item.id, "x");
}

TEST_F(ReviewQueueTest, AddingTwiceKeepsTheFirst) {
  ReviewQueue queue = open();
  ReviewItem item = make_item("a");
  ASSERT_TRUE(queue.add({&item, 1}).ok());
  item.text = "other";
  ASSERT_TRUE(queue.add({&item, 1}).ok());
  EXPECT_EQ(queue.find("a")->item.text, make_item("a").text);
  EXPECT_EQ(queue.counts()->waiting, 1);
}

TEST_F(ReviewQueueTest, ABadItemAddsNone) {
  ReviewQueue queue = open();
  const std::array items = {make_item("a"), make_item("")};
  const Status status = queue.add(items);
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(queue.counts()->waiting, 0);
}

TEST_F(ReviewQueueTest, AnUnknownItemIsNamed) {
  ReviewQueue queue = open();
  const Status status = queue.answer("nope", {.label = "x"});
  ASSERT_FALSE(status.ok());
  EXPECT_EQ(status.error().code, ErrorCode::kNotFound);
  EXPECT_NE(status.error().message.find("no item 'nope'"), std::string::npos);
}

TEST_F(ReviewQueueTest, TwoConnectionsShareOneFile) {
  ReviewQueue first = open();
  ReviewQueue second = open();
  const ReviewItem item = make_item("a");
  ASSERT_TRUE(first.add({&item, 1}).ok());
  ASSERT_TRUE(second.answer("a", {.label = "x", .answered_us = 1}).ok());
  EXPECT_EQ(first.counts()->answered, 1);
}

}  // namespace
}  // namespace ganglion
