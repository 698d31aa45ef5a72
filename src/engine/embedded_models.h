// The default models, carried in the binary's read-only memory.
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace ganglion {

struct EmbeddedModel {
  std::string_view name;             // the file's name in models/, "ganglion-static-en.gguf"
  std::span<const std::byte> bytes;  // lives as long as the program; aligned to 64 bytes
};

// All of them, in the order of their names.
std::vector<EmbeddedModel> embedded_models();

std::optional<EmbeddedModel> find_embedded_model(std::string_view name);

}  // namespace ganglion
