#include "models/classification_head.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"
#include "kernels/to_float.h"

namespace ganglion {
namespace {

constexpr std::string_view kOutput = "cls.output.weight";
constexpr uint64_t kMaxLabels = 1 << 20;

Result<AlignedVector<float>> floats(const GgufFile& file, std::string_view name,
                                    const Shape& shape) {
  GANGLION_ASSIGN(const TensorView view, file.get_tensor(name, shape));
  auto values = copy_as_f32(view);
  if (!values.ok()) {
    return at_place(fmt::format("{}: tensor \"{}\"", file.source_name(), name), values.error());
  }
  return values;
}

Result<Linear> linear(const GgufFile& file, const std::string& name, size_t num_outputs,
                      size_t num_inputs) {
  const auto rows = static_cast<int64_t>(num_outputs);
  const auto columns = static_cast<int64_t>(num_inputs);
  // Tools that drop dimensions of 1 store the matrix of a single output as a vector.
  const std::string weight_name = name + ".weight";
  const GgufTensor* tensor = file.find_tensor(weight_name);
  const bool is_flat =
      num_outputs == 1 && tensor != nullptr && tensor->view.shape.num_dimensions() == 1;
  const Shape shape = is_flat ? Shape{columns} : Shape{rows, columns};
  GANGLION_ASSIGN(const auto weight, floats(file, weight_name, shape));
  if (file.find_tensor(name + ".bias") == nullptr) {
    return Linear(weight, {}, num_outputs, num_inputs);
  }
  GANGLION_ASSIGN(const auto bias, floats(file, name + ".bias", {rows}));
  return Linear(weight, bias, num_outputs, num_inputs);
}

// By the file's names, or numbered by the rows of the output matrix.
Result<std::vector<std::string>> read_labels(const GgufFile& file, const BertConfig& config) {
  const std::string key = fmt::format("{}.classifier.output_labels", config.architecture);
  std::vector<std::string> labels;
  if (file.find(key) != nullptr) {
    GANGLION_ASSIGN(const std::vector<std::string_view> names, file.get_strings(key));
    labels.assign(names.begin(), names.end());
  } else if (const GgufTensor* output = file.find_tensor(kOutput)) {
    const Shape& shape = output->view.shape;
    const int64_t count = shape.num_dimensions() == 2 ? shape[0] : 1;
    for (int64_t i = 0; i < std::min<int64_t>(count, kMaxLabels); ++i) {
      labels.push_back(fmt::format("LABEL_{}", i));
    }
  }
  if (!labels.empty()) return labels;
  return fail(ErrorCode::kMalformed, "{}: metadata \"{}\": expected at least one label, found none",
              file.source_name(), key);
}

// Metadata of ours, "<architecture>.classifier.<name>"; the first word where the file does not say.
Result<std::string_view> read_word(const GgufFile& file, const std::string& key,
                                   std::initializer_list<std::string_view> words) {
  if (file.find(key) == nullptr) return *words.begin();
  GANGLION_ASSIGN(const std::string_view found, file.get_string(key));
  for (const std::string_view word : words) {
    if (word == found) return word;
  }
  return fail(ErrorCode::kUnsupported, "{}: metadata \"{}\": expected one of {}, found \"{}\"",
              file.source_name(), key, fmt::join(words, ", "), found);
}

}  // namespace

Result<std::optional<ClassificationHead>> ClassificationHead::load(const GgufFile& file,
                                                                   const BertConfig& config) {
  const bool has_output = file.find_tensor(kOutput) != nullptr;
  const bool is_of_texts = config.pooling == Pooling::kRank;
  if (!is_of_texts && (config.pooling != Pooling::kNone || !has_output)) {
    return std::optional<ClassificationHead>();
  }
  if (!has_output) {
    return fail(ErrorCode::kNotFound,
                "{}: tensor \"{}\": expected (pooling is \"rank\"), but it is absent; convert the "
                "model again from a checkpoint that has its classifier",
                file.source_name(), kOutput);
  }
  GANGLION_ASSIGN(std::vector<std::string> labels, read_labels(file, config));
  GANGLION_ASSIGN(Linear output, linear(file, "cls.output", labels.size(), config.hidden_size));
  ClassificationHead head(std::move(output), std::move(labels));
  head.labels_tokens_ = !is_of_texts;
  if (is_of_texts && file.find_tensor("cls.weight") != nullptr) {
    GANGLION_ASSIGN(head.dense_, linear(file, "cls", config.hidden_size, config.hidden_size));
  }
  const std::string prefix = fmt::format("{}.classifier.", config.architecture);
  GANGLION_ASSIGN(const std::string_view activation,
                  read_word(file, prefix + "activation", {"tanh", "relu"}));
  if (activation == "relu") head.activation_ = Activation::kRelu;
  GANGLION_ASSIGN(const std::string_view problem,
                  read_word(file, prefix + "problem", {"single_label", "multi_label"}));
  head.is_multi_label_ = problem == "multi_label";
  return std::optional<ClassificationHead>(std::move(head));
}

void ClassificationHead::forward(const KernelTable& kernels, std::span<const float> vectors,
                                 std::span<float> logits) const {
  const size_t num_rows = vectors.size() / output_.num_inputs();
  GANGLION_ASSERT(logits.size() == num_rows * labels_.size());
  LinearScratch scratch;
  if (!dense_) {
    output_.forward(kernels, vectors.data(), num_rows, logits.data(), scratch);
    return;
  }
  std::vector<float> inner(vectors.size());
  dense_->forward(kernels, vectors.data(), num_rows, inner.data(), scratch);
  for (float& value : inner) {
    value = activation_ == Activation::kTanh ? std::tanh(value) : std::max(value, 0.0F);
  }
  output_.forward(kernels, inner.data(), num_rows, logits.data(), scratch);
}

}  // namespace ganglion
