#include "training/classifier_trainer.h"

#include <algorithm>
#include <memory>
#include <mutex>
#include <utility>

#include "base/check.h"
#include "base/hash.h"
#include "base/thread_pool.h"
#include "dataset/split.h"
#include "training/deep_tower_trainer.h"
#include "training/wide_tower_trainer.h"

namespace ganglion {
namespace {

constexpr uint32_t kNumFoldsFew = 5;
constexpr uint32_t kNumFoldsMany = 10;
constexpr size_t kManyRows = 5'000;

// Copies of some of the examples.
struct OwnedExamples {
  std::vector<std::string> texts;
  std::vector<uint32_t> labels;
  std::vector<float> embeddings;

  ClassifierExamples view() const { return {texts, labels, embeddings}; }

  void append(const ClassifierExamples& from, size_t row) {
    const size_t size = from.embedding_size();
    const auto embedding = from.embeddings.subspan(row * size, size);
    texts.push_back(from.texts[row]);
    labels.push_back(from.labels[row]);
    embeddings.insert(embeddings.end(), embedding.begin(), embedding.end());
  }
};

// One classifier to fit, with the held-out examples to score with it.
struct Fit {
  OwnedExamples rows;
  OwnedExamples held_out;
  TextClassifierParts parts;
  TowerInput input;
  TowerSchedule schedule;
  std::vector<WideWeights> wide;
  std::vector<DeepWeights> deep;
};

// Row visits of all towers, gathered from several threads.
class VisitCounter {
 public:
  VisitCounter(ProgressSink& sink, uint64_t total) : sink_(sink), total_(total) {}

  void add(size_t rows) {
    const std::lock_guard lock(mutex_);
    done_ += rows;
    sink_.update(done_, total_, "");
  }

 private:
  ProgressSink& sink_;
  uint64_t total_;
  std::mutex mutex_;
  uint64_t done_ = 0;
};

OwnedExamples copy_of(const ClassifierExamples& examples) {
  OwnedExamples copy;
  for (size_t row = 0; row < examples.texts.size(); ++row) copy.append(examples, row);
  return copy;
}

// The fits to make: the final one first, then one for every fold that is held out.
std::vector<Fit> plan_fits(const ClassifierExamples& train, const ClassifierExamples* validation,
                           uint64_t seed) {
  std::vector<Fit> fits(1);
  fits[0].rows = copy_of(train);
  if (validation != nullptr) {
    fits[0].held_out = copy_of(*validation);
    return fits;
  }
  const bool many = train.texts.size() >= kManyRows;
  const uint32_t num_folds = many ? kNumFoldsMany : kNumFoldsFew;
  const std::vector<uint32_t> folds = stratified_folds(train.labels, num_folds, seed);
  fits.resize(many ? 2 : 1 + num_folds);
  for (uint32_t fold = 0; fold + 1 < fits.size(); ++fold) {
    Fit& fit = fits[fold + 1];
    for (size_t row = 0; row < folds.size(); ++row) {
      (folds[row] == fold ? fit.held_out : fit.rows).append(train, row);
    }
  }
  return fits;
}

void prepare(const ClassifierTrainingOptions& options, Fit* fit) {
  const ClassifierExamples rows = fit->rows.view();
  fit->parts.labels = options.labels;
  fit->parts.abstain_label = options.abstain_label;
  fit->parts.encoder_id = options.encoder_id;
  fit->parts.vocabulary = NgramVocabulary::build(rows.texts);
  fit->parts.embedding_input.mean = mean_embedding(rows);
  fit->parts.class_means = class_mean_embeddings(rows, options.labels.size());
  fit->input = make_tower_input(rows, fit->parts.vocabulary, fit->parts.embedding_input,
                                options.labels.size());
  fit->schedule = TowerSchedule::for_rows(rows.texts.size());
}

void train_towers(const ClassifierTrainingOptions& options, std::vector<Fit>& fits,
                  ProgressSink& progress) {
  ThreadPool pool(options.num_threads);
  pool.parallel_for(fits.size(), 1, [&](size_t begin, size_t end) {
    for (size_t i = begin; i < end; ++i) prepare(options, &fits[i]);
  });
  const size_t num_towers = options.num_wide_towers + options.num_deep_towers;
  uint64_t total = 0;
  for (Fit& fit : fits) {
    total += num_towers * fit.schedule.num_epochs * fit.input.num_rows();
    fit.wide.resize(options.num_wide_towers);
    fit.deep.resize(options.num_deep_towers);
  }
  VisitCounter visits(progress, total);
  const RowsTrained rows_trained = [&](size_t rows) { visits.add(rows); };
  // One task a tower. Each runs on one thread from a seed of its own: no number of threads changes
  // the result.
  pool.parallel_for(num_towers * fits.size(), 1, [&](size_t begin, size_t end) {
    for (size_t task = begin; task < end; ++task) {
      Fit& fit = fits[task / num_towers];
      const size_t tower = task % num_towers;
      const uint64_t seed = mix64(options.seed + mix64(task));
      if (tower < fit.wide.size()) {
        fit.wide[tower] = train_wide_tower(fit.input, fit.schedule, seed, rows_trained);
      } else {
        fit.deep[tower - fit.wide.size()] =
            train_deep_tower(fit.input, options.hidden_size, fit.schedule, seed, rows_trained);
      }
    }
  });
}

// A calibration that changes nothing, for scoring.
ClassCalibration no_calibration(const ClassifierTrainingOptions& options) {
  ClassCalibration calibration;
  if (options.abstain_label) calibration.abstain.weights.assign(kNumAbstainSignals, 0.0);
  return calibration;
}

void score_held_out(const TextClassifier& classifier, const OwnedExamples& held_out,
                    std::vector<ClassScores>* scores, std::vector<uint32_t>* labels) {
  const size_t size = classifier.embedding_size();
  for (size_t row = 0; row < held_out.texts.size(); ++row) {
    const std::span<const float> embeddings = held_out.embeddings;
    scores->push_back(classifier.score(held_out.texts[row], embeddings.subspan(row * size, size)));
    labels->push_back(held_out.labels[row]);
  }
}

Status check_examples(const ClassifierExamples& examples, std::string_view name,
                      const ClassifierTrainingOptions& options) {
  GANGLION_ASSERT(examples.labels.size() == examples.texts.size());
  if (examples.texts.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the {} set has no texts", name);
  }
  GANGLION_ASSERT(examples.embeddings.size() % examples.texts.size() == 0);
  if (!options.abstain_label) return {};
  const auto num_abstain = static_cast<size_t>(
      std::count(examples.labels.begin(), examples.labels.end(), *options.abstain_label));
  if (num_abstain < kMinAbstainRows || num_abstain == examples.labels.size()) {
    return fail(ErrorCode::kInvalidArgument,
                "the {} set has {} texts with the abstain label \"{}\" and {} others; at least {} "
                "of each are needed",
                name, num_abstain, options.labels[*options.abstain_label],
                examples.labels.size() - num_abstain, kMinAbstainRows);
  }
  return {};
}

}  // namespace

Result<TrainedClassifier> train_classifier(const ClassifierExamples& train,
                                           const ClassifierExamples* validation,
                                           const ClassifierTrainingOptions& options,
                                           ProgressSink& progress) {
  GANGLION_TRY(check_examples(train, "training", options));
  if (validation != nullptr) GANGLION_TRY(check_examples(*validation, "validation", options));

  std::vector<Fit> fits = plan_fits(train, validation, options.seed);
  train_towers(options, fits, progress);

  std::vector<ClassScores> scores;
  std::vector<uint32_t> labels;
  std::optional<TextClassifier> final_classifier;
  for (size_t i = 0; i < fits.size(); ++i) {
    fits[i].parts.wide = average_wide_towers(std::exchange(fits[i].wide, {}));
    fits[i].parts.deep = join_deep_towers(std::exchange(fits[i].deep, {}));
    fits[i].parts.calibration = no_calibration(options);
    GANGLION_ASSIGN(TextClassifier classifier, TextClassifier::create(std::move(fits[i].parts)));
    score_held_out(classifier, fits[i].held_out, &scores, &labels);
    if (i == 0) final_classifier = std::move(classifier);
  }
  FittedCalibration fitted = fit_class_calibration(scores, labels,
                                                   {.abstain_label = options.abstain_label,
                                                    .abstain_share = options.abstain_share,
                                                    .seed = options.seed});
  final_classifier->set_calibration(std::move(fitted.calibration));
  return TrainedClassifier{*std::move(final_classifier), fitted.figures, labels.size()};
}

}  // namespace ganglion
