#include "models/hugging_face/families.h"

#include <algorithm>
#include <array>
#include <utility>

namespace ganglion {
namespace {

using Mapping = Result<ModelRecipe> (*)(const CheckpointPointer&);

constexpr std::array<std::pair<std::string_view, Mapping>, 22> kFamilies = {{
    {"bert", map_bert},        {"distilbert", map_bert},  {"gemma", map_gemma},
    {"gemma2", map_gemma},     {"gemma3", map_gemma},     {"gemma3_text", map_gemma},
    {"gpt2", map_gpt2},        {"gpt_bigcode", map_gpt2}, {"llama", map_llama},
    {"mistral", map_llama},    {"mixtral", map_llama},    {"nomic_bert", map_bert},
    {"phi", map_phi2},         {"phi3", map_phi3},        {"qwen2", map_qwen},
    {"qwen2_moe", map_qwen},   {"qwen3", map_qwen},       {"qwen3_moe", map_qwen},
    {"roberta", map_bert},     {"smollm3", map_llama},    {"starcoder2", map_starcoder2},
    {"xlm-roberta", map_bert},
}};

}  // namespace

Result<ModelRecipe> map_checkpoint(const CheckpointPointer& checkpoint) {
  std::string known;
  for (const auto& [type, mapping] : kFamilies) {
    if (type == checkpoint->model_type()) return mapping(checkpoint);
    known += fmt::format("{}{}", known.empty() ? "" : ", ", type);
  }
  return fail(ErrorCode::kUnsupported, "{}: \"model_type\": expected one of {}, found \"{}\"",
              checkpoint->config().source_name(), known, checkpoint->model_type());
}

}  // namespace ganglion
