#include "hub/registry_manifest.h"

#include <algorithm>
#include <array>
#include <set>
#include <utility>

#include "hub/model_source.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr size_t kMaxLayers = 64;
constexpr int64_t kMaxLayerBytes = int64_t{1} << 50;
constexpr std::string_view kMediaPrefix = "application/vnd.ollama.image.";

struct LayerName {
  std::string_view kind;
  std::string_view stem;
  std::string_view ending;
};
constexpr std::array<LayerName, 8> kLayerNames = {{{"model", "model", ".gguf"},
                                                   {"adapter", "adapter", ".gguf"},
                                                   {"projector", "projector", ".gguf"},
                                                   {"template", "template", ".txt"},
                                                   {"system", "system", ".txt"},
                                                   {"params", "params", ".json"},
                                                   {"messages", "messages", ".json"},
                                                   {"license", "license", ".txt"}}};

Result<RegistryLayer> parse_layer(const json::object& object) {
  RegistryLayer layer;
  GANGLION_ASSIGN(const std::string_view digest, json_string(object, "digest"));
  GANGLION_ASSIGN(const int64_t size, json_integer(object, "size"));
  constexpr std::string_view kAlgorithm = "sha256:";
  layer.sha256 = digest.substr(std::min(kAlgorithm.size(), digest.size()));
  if (!digest.starts_with(kAlgorithm) || !is_sha256_hex(layer.sha256)) {
    return fail(ErrorCode::kMalformed,
                "\"digest\": expected \"sha256:\" and 64 hexadecimal digits");
  }
  if (size < 0 || size > kMaxLayerBytes) {
    return fail(ErrorCode::kMalformed, "\"size\": {} bytes cannot be", size);
  }
  layer.size = static_cast<uint64_t>(size);
  return layer;
}

// "license.txt", and "license-2.txt" where that is taken.
std::string free_path(const LayerName& name, std::set<std::string>& taken) {
  for (int number = 1;; ++number) {
    std::string path = number == 1 ? fmt::format("{}{}", name.stem, name.ending)
                                   : fmt::format("{}-{}{}", name.stem, number, name.ending);
    if (taken.insert(path).second) return path;
  }
}

Result<std::vector<RegistryLayer>> parse_layers(const json::object& manifest) {
  GANGLION_ASSIGN(const json::array* array, json_array(manifest, "layers"));
  if (array->size() > kMaxLayers) {
    return fail(ErrorCode::kLimit, "\"layers\": {} of them, at most {} are read", array->size(),
                kMaxLayers);
  }
  std::vector<RegistryLayer> layers;
  std::set<std::string> taken;
  for (const json::value& value : *array) {
    if (!value.is_object()) return fail(ErrorCode::kMalformed, "\"layers\": expected objects");
    GANGLION_ASSIGN(std::string_view kind, json_string(value.get_object(), "mediaType"));
    kind = kind.starts_with(kMediaPrefix) ? kind.substr(kMediaPrefix.size()) : "";
    const auto* name = std::find_if(kLayerNames.begin(), kLayerNames.end(),
                                    [&](const LayerName& known) { return known.kind == kind; });
    if (name == kLayerNames.end()) continue;
    GANGLION_ASSIGN(RegistryLayer layer, parse_layer(value.get_object()));
    layer.path = free_path(*name, taken);
    layers.push_back(std::move(layer));
  }
  if (!taken.contains("model.gguf") || taken.contains("model-2.gguf")) {
    return fail(ErrorCode::kUnsupported,
                "the model is not one GGUF file; pull it from Hugging Face instead");
  }
  return layers;
}

}  // namespace

Result<std::vector<RegistryLayer>> parse_registry_manifest(std::string_view text,
                                                           std::string_view source_name) {
  GANGLION_ASSIGN(const json::value answer, parse_json(text, source_name));
  if (!answer.is_object()) {
    return fail(ErrorCode::kMalformed, "{}: expected an object, found {}", source_name,
                json_kind_name(answer.kind()));
  }
  Result<std::vector<RegistryLayer>> layers = parse_layers(answer.get_object());
  if (!layers.ok()) return at_place(source_name, layers.error());
  return layers;
}

}  // namespace ganglion
