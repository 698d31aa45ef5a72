#include "models/decoder_file.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "kernels/expand.h"
#include "kernels/to_float.h"

namespace ganglion {
namespace {

constexpr size_t kMaxSize = size_t{1} << 24;
constexpr size_t kMaxLayers = 1024;
constexpr size_t kMaxHeadDim = size_t{1} << 16;
constexpr size_t kMaxContext = size_t{1} << 32;

// Settings that change nothing in what we compute, whatever their value.
constexpr std::array<std::string_view, 6> kWithoutEffect = {
    "vocab_size",
    "rope.scaling.finetuned",
    "pooling_type",
    "tensor_data_layout",
    "attention.layer_norm_epsilon",  // of the norm that the architecture does not have
    "attention.layer_norm_rms_epsilon",
};

// Settings that change nothing when they have this value; all others must be 0 or false.
struct NeutralValue {
  std::string_view key;
  double value;
};
constexpr std::array<NeutralValue, 8> kNeutralValues = {{
    {"attention.causal", 1},
    {"expert_gating_func", 1},  // softmax
    {"expert_weights_scale", 1},
    {"expert_group_count", 1},
    {"expert_group_used_count", 1},
    {"logit_scale", 1},
    {"residual_scale", 1},
    {"embedding_scale", 1},
}};

bool has_no_effect(std::string_view key, const GgufValue& value) {
  if (std::find(kWithoutEffect.begin(), kWithoutEffect.end(), key) != kWithoutEffect.end()) {
    return true;
  }
  if (value.is_array() || value.type == GgufValueType::kString) return false;
  const double number = gguf_number_at(value, 0);
  if (number == 0) return true;
  return std::any_of(
      kNeutralValues.begin(), kNeutralValues.end(),
      [&](const NeutralValue& neutral) { return neutral.key == key && neutral.value == number; });
}

}  // namespace

Result<DecoderFile> DecoderFile::create(const GgufFile& file) {
  GANGLION_ASSIGN(const std::string_view architecture, file.get_string("general.architecture"));
  DecoderFile decoder(file, std::string(architecture));
  GANGLION_TRY(decoder.read_sizes());
  return decoder;
}

Status DecoderFile::read_sizes() {
  GANGLION_ASSIGN(sizes_.num_layers, get_size("block_count", kMaxLayers));
  GANGLION_ASSIGN(sizes_.context_length, get_size("context_length", kMaxContext));
  GANGLION_ASSIGN(sizes_.hidden_size, get_size("embedding_length", kMaxSize));
  GANGLION_ASSIGN(sizes_.feed_forward_size, get_size("feed_forward_length", kMaxSize));
  GANGLION_ASSIGN(sizes_.num_heads, get_size("attention.head_count", kMaxSize));
  GANGLION_ASSIGN(sizes_.num_kv_heads,
                  get_size_or("attention.head_count_kv", kMaxSize, sizes_.num_heads));
  if (sizes_.num_kv_heads == 0 || sizes_.num_heads % sizes_.num_kv_heads != 0) {
    return refuse("attention.head_count_kv", fmt::format("a divisor of {}", sizes_.num_heads),
                  std::to_string(sizes_.num_kv_heads));
  }
  const size_t even_share = sizes_.hidden_size / sizes_.num_heads;
  GANGLION_ASSIGN(sizes_.head_dim, get_size_or("attention.key_length", kMaxHeadDim, even_share));
  if (sizes_.head_dim == 0) return refuse("attention.key_length", "at least 1", "0");
  GANGLION_ASSIGN(const size_t value_size,
                  get_size_or("attention.value_length", kMaxHeadDim, sizes_.head_dim));
  if (value_size != sizes_.head_dim) {
    return refuse("attention.value_length", fmt::format("key_length, {}", sizes_.head_dim),
                  std::to_string(value_size));
  }
  const GgufTensor* embedding = file_.find_tensor("token_embd.weight");
  if (embedding == nullptr || embedding->view.shape.num_dimensions() != 2) {
    return fail(ErrorCode::kNotFound,
                "{}: tensor \"token_embd.weight\": expected a row for every token, found {}",
                file_.source_name(), embedding == nullptr ? "none" : "another shape");
  }
  sizes_.vocabulary_size = static_cast<size_t>(embedding->view.shape[0]);
  return {};
}

std::string DecoderFile::full_key(std::string_view key) const {
  return fmt::format("{}.{}", architecture_, key);
}

Error DecoderFile::refuse(std::string_view key, std::string_view expected,
                          std::string_view found) const {
  return fail(ErrorCode::kUnsupported, "{}: metadata \"{}\": expected {}, found {}",
              file_.source_name(), full_key(key), expected, found);
}

Result<size_t> DecoderFile::get_size(std::string_view key, size_t max) {
  if (file_.find(full_key(key)) == nullptr) return file_.get_unsigned(full_key(key)).error();
  GANGLION_ASSIGN(const size_t size, get_size_or(key, max, 0));
  if (size == 0) return refuse(key, fmt::format("1 to {}", max), "0");
  return size;
}

Result<size_t> DecoderFile::get_size_or(std::string_view key, size_t max, size_t fallback) {
  const std::string full = full_key(key);
  const GgufValue* value = file_.find(full);
  if (value == nullptr) return fallback;
  read_keys_.insert(full);
  uint64_t size = 0;
  if (value->is_array()) {
    GANGLION_ASSIGN(const std::vector<int64_t> sizes, file_.get_integers(full));
    const bool all_equal =
        std::adjacent_find(sizes.begin(), sizes.end(), std::not_equal_to<>()) == sizes.end();
    if (sizes.empty() || !all_equal || sizes.front() < 0) {
      return refuse(key, "one size for all layers", "a list of different ones");
    }
    size = static_cast<uint64_t>(sizes.front());
  } else {
    GANGLION_ASSIGN(size, file_.get_unsigned(full));
  }
  if (size > max) return refuse(key, fmt::format("at most {}", max), std::to_string(size));
  return static_cast<size_t>(size);
}

Result<double> DecoderFile::get_number_or(std::string_view key, double fallback) {
  const std::string full = full_key(key);
  read_keys_.insert(full);
  GANGLION_ASSIGN(const double number, file_.get_number_or(full, fallback));
  if (!std::isfinite(number)) return refuse(key, "a finite number", std::to_string(number));
  return number;
}

Result<bool> DecoderFile::get_bool_or(std::string_view key, bool fallback) {
  const std::string full = full_key(key);
  read_keys_.insert(full);
  return file_.get_bool_or(full, fallback);
}

Result<std::string> DecoderFile::get_string_or(std::string_view key, std::string_view fallback) {
  const std::string full = full_key(key);
  if (file_.find(full) == nullptr) return std::string(fallback);
  read_keys_.insert(full);
  GANGLION_ASSIGN(const std::string_view text, file_.get_string(full));
  return std::string(text);
}

Result<TensorView> DecoderFile::tensor(const std::string& name, const Shape& shape) {
  GANGLION_ASSIGN(const TensorView view, file_.get_tensor(name, shape));
  if (!is_expandable(view.dtype)) {
    return fail(
        ErrorCode::kUnsupported,
        "{}: tensor \"{}\": weights of type {} are not read; convert the model to F16, Q8_0 "
        "or Q4_K",
        file_.source_name(), name, dtype_traits(view.dtype).name);
  }
  read_tensors_.insert(name);
  return view;
}

Result<AlignedVector<float>> DecoderFile::vector(const std::string& name, size_t size) {
  GANGLION_ASSIGN(const TensorView view, tensor(name, {static_cast<int64_t>(size)}));
  return copy_as_f32(view);
}

Result<StoredMatrix> DecoderFile::matrix(const std::string& name, size_t num_rows,
                                         size_t num_columns) {
  const Shape shape = {static_cast<int64_t>(num_rows), static_cast<int64_t>(num_columns)};
  GANGLION_ASSIGN(const TensorView view, tensor(name, shape));
  return StoredMatrix(view);
}

Result<std::vector<StoredMatrix>> DecoderFile::stacked_matrices(const std::string& name,
                                                                size_t count, size_t num_rows,
                                                                size_t num_columns) {
  const auto rows = static_cast<int64_t>(num_rows);
  const auto columns = static_cast<int64_t>(num_columns);
  GANGLION_ASSIGN(TensorView view, tensor(name, {static_cast<int64_t>(count), rows, columns}));
  view.shape = {static_cast<int64_t>(count) * rows, columns};
  const StoredMatrix all(view);
  std::vector<StoredMatrix> matrices;
  matrices.reserve(count);
  for (size_t i = 0; i < count; ++i) matrices.push_back(all.slice(i * num_rows, num_rows));
  return matrices;
}

Result<StoredLinear> DecoderFile::linear(
    std::span<const std::pair<std::string, size_t>> names_and_outputs, size_t num_inputs) {
  StoredLinear linear;
  for (const auto& [name, num_outputs] : names_and_outputs) {
    GANGLION_ASSIGN(const StoredMatrix weights, matrix(name + ".weight", num_outputs, num_inputs));
    AlignedVector<float> bias;
    if (has_tensor(name + ".bias")) {
      GANGLION_ASSIGN(bias, vector(name + ".bias", num_outputs));
    }
    linear.append(weights, std::move(bias));
  }
  return linear;
}

Result<StoredLinear> DecoderFile::linear(const std::string& name, size_t num_outputs,
                                         size_t num_inputs) {
  const std::pair<std::string, size_t> one = {name, num_outputs};
  return linear({&one, 1}, num_inputs);
}

Result<float> DecoderFile::epsilon(std::string_view key) {
  if (file_.find(full_key(key)) == nullptr) return file_.get_number(full_key(key)).error();
  GANGLION_ASSIGN(const double epsilon, get_number_or(key, 0));
  if (epsilon < 0) return refuse(key, "at least 0", std::to_string(epsilon));
  return static_cast<float>(epsilon);
}

Result<Norm> DecoderFile::rms_norm(const std::string& name, size_t size) {
  GANGLION_ASSIGN(const float epsilon_value, epsilon("attention.layer_norm_rms_epsilon"));
  GANGLION_ASSIGN(AlignedVector<float> weight, vector(name + ".weight", size));
  return Norm::rms(std::move(weight), epsilon_value);
}

Result<Norm> DecoderFile::layer_norm(const std::string& name, size_t size) {
  GANGLION_ASSIGN(const float epsilon_value, epsilon("attention.layer_norm_epsilon"));
  GANGLION_ASSIGN(AlignedVector<float> weight, vector(name + ".weight", size));
  GANGLION_ASSIGN(AlignedVector<float> bias, vector(name + ".bias", size));
  return Norm::layer(std::move(weight), std::move(bias), epsilon_value);
}

Status DecoderFile::check_everything_read() const {
  const std::string prefix = architecture_ + ".";
  for (const GgufEntry& entry : file_.entries()) {
    if (!entry.key.starts_with(prefix) || read_keys_.contains(entry.key)) continue;
    if (has_no_effect(entry.key.substr(prefix.size()), entry.value)) continue;
    return fail(ErrorCode::kUnsupported,
                "{}: metadata \"{}\": expected only settings that the architecture {} is known to "
                "have, found one that is not implemented",
                file_.source_name(), entry.key, architecture_);
  }
  for (const GgufTensor& tensor : file_.tensors()) {
    if (read_tensors_.contains(tensor.name)) continue;
    return fail(ErrorCode::kUnsupported,
                "{}: tensor \"{}\": expected only tensors that the architecture {} is known to "
                "have, found one that is not implemented",
                file_.source_name(), tensor.name, architecture_);
  }
  return {};
}

}  // namespace ganglion
