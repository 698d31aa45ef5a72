// A model of an Ollama registry: which blobs it is made of.
// Source: the registry's answers to /v2/{name}/manifests/{tag} (Docker manifest version 2 with
// media types application/vnd.ollama.image.*; their shape as of 2025).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

struct RegistryLayer {
  std::string path;  // the name it gets here: "model.gguf", "template.txt", "params.json", …
  uint64_t size = 0;
  std::string sha256;  // 64 digits
};

// The layers that we keep: exactly one "model.gguf", and adapter, projector, template, system,
// parameters, messages and licences where there are any. kMalformed; kUnsupported when the model is
// not one GGUF file; kLimit above 64 layers.
Result<std::vector<RegistryLayer>> parse_registry_manifest(std::string_view text,
                                                           std::string_view source_name);

}  // namespace ganglion
