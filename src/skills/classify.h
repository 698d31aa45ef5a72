// Gives a text one of the labels a classifier was trained on, with a probability that means what it
// says.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/encoder.h"
#include "models/text_classifier.h"

namespace ganglion {

// An encoder with the hash that models trained on it carry. Immutable and thread-safe.
struct IdentifiedEncoder {
  std::shared_ptr<const Encoder> encoder;
  std::string id;
};

// From a file or folder (engine/encoder.h); an empty path means the default inside the binary.
Result<IdentifiedEncoder> load_identified_encoder(const std::filesystem::path& path = {});

struct RankedLabel {
  std::string label;
  double probability = 0;
};

struct Classification {
  std::string label;             // the likeliest; the abstain label means "none of the others"
  double confidence = 0;         // calibrated probability that `label` is right
  std::vector<RankedLabel> top;  // the likeliest first, at most five
  // Probability that the text is out of scope, when the model was trained with an abstain label.
  std::optional<double> oos_score;
};

// Immutable and thread-safe.
class Classifier {
 public:
  // kConflict when the model was trained with another encoder; errors of TextClassifier::load.
  static Result<Classifier> load(const std::filesystem::path& model_path,
                                 const IdentifiedEncoder& encoder);
  // With the default encoder.
  static Result<Classifier> load(const std::filesystem::path& model_path);
  // `source_name` is for the message.
  static Result<Classifier> create(TextClassifier model, const IdentifiedEncoder& encoder,
                                   std::string_view source_name);

  // kInvalidArgument for text that is not UTF-8. Text without any known word is not an error: it
  // gets a low confidence. Linear in the text; tens of microseconds for a ticket.
  Result<Classification> classify(std::string_view text) const;

  const std::vector<std::string>& labels() const { return model_.labels(); }
  // Empty when the model was trained without one.
  std::string_view abstain_label() const;

 private:
  Classifier(TextClassifier model, std::shared_ptr<const Encoder> encoder)
      : model_(std::move(model)), encoder_(std::move(encoder)) {}

  TextClassifier model_;
  std::shared_ptr<const Encoder> encoder_;
};

}  // namespace ganglion
