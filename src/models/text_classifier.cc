#include "models/text_classifier.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "models/vector_math.h"

namespace ganglion {
namespace {

// sums += inputs * matrix; `matrix` is [inputs, sums], row-major.
void add_product(std::span<const float> inputs, std::span<const float> matrix,
                 std::span<float> sums) {
  for (size_t row = 0; row < inputs.size(); ++row) {
    if (inputs[row] != 0)
      add_scaled(&matrix[row * sums.size()], inputs[row], sums.size(), sums.data());
  }
}

void add_rows(const SparseVector& vector, const QuantisedRows& rows, std::span<float> sums) {
  for (size_t i = 0; i < vector.ids.size(); ++i) {
    rows.add_row(vector.ids[i], vector.values[i], sums);
  }
}

double log_sum_exp_but(std::span<const float> logits, std::optional<uint32_t> left_out) {
  std::vector<double> kept;
  kept.reserve(logits.size());
  for (uint32_t k = 0; k < logits.size(); ++k) {
    if (k != left_out) kept.push_back(logits[k]);
  }
  return log_sum_exp(kept);
}

bool all_finite(std::span<const float> values) {
  return std::all_of(values.begin(), values.end(), [](float v) { return std::isfinite(v); });
}

Status check_rows(const QuantisedRows& rows, std::string_view name, size_t num_rows,
                  size_t row_size) {
  if (rows.num_rows() != num_rows || rows.row_size != row_size ||
      rows.values.size() != num_rows * row_size) {
    return fail(ErrorCode::kMalformed, "{}: expected [{}, {}] values, found [{}, {}]", name,
                num_rows, row_size, rows.num_rows(), rows.row_size);
  }
  if (!all_finite(rows.scales)) {
    return fail(ErrorCode::kMalformed, "{}: a scale is not a finite number", name);
  }
  return {};
}

Status check_values(std::span<const float> values, std::string_view name, size_t size) {
  if (values.size() != size) {
    return fail(ErrorCode::kMalformed, "{}: expected {} values, found {}", name, size,
                values.size());
  }
  if (!all_finite(values)) {
    return fail(ErrorCode::kMalformed, "{}: a value is not a finite number", name);
  }
  return {};
}

Status check_calibration(const ClassCalibration& calibration, bool has_abstain_label) {
  if (!(calibration.temperature > 0) || !std::isfinite(calibration.temperature)) {
    return fail(ErrorCode::kMalformed, "temperature: expected a number above 0, found {}",
                calibration.temperature);
  }
  const auto& weights = calibration.abstain.weights;
  const size_t expected = has_abstain_label ? kNumAbstainSignals : 0;
  if (weights.size() != expected) {
    return fail(ErrorCode::kMalformed, "abstain weights: expected {}, found {}", expected,
                weights.size());
  }
  const bool finite =
      std::isfinite(calibration.abstain.bias) &&
      std::all_of(weights.begin(), weights.end(), [](double w) { return std::isfinite(w); });
  if (!finite) return fail(ErrorCode::kMalformed, "abstain weights: not finite numbers");
  return {};
}

Status check_labels(const TextClassifierParts& parts) {
  const auto& labels = parts.labels;
  if (labels.size() < 2) {
    return fail(ErrorCode::kMalformed, "labels: expected at least 2, found {}", labels.size());
  }
  for (size_t i = 1; i < labels.size(); ++i) {
    if (labels[i - 1] < labels[i]) continue;
    return fail(ErrorCode::kMalformed,
                "labels: expected sorted and distinct, found \"{}\" after "
                "\"{}\"",
                labels[i], labels[i - 1]);
  }
  if (parts.abstain_label && *parts.abstain_label >= labels.size()) {
    return fail(ErrorCode::kMalformed, "abstain label: expected a number below {}, found {}",
                labels.size(), *parts.abstain_label);
  }
  return {};
}

}  // namespace

void EmbeddingInput::centre(std::span<const float> embedding, std::span<float> out) const {
  GANGLION_ASSERT(embedding.size() == mean.size() && out.size() == mean.size());
  for (size_t i = 0; i < mean.size(); ++i) out[i] = kScale * (embedding[i] - mean[i]);
}

Result<TextClassifier> TextClassifier::create(TextClassifierParts parts) {
  GANGLION_TRY(check_labels(parts));
  const size_t n = parts.vocabulary.size();
  const size_t e = parts.embedding_input.mean.size();
  const size_t h = parts.deep.hidden_bias.size();
  const size_t c = parts.labels.size();
  if (n == 0 || e == 0 || h == 0) {
    return fail(ErrorCode::kMalformed,
                "expected n-grams, an embedding and a hidden layer, found sizes {}, {} and {}", n,
                e, h);
  }
  GANGLION_TRY(check_values(parts.vocabulary.idf(), "n-gram idf", n));
  GANGLION_TRY(check_values(parts.embedding_input.mean, "embedding mean", e));
  GANGLION_TRY(check_values(parts.class_means, "class means", c * e));
  GANGLION_TRY(check_rows(parts.wide.ngrams, "wide n-grams", n, c));
  GANGLION_TRY(check_values(parts.wide.embedding, "wide embedding", e * c));
  GANGLION_TRY(check_values(parts.wide.bias, "wide bias", c));
  GANGLION_TRY(check_rows(parts.deep.ngrams, "deep n-grams", n, h));
  GANGLION_TRY(check_values(parts.deep.embedding, "deep embedding", e * h));
  GANGLION_TRY(check_values(parts.deep.hidden_bias, "deep hidden bias", h));
  GANGLION_TRY(check_values(parts.deep.output, "deep output", h * c));
  GANGLION_TRY(check_values(parts.deep.output_bias, "deep output bias", c));
  GANGLION_TRY(check_calibration(parts.calibration, parts.abstain_label.has_value()));
  return TextClassifier(std::move(parts));
}

ClassScores TextClassifier::score(std::string_view text, std::span<const float> embedding) const {
  GANGLION_ASSERT(embedding.size() == embedding_size());
  const NgramFeatures features = parts_.vocabulary.features(text);
  std::vector<float> centred(embedding.size());
  parts_.embedding_input.centre(embedding, centred);

  std::vector<float> wide = parts_.wide.bias;
  add_rows(features.vector, parts_.wide.ngrams, wide);
  add_product(centred, parts_.wide.embedding, wide);

  std::vector<float> hidden = parts_.deep.hidden_bias;
  add_rows(features.vector, parts_.deep.ngrams, hidden);
  add_product(centred, parts_.deep.embedding, hidden);
  for (float& value : hidden) value = std::max(value, 0.0F);
  std::vector<float> deep = parts_.deep.output_bias;
  add_product(hidden, parts_.deep.output, deep);

  ClassScores scores;
  scores.logits.reserve(wide.size());
  for (size_t k = 0; k < wide.size(); ++k) {
    scores.logits.push_back(0.5 * (static_cast<double>(wide[k]) + deep[k]));
  }
  if (!parts_.abstain_label) return scores;
  const uint32_t abstains = *parts_.abstain_label;
  std::vector<float> mean_logits(scores.logits.begin(), scores.logits.end());
  float nearest = -1;
  for (uint32_t k = 0; k < wide.size(); ++k) {
    if (k == abstains) continue;
    const float* mean = &parts_.class_means[k * embedding.size()];
    nearest = std::max(nearest, dot(embedding.data(), mean, embedding.size()));
  }
  scores.abstain_signals = {
      scores.logits[abstains] - log_sum_exp_but(mean_logits, abstains),
      -log_sum_exp_but(deep, abstains),
      1.0 - nearest,
      features.unknown_share,
  };
  return scores;
}

std::vector<double> TextClassifier::probabilities(const ClassScores& scores) const {
  return parts_.calibration.probabilities(scores, parts_.abstain_label);
}

void TextClassifier::set_calibration(ClassCalibration calibration) {
  GANGLION_ASSERT(check_calibration(calibration, parts_.abstain_label.has_value()).ok());
  parts_.calibration = std::move(calibration);
}

}  // namespace ganglion
