#include "skills/classifier_training.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

namespace ganglion {
namespace {

// Examples with what they borrow.
struct EmbeddedTexts {
  std::vector<std::string> texts;
  std::vector<uint32_t> labels;
  std::vector<float> embeddings;

  ClassifierExamples view() const { return {texts, labels, embeddings}; }
};

Result<EmbeddedTexts> embed_rows(std::vector<LabelledText> rows,
                                 const std::vector<std::string>& labels, const Encoder& encoder,
                                 std::string_view source_name) {
  EmbeddedTexts result;
  GANGLION_ASSIGN(result.labels, label_ids(rows, labels, source_name));
  for (LabelledText& row : rows) result.texts.push_back(std::move(row.text));
  const std::vector<std::string_view> views(result.texts.begin(), result.texts.end());
  result.embeddings.resize(views.size() * encoder.hidden_size());
  GANGLION_TRY(encoder.embed(views, result.embeddings));
  return result;
}

Result<std::optional<uint32_t>> find_abstain_label(const std::vector<std::string>& labels,
                                                   const ClassifierTrainingRequest& request) {
  if (request.abstain_label.empty()) return std::optional<uint32_t>();
  const auto found = std::find(labels.begin(), labels.end(), request.abstain_label);
  if (found == labels.end()) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: no row has the abstain label \"{}\"; add rows that belong to no other label, "
                "or leave the abstain label out",
                request.train_path.string(), request.abstain_label);
  }
  if (labels.size() < 3) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: besides the abstain label \"{}\" there is only one label; a classifier needs "
                "at least two",
                request.train_path.string(), request.abstain_label);
  }
  return std::optional<uint32_t>(static_cast<uint32_t>(found - labels.begin()));
}

Status check_abstain_share(const ClassifierTrainingRequest& request) {
  if (!request.abstain_share) return {};
  if (request.abstain_label.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "an expected share of texts to abstain on needs an abstain label");
  }
  if (*request.abstain_share > 0 && *request.abstain_share < 1) return {};
  return fail(ErrorCode::kInvalidArgument,
              "the expected share of texts to abstain on: expected above 0 and below 1, found {}",
              *request.abstain_share);
}

}  // namespace

Result<TrainedClassifier> train_classifier_from_files(const ClassifierTrainingRequest& request,
                                                      const IdentifiedEncoder& encoder,
                                                      ProgressSink& progress) {
  GANGLION_TRY(check_abstain_share(request));
  // All files are read and checked before the work begins.
  const std::string train_name = request.train_path.string();
  const std::string validation_name = request.validation_path.string();
  GANGLION_ASSIGN(std::vector<LabelledText> rows,
                  read_labelled_texts(request.train_path, request.columns));
  std::vector<LabelledText> validation_rows;
  if (!validation_name.empty()) {
    GANGLION_ASSIGN(validation_rows, read_labelled_texts(request.validation_path, request.columns));
  }
  ClassifierTrainingOptions options;
  GANGLION_ASSIGN(options.labels, distinct_labels(rows, train_name));
  GANGLION_ASSIGN(options.abstain_label, find_abstain_label(options.labels, request));
  options.abstain_share = request.abstain_share;
  options.encoder_id = encoder.id;
  options.seed = request.seed;
  options.num_threads = request.num_threads;

  GANGLION_ASSIGN(const EmbeddedTexts train,
                  embed_rows(std::move(rows), options.labels, *encoder.encoder, train_name));
  std::optional<EmbeddedTexts> validation;
  std::optional<ClassifierExamples> validation_view;
  if (!validation_name.empty()) {
    GANGLION_ASSIGN(validation, embed_rows(std::move(validation_rows), options.labels,
                                           *encoder.encoder, validation_name));
    validation_view = validation->view();
  }
  return train_classifier(train.view(), validation_view ? &*validation_view : nullptr, options,
                          progress);
}

}  // namespace ganglion
