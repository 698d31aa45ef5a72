#include "retrieval/knowledge_base.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/file.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

// Knows two meanings: money (refund, reimbursement, cash) and hardware (printer, device).
class FakeEncoder final : public Encoder {
 public:
  size_t hidden_size() const override { return 2; }
  Status embed(std::span<const std::string_view> texts, std::span<float> out) const override {
    for (size_t i = 0; i < texts.size(); ++i) {
      if (texts[i].find("explode") != std::string_view::npos) {
        return fail(ErrorCode::kUnavailable, "the encoder exploded");
      }
      float money = 0;
      float hardware = 0;
      for (const Word& word : split_words(texts[i])) {
        if (word.text == "refund" || word.text == "reimbursement" || word.text == "cash") ++money;
        if (word.text == "printer" || word.text == "device") ++hardware;
      }
      const float norm = std::max(1e-9F, std::hypot(money, hardware));
      out[2 * i] = money / norm;
      out[2 * i + 1] = hardware / norm;
    }
    return {};
  }
};

std::vector<Document> make_articles() {
  return {{"money.md", "Money", "# Money\n## Refund\nA refund takes five days.\n## Fees\nNone.\n"},
          {"printer.md", "Printer", "# Printer\nThe printer needs paper. Use the blue cable.\n"}};
}

std::vector<std::string> texts_of(const Result<std::vector<FoundPassage>>& found) {
  std::vector<std::string> texts;
  for (const FoundPassage& passage : found.value()) texts.emplace_back(passage.text());
  return texts;
}

TEST(KnowledgeBase, FindsByWordsAlone) {
  const auto base = KnowledgeBase::build(make_articles(), nullptr);
  ASSERT_TRUE(base.ok());
  EXPECT_EQ(base->num_passages(), 3u);
  const auto found = base->search("Which cables does the printer use?", 5);
  ASSERT_TRUE(found.ok());
  ASSERT_EQ(found->size(), 1u);
  EXPECT_EQ(found->at(0).document->id, "printer.md");
  EXPECT_EQ(found->at(0).passage->heading, "Printer");
  EXPECT_EQ(found->at(0).text(), "The printer needs paper. Use the blue cable.");
  EXPECT_EQ(found->at(0).similarity, 0);
  EXPECT_THAT(texts_of(base->search("reimbursement", 5)), IsEmpty());
  EXPECT_THAT(texts_of(base->search("", 5)), IsEmpty());
}

TEST(KnowledgeBase, FindsByMeaning) {
  const FakeEncoder encoder;
  const auto base = KnowledgeBase::build(make_articles(), &encoder);
  ASSERT_TRUE(base.ok());
  const auto found = base->search("reimbursement", 1);
  EXPECT_THAT(texts_of(found), ElementsAre("A refund takes five days."));
  EXPECT_NEAR(found->at(0).similarity, 1, 1e-6);
  EXPECT_THAT(texts_of(base->search("weather", 5)), IsEmpty());
}

TEST(KnowledgeBase, AFailingEncoderIsReported) {
  const FakeEncoder encoder;
  const auto base = KnowledgeBase::build(make_articles(), &encoder);
  const auto found = base->search("explode", 1);
  ASSERT_FALSE(found.ok());
  EXPECT_EQ(found.error().message, "the encoder exploded");
  EXPECT_FALSE(KnowledgeBase::build({{"a", "a", "explode"}}, &encoder).ok());
}

class KnowledgeBaseFolderTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::path(testing::TempDir()) /
              testing::UnitTest::GetInstance()->current_test_info()->name();
    std::filesystem::remove_all(folder_);
    std::filesystem::create_directories(folder_ / "deep");
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::filesystem::path folder_;
};

TEST_F(KnowledgeBaseFolderTest, ReadsArticlesInTheOrderOfTheirPaths) {
  ASSERT_TRUE(write_file_atomic(folder_ / "b.md", "# Bee\nBuzz.").ok());
  ASSERT_TRUE(write_file_atomic(folder_ / "deep" / "c.txt", "Plain words.").ok());
  ASSERT_TRUE(write_file_atomic(folder_ / "a.md", "Alpha.").ok());
  ASSERT_TRUE(write_file_atomic(folder_ / "picture.png", "\xff").ok());
  const auto base = KnowledgeBase::load(folder_, nullptr);
  ASSERT_TRUE(base.ok()) << base.error().message;
  std::vector<std::string> ids;
  std::vector<std::string> titles;
  for (const Document& document : base->documents()) {
    ids.push_back(document.id);
    titles.push_back(document.title);
  }
  EXPECT_THAT(ids, ElementsAre("a.md", "b.md", "deep/c.txt"));
  EXPECT_THAT(titles, ElementsAre("a.md", "Bee", "deep/c.txt"));
}

TEST_F(KnowledgeBaseFolderTest, NamesWhatIsWrong) {
  const auto message = [](const std::filesystem::path& folder) {
    const auto base = KnowledgeBase::load(folder, nullptr, {.max_document_bytes = 100});
    return base.ok() ? std::string("loaded") : base.error().message;
  };
  EXPECT_THAT(message(folder_ / "none"), HasSubstr("cannot list the articles"));
  EXPECT_EQ(message(folder_), folder_.string() + ": holds no articles; expected .md or .txt files");
  ASSERT_TRUE(write_file_atomic(folder_ / "a.md", "one\ntwo \xff").ok());
  EXPECT_EQ(message(folder_), "a.md:2: not valid UTF-8 (byte 8); save the article as UTF-8");
  ASSERT_TRUE(write_file_atomic(folder_ / "a.md", std::string(101, 'a')).ok());
  EXPECT_THAT(message(folder_), HasSubstr("a.md"));
}

}  // namespace
}  // namespace ganglion
