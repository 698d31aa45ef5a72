// Which encoder a model was trained with: models built on embeddings refuse any other.
#pragma once

#include <filesystem>
#include <string>

#include "base/result.h"
#include "engine/embedded_models.h"

namespace ganglion {

// "sha256:" and the hexadecimal SHA-256 of the encoder's weights: the GGUF file, or the
// model.safetensors of a Hugging Face folder. Reads the whole file. Errors of MappedFile::open.
Result<std::string> encoder_identity(const std::filesystem::path& path);

// The same for the default encoder inside the binary; hashed once. kNotFound without one.
Result<std::string> embedded_encoder_identity();

// The embedded file that is the default encoder: the first static embedding. kNotFound without one.
Result<EmbeddedModel> embedded_encoder_file();

}  // namespace ganglion
