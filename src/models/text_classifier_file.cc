// The model file of a TextClassifier (docs/formats.md).
#include <algorithm>
#include <cstring>
#include <utility>

#include "base/file.h"
#include "formats/gguf.h"
#include "formats/gguf_writer.h"
#include "models/text_classifier.h"

namespace ganglion {
namespace {

constexpr std::string_view kArchitecture = "ganglion-classifier";
constexpr uint32_t kFormatVersion = 1;

template <typename T>
Result<std::vector<T>> read_values(const GgufFile& file, std::string_view name, DType dtype,
                                   const Shape& shape) {
  GANGLION_ASSIGN(const TensorView view, file.get_tensor(name, shape));
  if (view.dtype != dtype) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected {} values, found {}",
                file.source_name(), name, dtype_traits(dtype).name, dtype_traits(view.dtype).name);
  }
  // Copied: the file decides where a tensor starts, and the classifier outlives it.
  std::vector<T> values(view.bytes.size() / sizeof(T));
  std::memcpy(values.data(), view.bytes.data(), values.size() * sizeof(T));
  return values;
}

Result<std::vector<float>> read_floats(const GgufFile& file, std::string_view name,
                                       const Shape& shape) {
  return read_values<float>(file, name, DType::kF32, shape);
}

// The size of a tensor that must have one dimension.
Result<int64_t> vector_size(const GgufFile& file, std::string_view name) {
  const GgufTensor* tensor = file.find_tensor(name);
  if (tensor == nullptr) {
    return fail(ErrorCode::kMalformed, "{}: the tensor \"{}\" is missing", file.source_name(),
                name);
  }
  if (tensor->view.shape.num_dimensions() != 1) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected one dimension, found {}",
                file.source_name(), name, tensor->view.shape.to_string());
  }
  return tensor->view.shape[0];
}

Result<QuantisedRows> read_rows(const GgufFile& file, const std::string& name, int64_t num_rows,
                                int64_t row_size) {
  QuantisedRows rows;
  rows.row_size = static_cast<size_t>(row_size);
  GANGLION_ASSIGN(rows.values,
                  read_values<int8_t>(file, name, DType::kI8, Shape{num_rows, row_size}));
  GANGLION_ASSIGN(rows.scales, read_floats(file, name + ".scale", Shape{num_rows}));
  return rows;
}

Result<NgramVocabulary> read_vocabulary(const GgufFile& file, int64_t num_ngrams) {
  GANGLION_ASSIGN(std::vector<uint64_t> hashes,
                  read_values<uint64_t>(file, "ngram.hash", DType::kI64, Shape{num_ngrams}));
  GANGLION_ASSIGN(std::vector<float> idf, read_floats(file, "ngram.idf", Shape{num_ngrams}));
  const bool rises =
      std::adjacent_find(hashes.begin(), hashes.end(), std::greater_equal<>()) == hashes.end();
  if (!rises || num_ngrams > INT32_MAX) {
    return fail(ErrorCode::kMalformed,
                "{}: tensor \"ngram.hash\": expected strictly rising values, fewer than 2^31",
                file.source_name());
  }
  return NgramVocabulary(std::move(hashes), std::move(idf));
}

Result<ClassCalibration> read_calibration(const GgufFile& file) {
  ClassCalibration calibration;
  GANGLION_ASSIGN(calibration.temperature,
                  file.get_number("ganglion-classifier.calibration.temperature"));
  constexpr std::string_view kScores = "ganglion-classifier.calibration.isotonic_scores";
  if (file.find(kScores) != nullptr) {
    GANGLION_ASSIGN(const std::vector<float> scores, file.get_numbers(kScores));
    GANGLION_ASSIGN(const std::vector<float> values,
                    file.get_numbers("ganglion-classifier.calibration.isotonic_values"));
    std::vector<double> wide_scores(scores.begin(), scores.end());
    std::vector<double> wide_values(values.begin(), values.end());
    if (!IsotonicMap::is_valid(wide_scores, wide_values)) {
      return fail(ErrorCode::kMalformed,
                  "{}: {}: expected as many rising scores as non-falling values in [0, 1]",
                  file.source_name(), kScores);
    }
    calibration.isotonic.emplace(std::move(wide_scores), std::move(wide_values));
  }
  constexpr std::string_view kWeights = "ganglion-classifier.abstain.weights";
  if (file.find(kWeights) != nullptr) {
    GANGLION_ASSIGN(const std::vector<float> weights, file.get_numbers(kWeights));
    calibration.abstain.weights.assign(weights.begin(), weights.end());
    GANGLION_ASSIGN(calibration.abstain.bias, file.get_number("ganglion-classifier.abstain.bias"));
  }
  return calibration;
}

Status read_labels(const GgufFile& file, TextClassifierParts* parts) {
  GANGLION_ASSIGN(const std::vector<std::string_view> labels,
                  file.get_strings("ganglion-classifier.labels"));
  parts->labels.assign(labels.begin(), labels.end());
  constexpr std::string_view kAbstain = "ganglion-classifier.abstain.label";
  if (file.find(kAbstain) == nullptr) return {};
  GANGLION_ASSIGN(const uint64_t label, file.get_unsigned(kAbstain));
  if (label >= labels.size()) {
    return fail(ErrorCode::kMalformed, "{}: {}: expected a number below {}, found {}",
                file.source_name(), kAbstain, labels.size(), label);
  }
  parts->abstain_label = static_cast<uint32_t>(label);
  return {};
}

Status check_header(const GgufFile& file) {
  GANGLION_ASSIGN(const std::string_view architecture, file.get_string("general.architecture"));
  if (architecture != kArchitecture) {
    return fail(ErrorCode::kUnsupported,
                "{}: general.architecture: expected \"{}\", found \"{}\"; make a classifier with "
                "`ganglion train classifier`",
                file.source_name(), kArchitecture, architecture);
  }
  GANGLION_ASSIGN(const uint64_t version, file.get_unsigned("ganglion-classifier.version"));
  if (version != kFormatVersion) {
    return fail(ErrorCode::kUnsupported,
                "{}: ganglion-classifier.version: expected {}, found {}; train the model again "
                "with this version of the program",
                file.source_name(), kFormatVersion, version);
  }
  return {};
}

Result<TextClassifierParts> read_parts(const GgufFile& file) {
  TextClassifierParts parts;
  GANGLION_TRY(read_labels(file, &parts));
  GANGLION_ASSIGN(const std::string_view encoder, file.get_string("ganglion-classifier.encoder"));
  parts.encoder_id = encoder;
  const auto c = static_cast<int64_t>(parts.labels.size());
  GANGLION_ASSIGN(const int64_t n, vector_size(file, "ngram.hash"));
  GANGLION_ASSIGN(const int64_t e, vector_size(file, "embedding.mean"));
  GANGLION_ASSIGN(const int64_t h, vector_size(file, "deep.hidden_bias"));
  GANGLION_ASSIGN(parts.vocabulary, read_vocabulary(file, n));
  GANGLION_ASSIGN(parts.embedding_input.mean, read_floats(file, "embedding.mean", Shape{e}));
  GANGLION_ASSIGN(parts.class_means, read_floats(file, "embedding.class_mean", Shape{c, e}));
  GANGLION_ASSIGN(parts.wide.ngrams, read_rows(file, "wide.ngram", n, c));
  GANGLION_ASSIGN(parts.wide.embedding, read_floats(file, "wide.embedding", Shape{e, c}));
  GANGLION_ASSIGN(parts.wide.bias, read_floats(file, "wide.bias", Shape{c}));
  GANGLION_ASSIGN(parts.deep.ngrams, read_rows(file, "deep.ngram", n, h));
  GANGLION_ASSIGN(parts.deep.embedding, read_floats(file, "deep.embedding", Shape{e, h}));
  GANGLION_ASSIGN(parts.deep.hidden_bias, read_floats(file, "deep.hidden_bias", Shape{h}));
  GANGLION_ASSIGN(parts.deep.output, read_floats(file, "deep.output", Shape{h, c}));
  GANGLION_ASSIGN(parts.deep.output_bias, read_floats(file, "deep.output_bias", Shape{c}));
  GANGLION_ASSIGN(parts.calibration, read_calibration(file));
  return parts;
}

std::vector<float> narrowed(const std::vector<double>& values) {
  std::vector<float> result;
  result.reserve(values.size());
  for (const double value : values) result.push_back(static_cast<float>(value));
  return result;
}

void write_calibration(const ClassCalibration& calibration, GgufWriter& writer) {
  writer.set_f32("ganglion-classifier.calibration.temperature",
                 static_cast<float>(calibration.temperature));
  if (calibration.isotonic) {
    writer.set_f32s("ganglion-classifier.calibration.isotonic_scores",
                    narrowed(calibration.isotonic->scores()));
    writer.set_f32s("ganglion-classifier.calibration.isotonic_values",
                    narrowed(calibration.isotonic->values()));
  }
  if (calibration.abstain.weights.empty()) return;
  writer.set_f32s("ganglion-classifier.abstain.weights", narrowed(calibration.abstain.weights));
  writer.set_f32("ganglion-classifier.abstain.bias", static_cast<float>(calibration.abstain.bias));
}

void write_rows(const std::string& name, const QuantisedRows& rows, GgufWriter& writer) {
  const auto num_rows = static_cast<int64_t>(rows.num_rows());
  writer.add_i8(name, Shape{num_rows, static_cast<int64_t>(rows.row_size)}, rows.values);
  writer.add_f32(name + ".scale", Shape{num_rows}, rows.scales);
}

}  // namespace

Result<TextClassifier> TextClassifier::read(const GgufFile& file) {
  GANGLION_TRY(check_header(file));
  GANGLION_ASSIGN(TextClassifierParts parts, read_parts(file));
  auto classifier = create(std::move(parts));
  if (!classifier.ok()) return at_place(file.source_name(), classifier.error());
  return classifier;
}

Result<TextClassifier> TextClassifier::load(const std::filesystem::path& path) {
  GANGLION_ASSIGN(const GgufFile file, GgufFile::open(path));
  return read(file);
}

Status TextClassifier::save(const std::filesystem::path& path) const {
  GANGLION_ASSIGN(const std::string bytes, serialise());
  return write_file_atomic(path, bytes);
}

Result<std::string> TextClassifier::serialise() const {
  GgufWriter writer;
  const auto n = static_cast<int64_t>(parts_.vocabulary.size());
  const auto e = static_cast<int64_t>(embedding_size());
  const auto h = static_cast<int64_t>(hidden_size());
  const auto c = static_cast<int64_t>(parts_.labels.size());
  writer.set_string("general.architecture", kArchitecture);
  writer.set_u32("ganglion-classifier.version", kFormatVersion);
  writer.set_strings("ganglion-classifier.labels", parts_.labels);
  writer.set_string("ganglion-classifier.encoder", parts_.encoder_id);
  if (parts_.abstain_label) {
    writer.set_u32("ganglion-classifier.abstain.label", *parts_.abstain_label);
  }
  write_calibration(parts_.calibration, writer);
  const auto hashes = parts_.vocabulary.hashes();
  writer.add_tensor("ngram.hash", {DType::kI64, Shape{n}, std::as_bytes(hashes)});
  writer.add_f32("ngram.idf", Shape{n}, parts_.vocabulary.idf());
  writer.add_f32("embedding.mean", Shape{e}, parts_.embedding_input.mean);
  writer.add_f32("embedding.class_mean", Shape{c, e}, parts_.class_means);
  write_rows("wide.ngram", parts_.wide.ngrams, writer);
  writer.add_f32("wide.embedding", Shape{e, c}, parts_.wide.embedding);
  writer.add_f32("wide.bias", Shape{c}, parts_.wide.bias);
  write_rows("deep.ngram", parts_.deep.ngrams, writer);
  writer.add_f32("deep.embedding", Shape{e, h}, parts_.deep.embedding);
  writer.add_f32("deep.hidden_bias", Shape{h}, parts_.deep.hidden_bias);
  writer.add_f32("deep.output", Shape{h, c}, parts_.deep.output);
  writer.add_f32("deep.output_bias", Shape{c}, parts_.deep.output_bias);
  return writer.serialise();
}

}  // namespace ganglion
