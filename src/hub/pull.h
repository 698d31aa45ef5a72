// A model from somewhere into the store: `ganglion pull`.
#pragma once

#include <cstdint>
#include <string>

#include "base/result.h"
#include "hub/download.h"
#include "hub/manifest.h"
#include "hub/model_listing.h"
#include "hub/model_source.h"

namespace ganglion {

struct Pulled {
  Manifest manifest;
  uint64_t fetched_bytes = 0;  // over the network, by this call
};

// Finds out which files make the model, downloads (or imports) those that are not in the store,
// opens each GGUF and safetensors file with its reader, and then gives the model its name: `name`,
// or default_model_name(). A model that is there already is not fetched again. Programs that pull
// the same source wait for each other; the work is done once.
//
// kConflict when the name belongs to a model from another source, or several files fit; otherwise
// the errors of the steps.
Result<Pulled> pull_model(const DownloadContext& context, const HubAddresses& addresses,
                          const ModelSource& source, const std::string& name);

}  // namespace ganglion
