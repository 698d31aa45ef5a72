#include "training/classifier_calibration.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "base/rng.h"
#include "statistics/classification_metrics.h"

namespace ganglion {
namespace {

// Scores of two classes whose labels are drawn from softmax(logits / temperature).
void draw(double temperature, size_t count, std::vector<ClassScores>* scores,
          std::vector<uint32_t>* labels) {
  Rng rng(9);
  for (size_t i = 0; i < count; ++i) {
    const double z = 3 * rng.normal();
    scores->push_back({{z, 0.0}, {}});
    labels->push_back(rng.uniform() < sigmoid(z / temperature) ? 0 : 1);
  }
}

TEST(ClassifierCalibration, FindsTheTemperature) {
  std::vector<ClassScores> scores;
  std::vector<uint32_t> labels;
  draw(2.0, 20000, &scores, &labels);
  const FittedCalibration fitted = fit_class_calibration(scores, labels, {});
  EXPECT_NEAR(fitted.calibration.temperature, 2.0, 0.1);
  EXPECT_LT(fitted.figures.temperature_ece, 0.01);
  EXPECT_FALSE(fitted.figures.abstain_auroc.has_value());
}

TEST(ClassifierCalibration, KeepsIsotonicWhereTemperatureCannotFit) {
  // Right nine times of ten whatever the logits say: no temperature gives that.
  Rng rng(4);
  std::vector<ClassScores> scores;
  std::vector<uint32_t> labels;
  for (int i = 0; i < 4000; ++i) {
    scores.push_back({{1 + 6 * rng.uniform(), 0.0}, {}});
    labels.push_back(rng.uniform() < 0.9 ? 0 : 1);
  }
  const FittedCalibration fitted = fit_class_calibration(scores, labels, {});
  EXPECT_TRUE(fitted.figures.isotonic_kept);
  ASSERT_TRUE(fitted.calibration.isotonic.has_value());
  EXPECT_LT(fitted.figures.isotonic_ece, 0.02);
  const auto p = fitted.calibration.probabilities({{7.0, 0.0}, {}}, std::nullopt);
  EXPECT_NEAR(p[0], 0.9, 0.04);
}

TEST(ClassifierCalibration, WeighsTheAbstainSignals) {
  // Class 1 abstains; the second signal tells, the others are noise.
  Rng rng(6);
  std::vector<ClassScores> scores;
  std::vector<uint32_t> labels;
  for (int i = 0; i < 2000; ++i) {
    const bool abstains = i % 5 == 0;
    ClassScores row{{4.0, 0.0, 0.0}, {}};
    for (double& signal : row.abstain_signals) signal = rng.normal();
    row.abstain_signals[1] += abstains ? 4 : 0;
    scores.push_back(row);
    labels.push_back(abstains ? 1 : 0);
  }
  const FittedCalibration fitted = fit_class_calibration(scores, labels, {.abstain_label = 1});
  ASSERT_EQ(fitted.calibration.abstain.weights.size(), kNumAbstainSignals);
  EXPECT_GT(fitted.calibration.abstain.weights[1], 1);
  EXPECT_GT(fitted.figures.abstain_auroc.value(), 0.98);
  EXPECT_GT(fitted.figures.accuracy, 0.95);
}

// Class 1 abstains and its signal tells only in part; a share of `share` rows is of it.
void draw_abstaining(double share, size_t count, uint64_t seed, std::vector<ClassScores>* scores,
                     std::vector<uint32_t>* labels) {
  Rng rng(seed);
  for (size_t i = 0; i < count; ++i) {
    const bool abstains = rng.uniform() < share;
    ClassScores row{{3.0, 0.0, 0.0}, {}};
    row.abstain_signals[0] = rng.normal() + (abstains ? 2 : 0);
    const bool is_first = rng.uniform() < sigmoid(3.0);
    scores->push_back(row);
    labels->push_back(abstains ? 1 : (is_first ? 0 : 2));
  }
}

double measured_ece(const ClassCalibration& calibration, std::span<const ClassScores> scores,
                    std::span<const uint32_t> labels) {
  std::vector<double> confidences;
  std::vector<uint8_t> correct;
  for (size_t i = 0; i < scores.size(); ++i) {
    const auto p = calibration.probabilities(scores[i], 1);
    const auto top = std::max_element(p.begin(), p.end());
    confidences.push_back(*top);
    correct.push_back(static_cast<uint32_t>(top - p.begin()) == labels[i] ? 1 : 0);
  }
  return expected_calibration_error(confidences, correct);
}

TEST(ClassifierCalibration, IsRightForTheDeclaredShare) {
  std::vector<ClassScores> scores;
  std::vector<uint32_t> labels;
  draw_abstaining(0.05, 20000, 1, &scores, &labels);
  std::vector<ClassScores> used_scores;
  std::vector<uint32_t> used_labels;
  draw_abstaining(0.4, 20000, 2, &used_scores, &used_labels);
  const auto as_held_out = fit_class_calibration(scores, labels, {.abstain_label = 1});
  const auto as_declared =
      fit_class_calibration(scores, labels, {.abstain_label = 1, .abstain_share = 0.4});
  EXPECT_GT(measured_ece(as_held_out.calibration, used_scores, used_labels), 0.1);
  EXPECT_LT(measured_ece(as_declared.calibration, used_scores, used_labels), 0.02);
  EXPECT_LT(as_declared.figures.temperature_ece, 0.02);
}

}  // namespace
}  // namespace ganglion
