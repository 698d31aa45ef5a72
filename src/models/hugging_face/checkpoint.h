// A Hugging Face model folder: config.json and the weights beside it.
// Source: huggingface_hub's layout of sharded checkpoints (model.safetensors.index.json).
#pragma once

#include <filesystem>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/hf_config.h"
#include "formats/safetensors.h"
#include "tensor/tensor_view.h"

namespace ganglion {

// Immutable and thread-safe. Views live as long as the HfCheckpoint.
class HfCheckpoint {
 public:
  // Maps model.safetensors, or the shards that the index names. The files are untrusted. kNotFound
  // names what is missing; kUnsupported for folders with pickled weights only; kMalformed when
  // index and shards disagree.
  static Result<HfCheckpoint> open(const std::filesystem::path& folder);

  // The same of one config.json and one safetensors file in memory. Borrows `weights`, which must
  // outlive the result.
  static Result<HfCheckpoint> parse(std::string_view config, std::span<const std::byte> weights,
                                    std::string source_name);

  const std::filesystem::path& folder() const { return folder_; }
  // config.json; of a model that also sees, the part that describes its language model.
  const HfConfig& config() const { return config_; }
  // "llama", "qwen2_moe", …: config.json's "model_type".
  const std::string& model_type() const { return model_type_; }

  // Of all shards, by name.
  const std::map<std::string, TensorView, std::less<>>& tensors() const { return tensors_; }
  // Null when absent.
  const TensorView* find(std::string_view name) const;

 private:
  HfCheckpoint(std::filesystem::path folder, HfConfig config)
      : folder_(std::move(folder)), config_(std::move(config)) {}

  static Result<HfCheckpoint> create(std::filesystem::path folder, HfConfig config);
  Status open_shards();
  Status add_shard(SafetensorsFile shard);

  std::filesystem::path folder_;
  HfConfig config_;
  std::string model_type_;
  std::vector<SafetensorsFile> shards_;
  std::map<std::string, TensorView, std::less<>> tensors_;
};

}  // namespace ganglion
