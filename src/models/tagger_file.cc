// The file of a TaggerModel: GGUF, general.architecture "ganglion-tagger".
// F features, W weights, P phrases, Q types of phrases, K span types, t = 2K+1 tags.
//   tagger.feature_version  uint32      kTaggerFeatureVersion
//   tagger.types            [K] string
//   tagger.weight_scale     float32     a weight is weight.value × this
//   transition.open         F32 [t+1, K+1]   transition.inside  F32 [2, K]
//   feature.hash            I32 [F]          feature.begin      I32 [F+1]
//   weight.tag              I16 [W]          weight.value       I16 [W]
//   phrase.hash             I32 [P]          phrase.begin       I32 [P+1]
//   phrase.type             I16 [Q]          (the phrase tensors are absent when Q = 0)
// Hashes are unsigned 32-bit numbers, stored bit for bit. The phrases themselves are not stored.
#include <algorithm>
#include <cstring>

#include "formats/gguf.h"
#include "formats/gguf_writer.h"
#include "models/tagger.h"

namespace ganglion {
namespace {

constexpr std::string_view kArchitecture = "ganglion-tagger";
constexpr size_t kMaxFeatures = size_t{1} << 28;

template <typename T>
TensorView view_of(DType dtype, const Shape& shape, std::span<const T> values) {
  return {dtype, shape, std::as_bytes(values)};
}

template <typename T>
void add_vector(GgufWriter& writer, std::string_view name, DType dtype, std::span<const T> values) {
  writer.add_tensor(name, view_of(dtype, {static_cast<int64_t>(values.size())}, values));
}

// A copy of a one-dimensional tensor of `dtype`, whose elements are as large as T.
template <typename T>
Result<std::vector<T>> read_vector(const GgufFile& file, std::string_view name, DType dtype) {
  const GgufTensor* tensor = file.find_tensor(name);
  if (tensor == nullptr) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected, but it is absent",
                file.source_name(), name);
  }
  if (tensor->view.dtype != dtype || tensor->view.shape.num_dimensions() != 1) {
    return fail(ErrorCode::kMalformed,
                "{}: tensor \"{}\": expected {} in one dimension, found {} {}", file.source_name(),
                name, dtype_traits(dtype).name, dtype_traits(tensor->view.dtype).name,
                tensor->view.shape.to_string());
  }
  std::vector<T> values(tensor->view.bytes.size() / sizeof(T));
  std::memcpy(values.data(), tensor->view.bytes.data(), values.size() * sizeof(T));
  return values;
}

Result<std::vector<float>> read_floats(const GgufFile& file, std::string_view name,
                                       const Shape& shape) {
  GANGLION_ASSIGN(const TensorView view, file.get_tensor(name, shape));
  if (view.dtype != DType::kF32) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected F32, found {}",
                file.source_name(), name, dtype_traits(view.dtype).name);
  }
  std::vector<float> values(view.bytes.size() / sizeof(float));
  std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

Status check_header(const GgufFile& file) {
  GANGLION_ASSIGN(const std::string_view architecture, file.get_string("general.architecture"));
  if (architecture != kArchitecture) {
    return fail(ErrorCode::kUnsupported,
                "{}: general.architecture: expected \"{}\", found \"{}\"; a tagger is made by "
                "`ganglion train tagger`",
                file.source_name(), kArchitecture, architecture);
  }
  GANGLION_ASSIGN(const uint64_t version, file.get_unsigned("tagger.feature_version"));
  if (version != kTaggerFeatureVersion) {
    return fail(ErrorCode::kUnsupported,
                "{}: tagger.feature_version: expected {}, found {}; train the model again",
                file.source_name(), kTaggerFeatureVersion, version);
  }
  return {};
}

Status read_transitions(const GgufFile& file, TaggerWeights& weights) {
  GANGLION_ASSIGN(const auto types, file.get_strings("tagger.types"));
  if (types.empty() || types.size() > TaggerModel::kMaxTypes) {
    return fail(ErrorCode::kMalformed, "{}: tagger.types: expected 1 to {} types, found {}",
                file.source_name(), TaggerModel::kMaxTypes, types.size());
  }
  weights.types.assign(types.begin(), types.end());
  const auto k = static_cast<int64_t>(types.size());
  weights.transitions.num_types = types.size();
  GANGLION_ASSIGN(weights.transitions.open,
                  read_floats(file, "transition.open", {2 * k + 2, k + 1}));
  GANGLION_ASSIGN(weights.transitions.inside, read_floats(file, "transition.inside", {2, k}));
  GANGLION_ASSIGN(const double scale, file.get_number("tagger.weight_scale"));
  weights.weight_scale = static_cast<float>(scale);
  return {};
}

Status read_features(const GgufFile& file, TaggerWeights& weights) {
  GANGLION_ASSIGN(weights.features, read_vector<uint32_t>(file, "feature.hash", DType::kI32));
  GANGLION_ASSIGN(weights.begins, read_vector<uint32_t>(file, "feature.begin", DType::kI32));
  GANGLION_ASSIGN(weights.tags, read_vector<uint16_t>(file, "weight.tag", DType::kI16));
  GANGLION_ASSIGN(weights.weights, read_vector<int16_t>(file, "weight.value", DType::kI16));
  if (weights.features.size() > kMaxFeatures) {
    return fail(ErrorCode::kLimit, "{}: feature.hash: expected at most {} features, found {}",
                file.source_name(), kMaxFeatures, weights.features.size());
  }
  return {};
}

Status read_phrases(const GgufFile& file, TaggerWeights& weights) {
  if (file.find_tensor("phrase.hash") == nullptr) return {};
  GANGLION_ASSIGN(auto keys, read_vector<uint32_t>(file, "phrase.hash", DType::kI32));
  GANGLION_ASSIGN(auto begins, read_vector<uint32_t>(file, "phrase.begin", DType::kI32));
  GANGLION_ASSIGN(const auto types, read_vector<uint16_t>(file, "phrase.type", DType::kI16));
  if (keys.size() > kMaxFeatures || begins.size() != keys.size() + 1 || begins.front() != 0 ||
      begins.back() != types.size() || !std::is_sorted(begins.begin(), begins.end())) {
    return fail(ErrorCode::kMalformed,
                "{}: phrase.begin: expected ascending offsets that cover every phrase.type",
                file.source_name());
  }
  std::vector<PhraseType> seen;
  seen.reserve(types.size());
  for (const uint16_t type : types) seen.push_back({type, 1});
  if (!weights.phrases.build(std::move(keys), std::move(begins), std::move(seen))) {
    return fail(ErrorCode::kMalformed, "{}: phrase.hash: expected unique hashes",
                file.source_name());
  }
  return {};
}

Result<TaggerModel> read_tagger(const GgufFile& file) {
  GANGLION_TRY(check_header(file));
  TaggerWeights weights;
  GANGLION_TRY(read_transitions(file, weights));
  GANGLION_TRY(read_features(file, weights));
  GANGLION_TRY(read_phrases(file, weights));
  auto model = TaggerModel::create(std::move(weights));
  if (!model.ok()) return at_place(file.source_name(), model.error());
  return model;
}

}  // namespace

Result<TaggerModel> TaggerModel::load(const std::filesystem::path& path) {
  GANGLION_ASSIGN(const GgufFile file, GgufFile::open(path));
  return read_tagger(file);
}

Result<TaggerModel> TaggerModel::parse(std::span<const std::byte> bytes, std::string source_name) {
  GANGLION_ASSIGN(const GgufFile file, GgufFile::parse(bytes, std::move(source_name)));
  return read_tagger(file);
}

Status TaggerModel::save(const std::filesystem::path& path) const {
  GgufWriter writer;
  writer.set_string("general.architecture", kArchitecture);
  writer.set_u32("tagger.feature_version", kTaggerFeatureVersion);
  writer.set_strings("tagger.types", std::span<const std::string>(weights_.types));
  writer.set_f32("tagger.weight_scale", weights_.weight_scale);
  const auto k = static_cast<int64_t>(weights_.types.size());
  writer.add_f32("transition.open", {2 * k + 2, k + 1}, weights_.transitions.open);
  writer.add_f32("transition.inside", {2, k}, weights_.transitions.inside);
  add_vector<uint32_t>(writer, "feature.hash", DType::kI32, weights_.features);
  add_vector<uint32_t>(writer, "feature.begin", DType::kI32, weights_.begins);
  add_vector<uint16_t>(writer, "weight.tag", DType::kI16, weights_.tags);
  add_vector<int16_t>(writer, "weight.value", DType::kI16, weights_.weights);
  if (!weights_.phrases.types().empty()) {
    std::vector<uint16_t> types;
    for (const PhraseType& seen : weights_.phrases.types()) types.push_back(seen.type);
    add_vector<uint32_t>(writer, "phrase.hash", DType::kI32, weights_.phrases.keys());
    add_vector<uint32_t>(writer, "phrase.begin", DType::kI32, weights_.phrases.begins());
    add_vector<uint16_t>(writer, "phrase.type", DType::kI16, types);
  }
  return writer.write(path);
}

}  // namespace ganglion
