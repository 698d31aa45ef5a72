#include "engine/ngram_proposer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <span>

#include "base/rng.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

NgramProposer reading(const std::vector<int32_t>& tokens, size_t max_tokens = 64) {
  NgramProposer proposer(max_tokens);
  for (const int32_t token : tokens) proposer.add(token);
  return proposer;
}

TEST(NgramProposer, ProposesWhatFollowedBefore) {
  EXPECT_THAT(reading({1, 2, 3, 4, 5, 6, 7, 1, 2}).propose(9), ElementsAre(3, 4));
  EXPECT_THAT(reading({1, 2, 3, 4, 5, 6, 7, 1, 2}).propose(1), ElementsAre(3));
  EXPECT_THAT(reading({1, 2, 3, 4, 5, 6, 7, 1, 2}, 1).propose(9), ElementsAre(3));
  EXPECT_THAT(reading({1, 2, 3, 4, 5, 6, 7, 1, 2}, 0).propose(9), IsEmpty());
}

TEST(NgramProposer, NeedsTwoEqualTokens) {
  EXPECT_THAT(reading({}).propose(9), IsEmpty());
  EXPECT_THAT(reading({1}).propose(9), IsEmpty());
  EXPECT_THAT(reading({1, 2, 3, 1}).propose(9), IsEmpty());
}

TEST(NgramProposer, ThreeEqualTokensCountMoreThanTwoLaterOnes) {
  EXPECT_THAT(reading({7, 1, 2, 3, 3, 3, 3, 8, 1, 2, 4, 4, 4, 4, 7, 1, 2}).propose(2),
              ElementsAre(3, 3));
  EXPECT_THAT(reading({7, 1, 2, 3, 3, 3, 3, 8, 1, 2, 4, 4, 4, 4, 9, 1, 2}).propose(2),
              ElementsAre(4, 4));
}

TEST(NgramProposer, GoesInCircles) {
  NgramProposer proposer = reading({5, 6, 7, 5, 6, 7});
  proposer.settle(2, 2);
  EXPECT_THAT(proposer.propose(4), ElementsAre(5, 6, 7, 5));
}

TEST(NgramProposer, ProposesMoreWhileItIsRight) {
  NgramProposer proposer = reading({1, 2, 3, 1, 2, 3});
  for (const size_t expected : {2U, 4U, 7U, 7U}) {  // the account holds no more than 7 rows
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
  EXPECT_EQ(num_wrong, 7U);
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
