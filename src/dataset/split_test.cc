#include "dataset/split.h"

#include <gtest/gtest.h>

#include <map>

namespace ganglion {
namespace {

TEST(Split, KeepsTheShareOfEveryLabel) {
  std::vector<uint32_t> labels;
  for (uint32_t i = 0; i < 100; ++i) labels.push_back(i < 80 ? 0 : 1 + i % 2);
  const auto folds = stratified_folds(labels, 5, 7);
  std::map<std::pair<uint32_t, uint32_t>, int> counts;
  for (size_t i = 0; i < labels.size(); ++i) ++counts[{labels[i], folds[i]}];
  for (uint32_t fold = 0; fold < 5; ++fold) {
    EXPECT_EQ((counts[{0, fold}]), 16);
    EXPECT_EQ((counts[{1, fold}]), 2);
    EXPECT_EQ((counts[{2, fold}]), 2);
  }
}

TEST(Split, DependsOnlyOnTheSeed) {
  const std::vector<uint32_t> labels(50, 0);
  EXPECT_EQ(stratified_folds(labels, 3, 1), stratified_folds(labels, 3, 1));
  EXPECT_NE(stratified_folds(labels, 3, 1), stratified_folds(labels, 3, 2));
}

}  // namespace
}  // namespace ganglion
