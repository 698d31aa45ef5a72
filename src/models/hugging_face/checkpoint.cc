#include "models/hugging_face/checkpoint.h"

#include <set>
#include <utility>

namespace ganglion {
namespace {

constexpr std::string_view kWeights = "model.safetensors";
constexpr std::string_view kIndex = "model.safetensors.index.json";
constexpr size_t kMaxShards = 4096;

bool is_there(const std::filesystem::path& path) {
  std::error_code ignored;
  return std::filesystem::exists(path, ignored);
}

Error missing_weights(const std::filesystem::path& folder) {
  for (const std::string_view name : {"pytorch_model.bin", "pytorch_model.bin.index.json"}) {
    if (!is_there(folder / name)) continue;
    return fail(ErrorCode::kUnsupported,
                "{}: expected {}, found only {}, whose pickle format can run programs; fetch the "
                "safetensors files of the model, or save it again with safe_serialization=True",
                folder.string(), kWeights, name);
  }
  return fail(ErrorCode::kNotFound, "{}: expected {} or {}, found neither", folder.string(),
              kWeights, kIndex);
}

// The distinct files of the index's "weight_map". A name is that of a file in the same folder.
Result<std::set<std::string>> read_shard_names(const std::filesystem::path& path) {
  GANGLION_ASSIGN(const HfConfig index, HfConfig::open(path));
  GANGLION_ASSIGN(const HfConfig weight_map, index.get_object("weight_map"));
  std::set<std::string> names;
  for (const auto& member : weight_map.object()) {
    const json::value& file = member.value();
    const bool is_plain = file.is_string() && !file.get_string().empty() &&
                          file.get_string().find('/') == json::string::npos &&
                          file.get_string() != "..";
    if (!is_plain) {
      return fail(ErrorCode::kMalformed,
                  "{}: \"{}\": expected the name of a file in the same folder, found {}",
                  weight_map.source_name(), std::string_view(member.key()), json::serialize(file));
    }
    names.emplace(file.get_string());
    if (names.size() > kMaxShards) {
      return fail(ErrorCode::kLimit, "{}: expected at most {} shards", weight_map.source_name(),
                  kMaxShards);
    }
  }
  return names;
}

}  // namespace

Result<HfCheckpoint> HfCheckpoint::open(const std::filesystem::path& folder) {
  GANGLION_ASSIGN(HfConfig config, HfConfig::open(folder / "config.json"));
  GANGLION_ASSIGN(HfCheckpoint checkpoint, create(folder, std::move(config)));
  GANGLION_TRY(checkpoint.open_shards());
  return checkpoint;
}

Result<HfCheckpoint> HfCheckpoint::parse(std::string_view config,
                                         std::span<const std::byte> weights,
                                         std::string source_name) {
  GANGLION_ASSIGN(HfConfig parsed, HfConfig::parse(config, source_name));
  GANGLION_ASSIGN(HfCheckpoint checkpoint, create(source_name, std::move(parsed)));
  GANGLION_ASSIGN(SafetensorsFile shard, SafetensorsFile::parse(weights, std::move(source_name)));
  GANGLION_TRY(checkpoint.add_shard(std::move(shard)));
  return checkpoint;
}

Result<HfCheckpoint> HfCheckpoint::create(std::filesystem::path folder, HfConfig config) {
  if (config.has("quantization_config")) {
    return fail(ErrorCode::kUnsupported,
                "{}: \"quantization_config\": expected plain F32, F16 or BF16 weights; fetch the "
                "model from before it was quantised, and use `ganglion quantize`",
                config.source_name());
  }
  GANGLION_ASSIGN(std::string model_type, config.get_string("model_type"));
  if (config.has("text_config")) {
    GANGLION_ASSIGN(config, config.get_object("text_config"));
    GANGLION_ASSIGN(model_type, config.get_string_or("model_type", model_type));
  }
  HfCheckpoint checkpoint(std::move(folder), std::move(config));
  checkpoint.model_type_ = std::move(model_type);
  return checkpoint;
}

Status HfCheckpoint::open_shards() {
  if (is_there(folder_ / kWeights)) {
    GANGLION_ASSIGN(SafetensorsFile weights, SafetensorsFile::open(folder_ / kWeights));
    return add_shard(std::move(weights));
  }
  if (!is_there(folder_ / kIndex)) return missing_weights(folder_);
  GANGLION_ASSIGN(const std::set<std::string> names, read_shard_names(folder_ / kIndex));
  for (const std::string& name : names) {
    GANGLION_ASSIGN(SafetensorsFile shard, SafetensorsFile::open(folder_ / name));
    GANGLION_TRY(add_shard(std::move(shard)));
  }
  GANGLION_ASSIGN(const HfConfig index, HfConfig::open(folder_ / kIndex));
  GANGLION_ASSIGN(const HfConfig weight_map, index.get_object("weight_map"));
  for (const auto& member : weight_map.object()) {
    if (find(member.key()) != nullptr) continue;
    return fail(ErrorCode::kMalformed,
                "{}: \"{}\": expected the tensor in {}, but it is absent; fetch the model again",
                weight_map.source_name(), std::string_view(member.key()),
                json::serialize(member.value()));
  }
  return {};
}

Status HfCheckpoint::add_shard(SafetensorsFile shard) {
  for (const auto& [tensor, view] : shard.tensors()) {
    if (tensors_.emplace(tensor, view).second) continue;
    return fail(ErrorCode::kMalformed,
                "{}: tensor \"{}\": expected in one shard, found in another too",
                shard.source_name(), tensor);
  }
  shards_.push_back(std::move(shard));
  return {};
}

const TensorView* HfCheckpoint::find(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

}  // namespace ganglion
