#include "engine/ngram_proposer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/fake_model.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

NgramProposer reading(const std::vector<int32_t>& tokens, size_t max_tokens = 64) {
  NgramProposer proposer(max_tokens, nullptr);
  for (const int32_t token : tokens) proposer.add(token);
  return proposer;
}

TEST(NgramProposer, ProposesWhatFollowedBefore) {
  EXPECT_THAT(reading({1, 2, 3, 4, 5, 6, 7, 1, 2}).propose(9), ElementsAre(3, 4));
  EXPECT_THAT(reading({1, 2, 3, 4, 5, 6, 7, 1, 2}).propose(1), ElementsAre(3));
  EXPECT_THAT(reading({1, 2, 3, 4, 5, 6, 7, 1, 2}, 1).propose(9), ElementsAre(3));
  EXPECT_THAT(reading({1, 2, 3, 4, 5, 6, 7, 1, 2}, 0).propose(9), IsEmpty());
}

TEST(NgramProposer, NeedsAnEqualToken) {
  EXPECT_THAT(reading({}).propose(9), IsEmpty());
  EXPECT_THAT(reading({1}).propose(9), IsEmpty());
  EXPECT_THAT(reading({1, 2, 3}).propose(9), IsEmpty());
  EXPECT_THAT(reading({1, 2, 3, 1}).propose(9), ElementsAre(2, 3));
}

TEST(NgramProposer, MoreEqualTokensCountMoreThanFewerLaterOnes) {
  EXPECT_THAT(reading({1, 2, 5, 5, 9, 2, 6, 6, 2, 7, 7, 1, 2}).propose(2), ElementsAre(5, 5));
  EXPECT_THAT(reading({1, 2, 5, 5, 9, 2, 6, 6, 2, 7, 7, 9, 2}).propose(2), ElementsAre(6, 6));
  // One token alone says nothing where several followed it.
  EXPECT_THAT(reading({1, 2, 5, 5, 9, 2, 6, 6, 2, 7, 7, 8, 2}).propose(2), IsEmpty());
  EXPECT_THAT(reading({1, 2, 5, 5, 9, 2, 5, 6, 2, 5, 7, 8, 2}).propose(2), ElementsAre(5, 7));
  // Six equal ones are looked for at most.
  EXPECT_THAT(reading({1, 2, 3, 4, 5, 6, 7, 9, 9, 8, 2, 3, 4, 5, 6, 7, 0, 0, 1, 2, 3, 4, 5, 6, 7})
                  .propose(2),
              ElementsAre(0, 0));
  EXPECT_THAT(
      reading({2, 3, 4, 5, 6, 7, 9, 9, 1, 3, 4, 5, 6, 7, 0, 0, 2, 3, 4, 5, 6, 7}).propose(2),
      ElementsAre(9, 9));
}

TEST(NgramProposer, ASpaceInFrontOfATokenMakesNoDifference) {
  const FakeTokenizer tokenizer({" one", " two", "one", " three"});
  const auto proposed = [&](const std::vector<std::string>& texts, const Tokenizer* known) {
    NgramProposer proposer(64, known);
    for (const std::string& text : texts) proposer.add(tokenizer.find(text));
    return tokenizer.decode(proposer.propose(9));
  };
  EXPECT_EQ(proposed({" one", " two", " three", "one"}, &tokenizer), " two three");
  EXPECT_EQ(proposed({" one", " two", " three", "one"}, nullptr), "");
  EXPECT_EQ(proposed({"one", " two", " three", " one"}, &tokenizer), " two three");
  // Tokens without letters are themselves.
  EXPECT_EQ(proposed({"<s>", " two", " three", "</s>"}, &tokenizer), "");
  EXPECT_EQ(proposed({"<s>", " two", " three", "<s>"}, &tokenizer), " two three");
}

TEST(NgramProposer, GoesInCircles) {
  NgramProposer proposer = reading({5, 6, 7, 5, 6, 7});
  proposer.settle(2, 2);
  EXPECT_THAT(proposer.propose(4), ElementsAre(5, 6, 7, 5));
}

TEST(NgramProposer, ProposesMoreWhileItIsRight) {
  NgramProposer proposer = reading({1, 2, 3, 1, 2, 3});
  for (const size_t expected : {2U, 4U, 8U, 15U, 15U}) {  // the account holds no more than 15 rows
    EXPECT_EQ(proposer.propose(64).size(), expected);
    proposer.settle(expected, expected);
  }
  proposer.settle(7, 3);
  EXPECT_EQ(proposer.propose(64).size(), 4U);
}

TEST(NgramProposer, StopsWhereItIsWrong) {
  NgramProposer proposer = reading({1, 2, 3, 1, 2, 3});
  size_t num_wrong = 0;
  while (const size_t size = proposer.propose(64).size()) {
    proposer.settle(size, 0);
    num_wrong += size;
  }
  EXPECT_EQ(num_wrong, 15U);
  // Of 1000 further tokens at most one in 20 is accompanied by a wrong guess.
  num_wrong = 0;
  for (int i = 0; i < 1000; ++i) {
    proposer.add(i % 3 + 1);
    const size_t size = proposer.propose(64).size();
    if (size > 0) proposer.settle(size, 0);
    num_wrong += size;
  }
  EXPECT_GE(num_wrong, 45U);
  EXPECT_LE(num_wrong, 51U);
}

}  // namespace
}  // namespace ganglion
