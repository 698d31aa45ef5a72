#include "training/static_regression.h"

#include <gtest/gtest.h>

#include <cmath>

namespace ganglion {
namespace {

// Two tokens a text; each text's target is one axis.
StaticRegressionData two_texts() {
  StaticRegressionData data;
  data.num_dimensions = 2;
  data.ids = {0, 1, 1, 2};
  data.text_begin = {0, 2, 4};
  data.targets = {1, 0, 0, 1};
  return data;
}

TEST(StaticRegression, TurnsTheSumsTowardsTheirTargets) {
  std::vector<float> vectors = {0.5F, 0.5F, 0.4F, 0.5F, 0.5F, 0.4F, 7, 7};
  SilentProgress progress;
  StaticRegressionOptions options;
  options.num_epochs = 400;
  options.batch_size = 2;
  options.learning_rate = 0.02;
  const double loss = fit_static_vectors(two_texts(), options, vectors, progress);
  EXPECT_LT(loss, 1e-3);
  const double x = vectors[0] + vectors[2];
  const double y = vectors[1] + vectors[3];
  EXPECT_GT(x / std::hypot(x, y), 0.99);
  EXPECT_EQ(vectors[6], 7.0F);  // no text has this token
}

// Adam's first step moves every element by the learning rate against its gradient's sign.
TEST(StaticRegression, FirstStepFollowsTheGradientOfTheCosine) {
  StaticRegressionData data;
  data.num_dimensions = 2;
  data.ids = {0};
  data.text_begin = {0, 1};
  data.targets = {1, 0};
  std::vector<float> vectors = {1, 1};
  SilentProgress progress;
  StaticRegressionOptions options;
  options.num_epochs = 2;  // the rate falls to one half in the first step, to 0 in the second
  options.learning_rate = 0.01;
  const double loss = fit_static_vectors(data, options, vectors, progress);
  EXPECT_NEAR(vectors[0], 1.005, 1e-5);
  EXPECT_NEAR(vectors[1], 0.995, 1e-5);
  EXPECT_NEAR(loss, 1 - 1.005 / std::hypot(1.005, 0.995), 1e-6);
}

}  // namespace
}  // namespace ganglion
