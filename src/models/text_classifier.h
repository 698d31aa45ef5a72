// A text classifier of two towers over one input: n-gram features and a sentence embedding.
//
// The wide tower is linear; the deep tower adds one hidden layer, which shares strength between
// n-grams and embedding. Their mean logits are better than either: wide and deep learning (Cheng et
// al. 2016), trained apart. Shapes: n n-grams, e embedding size, h hidden size, c labels.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/class_calibration.h"
#include "models/ngram_features.h"
#include "models/quantised_rows.h"

namespace ganglion {

class GgufFile;

struct WideTower {
  QuantisedRows ngrams;          // [n, c]
  std::vector<float> embedding;  // [e, c]
  std::vector<float> bias;       // [c]
};

struct DeepTower {
  QuantisedRows ngrams;            // [n, h]
  std::vector<float> embedding;    // [e, h]
  std::vector<float> hidden_bias;  // [h]
  std::vector<float> output;       // [h, c]
  std::vector<float> output_bias;  // [c]
};

// The towers see embedding_scale * (embedding - mean).
struct EmbeddingInput {
  static constexpr float kScale = 3.0F;  // chosen on the CLINC150 validation set
  std::vector<float> mean;               // [e]

  // `embedding` and `out` have e elements.
  void centre(std::span<const float> embedding, std::span<float> out) const;
};

struct TextClassifierParts {
  std::vector<std::string> labels;  // [c], sorted, distinct
  std::optional<uint32_t> abstain_label;
  std::string encoder_id;  // identity of the encoder whose embeddings it was trained on
  NgramVocabulary vocabulary;
  EmbeddingInput embedding_input;
  std::vector<float> class_means;  // [c, e], unit length or zero
  WideTower wide;
  DeepTower deep;
  ClassCalibration calibration;
};

// Immutable and thread-safe.
class TextClassifier {
 public:
  // Every size agrees and every number is finite, else kMalformed naming the part.
  static Result<TextClassifier> create(TextClassifierParts parts);

  // A GGUF file with general.architecture "ganglion-classifier" (docs/formats.md). It is untrusted:
  // kMalformed or kUnsupported names the file and the field; errors of GgufFile.
  static Result<TextClassifier> load(const std::filesystem::path& path);
  static Result<TextClassifier> read(const GgufFile& file);

  // The file's bytes; the same classifier gives the same. kInvalidArgument for a label that is not
  // UTF-8.
  Result<std::string> serialise() const;
  // The same into a file, whole or not at all. kIo as of write_file_atomic.
  Status save(const std::filesystem::path& path) const;

  const std::vector<std::string>& labels() const { return parts_.labels; }
  std::optional<uint32_t> abstain_label() const { return parts_.abstain_label; }
  const std::string& encoder_id() const { return parts_.encoder_id; }
  size_t embedding_size() const { return parts_.embedding_input.mean.size(); }
  size_t hidden_size() const { return parts_.deep.hidden_bias.size(); }
  const TextClassifierParts& parts() const { return parts_; }

  // `text` is valid UTF-8; `embedding` is its unit-length embedding, embedding_size() elements.
  // Cost: linear in the text, about (c + h) multiply-adds an n-gram.
  ClassScores score(std::string_view text, std::span<const float> embedding) const;

  // Calibrated; one a label (ClassCalibration::probabilities).
  std::vector<double> probabilities(const ClassScores& scores) const;

  void set_calibration(ClassCalibration calibration);

 private:
  explicit TextClassifier(TextClassifierParts parts) : parts_(std::move(parts)) {}

  TextClassifierParts parts_;
};

}  // namespace ganglion
