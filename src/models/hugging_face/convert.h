// Hugging Face folders as GGUF: written to a file, or opened as if they were one.
#pragma once

#include <filesystem>
#include <optional>

#include "base/progress.h"
#include "base/result.h"
#include "formats/gguf.h"
#include "models/hugging_face/model_recipe.h"

namespace ganglion {

// The whole mapping: tensors, metadata and tokenizer. The folder is untrusted; errors name file and
// field. kUnsupported lists what is known where the model is of an unknown kind.
Result<ModelRecipe> read_hugging_face_model(const std::filesystem::path& folder);

// Writes a recipe as a GGUF file. `dtype` is of the matrices: F32, F16 or BF16; by default that of
// the checkpoint. Streams: memory stays within a few MiB. Errors of write_gguf_stream.
Status write_as_gguf(const ModelRecipe& recipe, std::optional<DType> dtype,
                     const std::filesystem::path& path, ProgressSink& progress);

// The same model without a file. Weights that GGUF stores alike stay in the mapped checkpoint;
// those that it orders otherwise are copied, in the checkpoint's type.
Result<GgufFile> open_as_gguf(ModelRecipe recipe);

// A GGUF file, a part of a split one (then the whole), or a Hugging Face folder as one. Errors of
// open_all_parts and read_hugging_face_model.
Result<GgufFile> open_model(const std::filesystem::path& path);

}  // namespace ganglion
