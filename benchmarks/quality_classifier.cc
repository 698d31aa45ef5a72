// Accuracy, calibration, out-of-scope detection and speed of the trained classifier on CLINC150 and
// Banking77, test sets.
//   bench_quality_classifier        ($GANGLION_DATA, default ../shared/data)
#include <fmt/core.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/test_paths.h"
#include "skills/classifier_training.h"
#include "statistics/classification_metrics.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr std::string_view kAbstainLabel = "oos";

// A folder of its own, removed at the end.
class TemporaryFolder {
 public:
  TemporaryFolder()
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("ganglion-quality-{}", ::getpid())) {
    std::filesystem::create_directories(path_);
  }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;
  ~TemporaryFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

// CLINC150's lists of [text, intent] as JSONL: `key` and "oos_" + key together.
Status write_clinc_split(const json::object& lists, std::string_view key,
                         const std::filesystem::path& path) {
  std::string lines;
  for (const std::string& name : {std::string(key), "oos_" + std::string(key)}) {
    GANGLION_ASSIGN(const json::array* rows, json_array(lists, name));
    for (const json::value& row : *rows) {
      const json::object line = {{"text", row.at(0)}, {"label", row.at(1)}};
      lines += to_json_text(line) + "\n";
    }
  }
  return write_file_atomic(path, lines);
}

Status write_clinc(const std::filesystem::path& source, const std::filesystem::path& folder) {
  GANGLION_ASSIGN(const std::string bytes, read_file(source));
  GANGLION_ASSIGN(const json::value lists, parse_json(bytes, source.string()));
  for (const std::string name : {"train", "val", "test"}) {
    GANGLION_TRY(write_clinc_split(lists.as_object(), name, folder / (name + ".jsonl")));
  }
  return {};
}

// What classify says about every test text; 0 or 1 where not stated otherwise.
struct Verdicts {
  std::vector<double> confidences;
  std::vector<uint8_t> correct;
  std::vector<double> scope_confidences;  // of the texts in scope only, and so on
  std::vector<uint8_t> scope_correct;
  std::vector<uint8_t> scope_correct_intent;  // the likeliest label but "oos"
  std::vector<double> oos_scores;
  std::vector<uint8_t> is_oos;
  std::vector<double> latencies_us;
};

Result<Verdicts> classify_all(const Classifier& classifier, const std::vector<LabelledText>& rows) {
  Verdicts verdicts;
  for (const LabelledText& row : rows) {
    const auto start = std::chrono::steady_clock::now();
    GANGLION_ASSIGN(const Classification result, classifier.classify(row.text));
    const auto stop = std::chrono::steady_clock::now();
    verdicts.latencies_us.push_back(
        std::chrono::duration<double, std::micro>(stop - start).count());
    const uint8_t correct = result.label == row.label ? 1 : 0;
    verdicts.confidences.push_back(result.confidence);
    verdicts.correct.push_back(correct);
    verdicts.oos_scores.push_back(result.oos_score.value_or(0));
    verdicts.is_oos.push_back(row.label == kAbstainLabel ? 1 : 0);
    if (row.label == kAbstainLabel) continue;
    verdicts.scope_confidences.push_back(result.confidence);
    verdicts.scope_correct.push_back(correct);
    const std::string& intent = result.label == kAbstainLabel ? result.top[1].label : result.label;
    verdicts.scope_correct_intent.push_back(intent == row.label ? 1 : 0);
  }
  return verdicts;
}

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

Status report(std::string_view name, const ClassifierTrainingRequest& request,
              const std::filesystem::path& test_path) {
  GANGLION_ASSIGN(const IdentifiedEncoder encoder, load_identified_encoder());
  SilentProgress progress;
  const auto start = std::chrono::steady_clock::now();
  GANGLION_ASSIGN(TrainedClassifier trained,
                  train_classifier_from_files(request, encoder, progress));
  const double seconds =
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  GANGLION_ASSIGN(const Classifier classifier,
                  Classifier::create(std::move(trained.classifier), encoder, name));
  GANGLION_ASSIGN(const auto rows, read_labelled_texts(test_path, request.columns));
  GANGLION_ASSIGN(const Verdicts verdicts, classify_all(classifier, rows));
  const std::string oos = request.abstain_label.empty()
                              ? "–"
                              : fmt::format("{:.3f}", auroc(verdicts.oos_scores, verdicts.is_oos));
  fmt::print("| {} | {:.2f} | {:.2f} | {} | {:.4f} | {:.4f} | {:.0f} | {:.0f} |\n", name,
             100 * share_of_ones(verdicts.scope_correct),
             100 * share_of_ones(verdicts.scope_correct_intent), oos,
             expected_calibration_error(verdicts.scope_confidences, verdicts.scope_correct),
             expected_calibration_error(verdicts.confidences, verdicts.correct), seconds,
             median(verdicts.latencies_us));
  return {};
}

Status run(const std::filesystem::path& clinc, const std::filesystem::path& banking) {
  const TemporaryFolder folder;
  GANGLION_TRY(write_clinc(clinc / "data_full.json", folder.path()));
  fmt::print(
      "| set | in scope, % | but `oos`, % | OOS AUROC | ECE in scope | ECE all | training s | p50 "
      "µs |\n");
  fmt::print("| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n");
  ClassifierTrainingRequest request;
  request.train_path = folder.path() / "train.jsonl";
  request.validation_path = folder.path() / "val.jsonl";
  request.abstain_label = kAbstainLabel;
  GANGLION_TRY(report("CLINC150", request, folder.path() / "test.jsonl"));
  // 1,000 of the 5,500 test texts are out of scope, against 100 of 3,100 to calibrate on.
  request.abstain_share = 1000.0 / 5500.0;
  GANGLION_TRY(report("CLINC150, share declared", request, folder.path() / "test.jsonl"));
  ClassifierTrainingRequest banking_request;
  banking_request.train_path = banking / "train.csv";
  banking_request.columns.label = "category";
  return report("Banking77", banking_request, banking / "test.csv");
}

}  // namespace
}  // namespace ganglion

int main() {
  const auto clinc = ganglion::shared_data_path("intent/clinc150");
  const auto banking = ganglion::shared_data_path("intent/banking77");
  if (!clinc || !banking) {
    fmt::print(stderr, "intent/clinc150 or intent/banking77 is not below $GANGLION_DATA\n");
    return 1;
  }
  const auto status = ganglion::run(*clinc, *banking);
  if (status.ok()) return 0;
  fmt::print(stderr, "error: {}\n", status.error().message);
  return 1;
}
