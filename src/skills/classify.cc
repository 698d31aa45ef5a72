#include "skills/classify.h"

#include <algorithm>
#include <numeric>
#include <span>
#include <utility>

#include "engine/encoder_identity.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kNumTop = 5;

std::vector<RankedLabel> likeliest(const std::vector<std::string>& labels,
                                   std::span<const double> probabilities) {
  std::vector<uint32_t> order(labels.size());
  std::iota(order.begin(), order.end(), 0U);
  const size_t count = std::min(kNumTop, order.size());
  std::partial_sort(order.begin(), order.begin() + static_cast<ptrdiff_t>(count), order.end(),
                    [&](uint32_t a, uint32_t b) {
                      if (probabilities[a] != probabilities[b]) {
                        return probabilities[a] > probabilities[b];
                      }
                      return a < b;
                    });
  std::vector<RankedLabel> top;
  for (size_t i = 0; i < count; ++i) top.push_back({labels[order[i]], probabilities[order[i]]});
  return top;
}

}  // namespace

Result<IdentifiedEncoder> load_identified_encoder(const std::filesystem::path& path) {
  if (path.empty()) {
    GANGLION_ASSIGN(const Encoder* const encoder, embedded_encoder());
    GANGLION_ASSIGN(std::string id, embedded_encoder_identity());
    // The embedded encoder lives as long as the program: nothing to delete.
    return IdentifiedEncoder{{encoder, [](const Encoder*) {}}, std::move(id)};
  }
  GANGLION_ASSIGN(auto encoder, load_encoder(path));
  GANGLION_ASSIGN(std::string id, encoder_identity(path));
  return IdentifiedEncoder{std::move(encoder), std::move(id)};
}

Result<Classifier> Classifier::create(TextClassifier model, const IdentifiedEncoder& encoder,
                                      std::string_view source_name) {
  if (model.encoder_id() != encoder.id) {
    return fail(ErrorCode::kConflict,
                "{}: it was trained with the encoder {}, this one is {}; name that encoder with "
                "--encoder, or train the classifier again",
                source_name, model.encoder_id(), encoder.id);
  }
  if (model.embedding_size() != encoder.encoder->hidden_size()) {
    return fail(ErrorCode::kMalformed,
                "{}: expected embeddings of {} numbers as its encoder gives, found {}", source_name,
                encoder.encoder->hidden_size(), model.embedding_size());
  }
  return Classifier(std::move(model), encoder.encoder);
}

Result<Classifier> Classifier::load(const std::filesystem::path& model_path,
                                    const IdentifiedEncoder& encoder) {
  GANGLION_ASSIGN(TextClassifier model, TextClassifier::load(model_path));
  return create(std::move(model), encoder, model_path.string());
}

Result<Classifier> Classifier::load(const std::filesystem::path& model_path) {
  GANGLION_ASSIGN(const IdentifiedEncoder encoder, load_identified_encoder());
  return load(model_path, encoder);
}

std::string_view Classifier::abstain_label() const {
  if (!model_.abstain_label()) return {};
  return model_.labels()[*model_.abstain_label()];
}

Result<Classification> Classifier::classify(std::string_view text) const {
  const size_t invalid = find_invalid_utf8(text);
  if (invalid != std::string_view::npos) {
    return fail(ErrorCode::kInvalidArgument, "the text is not valid UTF-8 at byte {}", invalid + 1);
  }
  std::vector<float> embedding(encoder_->hidden_size());
  GANGLION_TRY(encoder_->embed({&text, 1}, embedding));
  const std::vector<double> probabilities = model_.probabilities(model_.score(text, embedding));
  Classification result;
  result.top = likeliest(model_.labels(), probabilities);
  result.label = result.top.front().label;
  result.confidence = result.top.front().probability;
  if (model_.abstain_label()) result.oos_score = probabilities[*model_.abstain_label()];
  return result;
}

}  // namespace ganglion
