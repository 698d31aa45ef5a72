#include "models/hugging_face/model_recipe.h"

#include <algorithm>
#include <utility>

namespace ganglion {
namespace {

bool is_plain_float(DType dtype) {
  return dtype == DType::kF32 || dtype == DType::kF16 || dtype == DType::kBF16;
}

Status check_part(const HfCheckpoint& checkpoint, std::string_view name, const TensorView& view) {
  if (!is_plain_float(view.dtype)) {
    return fail(ErrorCode::kUnsupported,
                "{}: tensor \"{}\": expected F32, F16 or BF16 weights, found {}",
                checkpoint.folder().string(), name, dtype_traits(view.dtype).name);
  }
  if (view.shape.num_dimensions() == 0 || view.shape.num_elements() == 0) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected weights, found shape {}",
                checkpoint.folder().string(), name, view.shape.to_string());
  }
  return {};
}

// Sets what the treatment says; `part` is the first (and, but for experts, only) part.
Status apply(const HfCheckpoint& checkpoint, Treatment treatment,
             const RecipeBuilder::Counts& counts, std::string_view name, TensorRecipe& recipe) {
  const TensorView& part = recipe.parts.front();
  recipe.shape = part.shape;
  if (treatment == Treatment::kPlusOne) recipe.addend = 1.0F;
  if (treatment == Treatment::kTransposed && part.shape.num_dimensions() == 2) {
    recipe.order = RowOrder::kTransposed;
    recipe.shape = {part.shape[1], part.shape[0]};
  }
  if (treatment == Treatment::kFlat) recipe.shape = {part.shape.num_elements()};
  if (treatment == Treatment::kExperts) {
    if (part.shape.num_dimensions() != 2) {
      return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected two dimensions, found {}",
                  checkpoint.folder().string(), name, part.shape.to_string());
    }
    recipe.shape = {static_cast<int64_t>(recipe.parts.size()), part.shape[0], part.shape[1]};
  }
  if (treatment == Treatment::kQueryRows || treatment == Treatment::kKeyRows) {
    const uint64_t num_heads =
        treatment == Treatment::kQueryRows ? counts.num_heads : counts.num_kv_heads;
    const auto num_rows = static_cast<uint64_t>(part.shape[0]);
    if (num_heads == 0 || num_rows % (2 * num_heads) != 0) {
      return fail(ErrorCode::kMalformed,
                  "{}: tensor \"{}\": expected an even number of rows for each of {} heads, found "
                  "shape {}",
                  checkpoint.folder().string(), name, num_heads, part.shape.to_string());
    }
    recipe.order = RowOrder::kRopePairs;
    recipe.head_size = num_rows / num_heads;
  }
  return {};
}

// Of "blk.7.attn_q.weight" 7; of a name without a layer -1.
int layer_of(std::string_view name) {
  if (!name.starts_with("blk.")) return -1;
  int layer = 0;
  for (const char c : name.substr(4)) {
    if (c < '0' || c > '9') break;
    layer = layer * 10 + (c - '0');
  }
  return layer;
}

}  // namespace

RecipeBuilder::RecipeBuilder(std::shared_ptr<const HfCheckpoint> checkpoint,
                             std::string_view architecture, std::vector<std::string> prefixes)
    : architecture_(architecture), prefixes_(std::move(prefixes)) {
  recipe_.checkpoint = std::move(checkpoint);
  recipe_.metadata.set_string("general.architecture", architecture);
  recipe_.metadata.set_string("general.type", "model");
}

void RecipeBuilder::set_size(std::string_view key, uint64_t value) {
  const auto small = static_cast<uint32_t>(std::min<uint64_t>(value, UINT32_MAX));
  metadata().set_u32(fmt::format("{}.{}", architecture_, key), small);
}

void RecipeBuilder::set_number(std::string_view key, double value) {
  metadata().set_f32(fmt::format("{}.{}", architecture_, key), static_cast<float>(value));
}

void RecipeBuilder::set_flag(std::string_view key, bool value) {
  metadata().set_bool(fmt::format("{}.{}", architecture_, key), value);
}

void RecipeBuilder::set_text(std::string_view key, std::string_view value) {
  metadata().set_string(fmt::format("{}.{}", architecture_, key), value);
}

const std::pair<const std::string, TensorView>* RecipeBuilder::find(std::string_view source) const {
  const auto& tensors = checkpoint().tensors();
  // Old checkpoints call the parts of a norm gamma and beta.
  std::string old_name(source);
  for (const auto& [part, old_part] :
       {std::pair{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}}) {
    const std::string_view ending = part;
    if (source.ends_with(ending)) {
      old_name.replace(old_name.size() - ending.size(), ending.size(), old_part);
    }
  }
  for (const std::string& prefix : prefixes_) {
    for (const std::string& name : {prefix + std::string(source), prefix + old_name}) {
      const auto found = tensors.find(name);
      if (found != tensors.end()) return &*found;
    }
  }
  return nullptr;
}

Status RecipeBuilder::add_tensors(std::span<const TensorRule> rules, const Counts& counts) {
  for (const TensorRule& rule : rules) {
    const bool is_per_layer = rule.target.find("{0}") != std::string_view::npos;
    for (uint64_t layer = 0; layer < (is_per_layer ? counts.num_layers : 1); ++layer) {
      GANGLION_TRY(add_tensor(rule, "weight", layer, counts));
      GANGLION_TRY(add_tensor(rule, "bias", layer, counts));
    }
  }
  return {};
}

Status RecipeBuilder::add_tensor(const TensorRule& rule, std::string_view suffix, uint64_t layer,
                                 const Counts& counts) {
  TensorRecipe recipe;
  recipe.name = fmt::format("{}.{}", fmt::format(fmt::runtime(rule.target), layer), suffix);
  const uint64_t num_parts = rule.treatment == Treatment::kExperts ? counts.num_experts : 1;
  std::string name;
  for (uint64_t part = 0; part < num_parts; ++part) {
    name = fmt::format("{}.{}", fmt::format(fmt::runtime(rule.source), layer, part), suffix);
    const auto* found = find(name);
    if (found == nullptr) {
      if (part == 0 && (rule.is_optional || suffix == "bias")) return {};
      return fail(ErrorCode::kNotFound,
                  "{}: tensor \"{}{}\": expected (by config.json), but it is absent",
                  checkpoint().folder().string(), prefixes_.front(), name);
    }
    GANGLION_TRY(check_part(checkpoint(), found->first, found->second));
    if (part > 0 && (found->second.shape != recipe.parts[0].shape ||
                     found->second.dtype != recipe.parts[0].dtype)) {
      return fail(ErrorCode::kMalformed,
                  "{}: tensor \"{}\": expected shape and type of the first expert's, {} {}",
                  checkpoint().folder().string(), found->first, recipe.parts[0].shape.to_string(),
                  dtype_traits(recipe.parts[0].dtype).name);
    }
    used_.insert(found->first);
    recipe.parts.push_back(found->second);
  }
  GANGLION_TRY(apply(checkpoint(), rule.treatment, counts, name, recipe));
  recipe_.tensors.push_back(std::move(recipe));
  return {};
}

void RecipeBuilder::add_values(std::string_view name, std::vector<float> values) {
  TensorRecipe recipe;
  recipe.name = name;
  recipe.shape = {static_cast<int64_t>(values.size())};
  recipe.values = std::move(values);
  recipe_.tensors.push_back(std::move(recipe));
}

Status RecipeBuilder::drop_rows(std::string_view name, uint64_t count) {
  for (TensorRecipe& recipe : recipe_.tensors) {
    if (recipe.name != name) continue;
    TensorView& part = recipe.parts.front();
    const auto num_rows = static_cast<uint64_t>(part.shape[0]);
    if (part.shape.num_dimensions() != 2 || count >= num_rows) break;
    part.bytes = part.bytes.subspan(part.bytes.size() / num_rows * count);
    part.shape = {static_cast<int64_t>(num_rows - count), part.shape[1]};
    recipe.shape = part.shape;
    return {};
  }
  return fail(ErrorCode::kMalformed, "{}: tensor for \"{}\": expected a table of more than {} rows",
              checkpoint().folder().string(), name, count);
}

uint64_t RecipeBuilder::num_rows(std::string_view source) const {
  const auto* found = find(fmt::format("{}.weight", source));
  const bool is_matrix = found != nullptr && found->second.shape.num_dimensions() == 2;
  return is_matrix ? static_cast<uint64_t>(found->second.shape[0]) : 0;
}

void RecipeBuilder::ignore(std::string_view part) { ignored_.emplace_back(part); }

Result<ModelRecipe> RecipeBuilder::finish() {
  for (const auto& [name, view] : checkpoint().tensors()) {
    if (used_.count(name) > 0) continue;
    const bool is_ignored =
        std::any_of(ignored_.begin(), ignored_.end(), [&name = name, this](const auto& part) {
          if (name.ends_with(part)) return true;
          return std::any_of(prefixes_.begin(), prefixes_.end(),
                             [&](const auto& prefix) { return name.starts_with(prefix + part); });
        });
    if (is_ignored) continue;
    return fail(ErrorCode::kUnsupported,
                "{}: tensor \"{}\" of shape {}: a model of type \"{}\" has no such weights, so "
                "leaving them out could change its answers",
                checkpoint().folder().string(), name, view.shape.to_string(),
                checkpoint().model_type());
  }
  std::stable_sort(recipe_.tensors.begin(), recipe_.tensors.end(),
                   [](const TensorRecipe& a, const TensorRecipe& b) {
                     return layer_of(a.name) < layer_of(b.name);
                   });
  return std::move(recipe_);
}

}  // namespace ganglion
