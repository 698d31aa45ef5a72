// The mapping of each Hugging Face model type to GGUF, one file a family.
#pragma once

#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/hugging_face/model_recipe.h"

namespace ganglion {

using CheckpointPointer = std::shared_ptr<const HfCheckpoint>;

// Each writes metadata and tensors, not the tokenizer. kUnsupported names a field of config.json
// whose value the GGUF convention cannot express.
Result<ModelRecipe> map_llama(const CheckpointPointer& checkpoint);  // Mistral, Mixtral, SmolLM3
Result<ModelRecipe> map_qwen(const CheckpointPointer& checkpoint);   // Qwen 2, 3, with experts
Result<ModelRecipe> map_gemma(const CheckpointPointer& checkpoint);  // Gemma 1, 2, 3
Result<ModelRecipe> map_phi2(const CheckpointPointer& checkpoint);
Result<ModelRecipe> map_phi3(const CheckpointPointer& checkpoint);  // Phi 3, 3.5, 4
Result<ModelRecipe> map_gpt2(const CheckpointPointer& checkpoint);  // and GPT BigCode
Result<ModelRecipe> map_starcoder2(const CheckpointPointer& checkpoint);
Result<ModelRecipe> map_bert(const CheckpointPointer& checkpoint);  // and kin: encoders

// By "model_type". kUnsupported names the known ones.
Result<ModelRecipe> map_checkpoint(const CheckpointPointer& checkpoint);

}  // namespace ganglion
