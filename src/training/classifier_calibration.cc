#include "training/classifier_calibration.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "dataset/split.h"
#include "statistics/classification_metrics.h"

namespace ganglion {
namespace {

constexpr uint32_t kNumFolds = 5;
// A step function with a handful of rows a step would say more than they do.
constexpr size_t kMinIsotonicRows = 200;
// The signals are few and strong, the rows of the abstain class few: a light penalty.
constexpr double kAbstainPenalty = 0.1;

// Values as they will be read back from a model file, so that a saved model equals this one.
double as_stored(double value) { return static_cast<float>(value); }

class CalibrationFit {
 public:
  CalibrationFit(std::span<const ClassScores> scores, std::span<const uint32_t> labels,
                 const CalibrationOptions& options)
      : scores_(scores), labels_(labels), abstain_label_(options.abstain_label) {
    GANGLION_ASSERT(abstain_label_ || !options.abstain_share);
    if (options.abstain_share) weigh_rows(*options.abstain_share);
  }

  // How many rows of the stream in use each row stands for; empty: all one.
  std::span<const double> weights() const { return weights_; }

  // Temperature and abstain weights.
  ClassCalibration fit_base(std::span<const size_t> rows) const {
    ClassCalibration calibration;
    calibration.temperature = as_stored(fit_scope_temperature(rows));
    if (abstain_label_) calibration.abstain = fit_abstain(rows);
    return calibration;
  }

  IsotonicMap fit_isotonic(const ClassCalibration& base, std::span<const size_t> rows) const {
    std::vector<double> confidences;
    std::vector<uint8_t> correct;
    std::vector<double> weights;
    for (const size_t row : rows) {
      const auto [confidence, is_correct] = verdict(base, row);
      confidences.push_back(confidence);
      correct.push_back(is_correct);
      if (!weights_.empty()) weights.push_back(weights_[row]);
    }
    const IsotonicMap map = IsotonicMap::fit(confidences, correct, weights);
    std::vector<double> knots;
    std::vector<double> values;
    for (size_t i = 0; i < map.scores().size(); ++i) {
      const double knot = as_stored(map.scores()[i]);
      if (!knots.empty() && knot <= knots.back()) continue;
      knots.push_back(knot);
      values.push_back(as_stored(map.values()[i]));
    }
    return {std::move(knots), std::move(values)};
  }

  // Confidence of the chosen label, and whether it is right (0 or 1).
  std::pair<double, uint8_t> verdict(const ClassCalibration& calibration, size_t row) const {
    const auto probabilities = calibration.probabilities(scores_[row], abstain_label_);
    const auto top = std::max_element(probabilities.begin(), probabilities.end());
    const auto label = static_cast<uint32_t>(top - probabilities.begin());
    return {*top, label == labels_[row] ? 1 : 0};
  }

  double abstain_log_odds(const ClassCalibration& calibration, size_t row) const {
    return calibration.abstain.log_odds(scores_[row].abstain_signals);
  }

 private:
  void weigh_rows(double abstain_share) {
    const auto total = static_cast<double>(labels_.size());
    const auto num_abstain =
        static_cast<double>(std::count(labels_.begin(), labels_.end(), *abstain_label_));
    const double abstain_weight = abstain_share * total / num_abstain;
    const double scope_weight = (1 - abstain_share) * total / (total - num_abstain);
    for (const uint32_t label : labels_) {
      weights_.push_back(label == abstain_label_ ? abstain_weight : scope_weight);
    }
    abstain_shift_ = std::log(abstain_weight / scope_weight);
  }

  // Over the rows in scope and the classes in scope.
  double fit_scope_temperature(std::span<const size_t> rows) const {
    std::vector<double> logits;
    std::vector<uint32_t> labels;
    size_t num_classes = scores_[0].logits.size();
    if (abstain_label_) --num_classes;
    for (const size_t row : rows) {
      if (labels_[row] == abstain_label_) continue;
      for (uint32_t k = 0; k < scores_[row].logits.size(); ++k) {
        if (k != abstain_label_) logits.push_back(scores_[row].logits[k]);
      }
      const bool is_after = abstain_label_ && labels_[row] > *abstain_label_;
      labels.push_back(labels_[row] - (is_after ? 1 : 0));
    }
    return fit_temperature(logits, num_classes, labels);
  }

  LogisticRegression fit_abstain(std::span<const size_t> rows) const {
    std::vector<double> signals;
    std::vector<uint8_t> abstains;
    for (const size_t row : rows) {
      signals.insert(signals.end(), scores_[row].abstain_signals.begin(),
                     scores_[row].abstain_signals.end());
      abstains.push_back(labels_[row] == abstain_label_ ? 1 : 0);
    }
    LogisticRegression model =
        fit_logistic_regression(signals, kNumAbstainSignals, abstains, kAbstainPenalty);
    for (double& weight : model.weights) weight = as_stored(weight);
    model.bias = as_stored(model.bias + abstain_shift_);
    return model;
  }

  std::span<const ClassScores> scores_;
  std::span<const uint32_t> labels_;
  std::optional<uint32_t> abstain_label_;
  std::vector<double> weights_;
  double abstain_shift_ = 0;  // added to the log-odds of the abstain label
};

// What cross-validation gathers about every row.
struct HeldOutVerdicts {
  std::vector<double> temperature_confidences;
  std::vector<double> isotonic_confidences;
  std::vector<uint8_t> correct;
  std::vector<double> weights;  // empty: all one
  std::vector<double> abstain_log_odds;
  std::vector<uint8_t> abstains;
};

HeldOutVerdicts cross_validate(const CalibrationFit& fit, std::span<const uint32_t> labels,
                               const CalibrationOptions& options) {
  const std::vector<uint32_t> folds = stratified_folds(labels, kNumFolds, options.seed);
  HeldOutVerdicts verdicts;
  for (uint32_t fold = 0; fold < kNumFolds; ++fold) {
    std::vector<size_t> inside;
    std::vector<size_t> outside;
    for (size_t row = 0; row < labels.size(); ++row) {
      (folds[row] == fold ? outside : inside).push_back(row);
    }
    if (inside.empty()) inside = outside;  // a single row
    const ClassCalibration base = fit.fit_base(inside);
    ClassCalibration isotonic = base;
    isotonic.isotonic = fit.fit_isotonic(base, inside);
    for (const size_t row : outside) {
      const auto [confidence, is_correct] = fit.verdict(base, row);
      verdicts.temperature_confidences.push_back(confidence);
      verdicts.isotonic_confidences.push_back(fit.verdict(isotonic, row).first);
      verdicts.correct.push_back(is_correct);
      if (!fit.weights().empty()) verdicts.weights.push_back(fit.weights()[row]);
      if (!options.abstain_label) continue;
      verdicts.abstain_log_odds.push_back(fit.abstain_log_odds(base, row));
      verdicts.abstains.push_back(labels[row] == options.abstain_label ? 1 : 0);
    }
  }
  return verdicts;
}

}  // namespace

FittedCalibration fit_class_calibration(std::span<const ClassScores> scores,
                                        std::span<const uint32_t> labels,
                                        const CalibrationOptions& options) {
  GANGLION_ASSERT(!scores.empty() && scores.size() == labels.size());
  const CalibrationFit fit(scores, labels, options);
  const HeldOutVerdicts held_out = cross_validate(fit, labels, options);

  FittedCalibration result;
  CalibrationFigures& figures = result.figures;
  figures.accuracy = share_of_ones(held_out.correct, held_out.weights);
  figures.temperature_log_loss =
      binary_log_loss(held_out.temperature_confidences, held_out.correct, held_out.weights);
  figures.temperature_ece = expected_calibration_error(held_out.temperature_confidences,
                                                       held_out.correct, held_out.weights);
  figures.isotonic_log_loss =
      binary_log_loss(held_out.isotonic_confidences, held_out.correct, held_out.weights);
  figures.isotonic_ece =
      expected_calibration_error(held_out.isotonic_confidences, held_out.correct, held_out.weights);
  figures.isotonic_kept =
      labels.size() >= kMinIsotonicRows && figures.isotonic_log_loss < figures.temperature_log_loss;
  if (options.abstain_label) {
    figures.abstain_auroc = auroc(held_out.abstain_log_odds, held_out.abstains);
  }
  std::vector<size_t> all_rows(labels.size());
  for (size_t row = 0; row < all_rows.size(); ++row) all_rows[row] = row;
  result.calibration = fit.fit_base(all_rows);
  if (figures.isotonic_kept) {
    result.calibration.isotonic = fit.fit_isotonic(result.calibration, all_rows);
  }
  return result;
}

}  // namespace ganglion
