// Which files a source has for us, and where each comes from.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "hub/download.h"
#include "hub/model_source.h"

namespace ganglion {

struct HubAddresses {
  std::string hugging_face = "https://huggingface.co";
  std::string ollama = "https://registry.ollama.ai";
  std::string hugging_face_token;  // may be empty
};

struct ListedFile {
  RemoteFile remote;            // `remote.path` is the name inside the model in any case
  std::filesystem::path local;  // not empty: imported from here instead
};

struct ModelListing {
  std::string revision;
  std::string type;
  std::string main;  // empty: the model is a folder
  std::vector<ListedFile> files;
};

// Asks the hub, the registry or the file system. Requests are repeated like downloads. Errors: of
// the source's server (status_error), of its answers (kMalformed), of the choice among its files
// (choose_model_files), of the path (kNotFound, kUnsupported).
Result<ModelListing> list_model(const DownloadContext& context, const HubAddresses& addresses,
                                const ModelSource& source);

}  // namespace ganglion
