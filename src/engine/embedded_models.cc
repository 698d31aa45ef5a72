#include "engine/embedded_models.h"

// The table is written by cmake/embed.cmake: GANGLION_EMBEDDED(name, symbol) a model.
#define GANGLION_EMBEDDED(name, symbol)        \
  extern "C" const std::byte symbol##_begin[]; \
  extern "C" const std::byte symbol##_end[];
#include "embedded_models_table.inc"
#undef GANGLION_EMBEDDED

namespace ganglion {

std::vector<EmbeddedModel> embedded_models() {
  return {
#define GANGLION_EMBEDDED(name, symbol) {name, {symbol##_begin, symbol##_end}},
#include "embedded_models_table.inc"
#undef GANGLION_EMBEDDED
  };
}

std::optional<EmbeddedModel> find_embedded_model(std::string_view name) {
  for (const EmbeddedModel& model : embedded_models()) {
    if (model.name == name) return model;
  }
  return std::nullopt;
}

}  // namespace ganglion
