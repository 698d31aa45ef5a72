// A Hugging Face model under the names, shapes and metadata of GGUF.
// Source of names and conventions: llama.cpp's convert_hf_to_gguf.py and gguf-py (2025).
#pragma once

#include <memory>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "formats/gguf_writer.h"
#include "models/hugging_face/checkpoint.h"
#include "models/hugging_face/tensor_recipe.h"

namespace ganglion {

struct ModelRecipe {
  std::shared_ptr<const HfCheckpoint> checkpoint;  // the tensors borrow from it
  GgufWriter metadata;                             // all entries but general.file_type
  std::vector<TensorRecipe> tensors;
};

enum class Treatment : uint8_t {
  kPlain,
  kQueryRows,   // reordered for rotation by neighbouring pairs
  kKeyRows,     // likewise
  kPlusOne,     // the norms of Gemma, which multiply by 1 + weight
  kTransposed,  // weights of GPT-2's Conv1D; biases as they are
  kFlat,        // [1, n] becomes [n]
  kExperts,     // the source has "{1}" for the expert; all are stacked
};

// One weight (".weight") and, where the checkpoint has one, its bias (".bias").
struct TensorRule {
  std::string_view source;  // in the checkpoint; "{0}" stands for the layer
  std::string_view target;  // in GGUF; "{0}" likewise
  Treatment treatment = Treatment::kPlain;
  bool is_optional = false;
};

// Collects a recipe. Used by the mapping of one architecture, then dropped. Not thread-safe.
class RecipeBuilder {
 public:
  // `architecture` is GGUF's name. `prefixes` are those a checkpoint may put in front of names.
  RecipeBuilder(std::shared_ptr<const HfCheckpoint> checkpoint, std::string_view architecture,
                std::vector<std::string> prefixes);

  const HfCheckpoint& checkpoint() const { return *recipe_.checkpoint; }
  const HfConfig& config() const { return checkpoint().config(); }
  const std::string& architecture() const { return architecture_; }
  GgufWriter& metadata() { return recipe_.metadata; }

  // Entries "<architecture>.<key>".
  void set_size(std::string_view key, uint64_t value);
  void set_number(std::string_view key, double value);
  void set_flag(std::string_view key, bool value);
  void set_text(std::string_view key, std::string_view value);

  struct Counts {
    uint64_t num_layers = 0;
    uint64_t num_heads = 0;
    uint64_t num_kv_heads = 0;
    uint64_t num_experts = 0;
  };
  // kNotFound names a weight that is missing, kMalformed one whose shape does not fit.
  Status add_tensors(std::span<const TensorRule> rules, const Counts& counts);
  // A tensor that is computed, not stored.
  void add_values(std::string_view name, std::vector<float> values);
  // Drops the first `count` rows of a tensor that was added.
  Status drop_rows(std::string_view name, uint64_t count);

  bool has(std::string_view source) const { return find(source) != nullptr; }
  // Rows of the matrix "<source>.weight"; 0 where there is none.
  uint64_t num_rows(std::string_view source) const;
  // Tensors of the checkpoint that the model does not need: those whose name, without prefix,
  // begins or ends with `part`.
  void ignore(std::string_view part);

  // With the tensors in the order of the layers. kUnsupported when a tensor of the checkpoint was
  // neither used nor ignored: the architecture is not what it seems.
  Result<ModelRecipe> finish();

 private:
  const std::pair<const std::string, TensorView>* find(std::string_view source) const;
  Status add_tensor(const TensorRule& rule, std::string_view suffix, uint64_t layer,
                    const Counts& counts);

  ModelRecipe recipe_;
  std::string architecture_;
  std::vector<std::string> prefixes_;
  std::set<std::string, std::less<>> used_;
  std::vector<std::string> ignored_;
};

}  // namespace ganglion
