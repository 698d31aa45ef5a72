// Several towers as one: their logits must be the mean.
#include <gtest/gtest.h>

#include "training/deep_tower_trainer.h"
#include "training/wide_tower_trainer.h"

namespace ganglion {
namespace {

TEST(AverageWideTowers, TakesTheMeanOfEveryWeight) {
  const std::vector<WideWeights> towers = {{{1, -1}, {2, 4}, {0, 1}}, {{3, -3}, {4, 0}, {2, 3}}};
  const WideTower tower = average_wide_towers(towers);
  EXPECT_EQ(tower.embedding, (std::vector<float>{3, 2}));
  EXPECT_EQ(tower.bias, (std::vector<float>{1, 2}));
  ASSERT_EQ(tower.ngrams.num_rows(), 1U);
  std::vector<float> row(2, 0.0F);
  tower.ngrams.add_row(0, 1, row);
  EXPECT_NEAR(row[0], 2, 1e-5);
  EXPECT_NEAR(row[1], -2, 1e-5);
}

TEST(JoinDeepTowers, PutsHiddenUnitsSideBySide) {
  // Two n-grams, one embedding number, two hidden units, one class.
  const std::vector<DeepWeights> towers = {{{1, 1, 2, 2}, {5, 6}, {0, 1}, {10, 20}, {4}},
                                           {{3, 3, 4, 4}, {7, 8}, {2, 3}, {30, 40}, {6}}};
  const DeepTower tower = join_deep_towers(towers);
  EXPECT_EQ(tower.hidden_bias, (std::vector<float>{0, 1, 2, 3}));
  EXPECT_EQ(tower.embedding, (std::vector<float>{5, 6, 7, 8}));
  EXPECT_EQ(tower.output, (std::vector<float>{5, 10, 15, 20})) << "halved";
  EXPECT_EQ(tower.output_bias, (std::vector<float>{5}));
  ASSERT_EQ(tower.ngrams.row_size, 4U);
  ASSERT_EQ(tower.ngrams.num_rows(), 2U);
  std::vector<float> row(4, 0.0F);
  tower.ngrams.add_row(1, 1, row);
  EXPECT_NEAR(row[0], 2, 0.02);
  EXPECT_NEAR(row[3], 4, 0.02);
}

}  // namespace
}  // namespace ganglion
