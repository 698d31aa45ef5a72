#include "engine/encoder_identity.h"

#include <span>

#include "base/hash.h"
#include "base/mapped_file.h"
#include "formats/gguf.h"
#include "models/static_embedding.h"

namespace ganglion {
namespace {

std::string identity_of(std::span<const std::byte> bytes) {
  return "sha256:" + to_hex(sha256(bytes));
}

Result<std::string> hash_embedded() {
  GANGLION_ASSIGN(const EmbeddedModel model, embedded_encoder_file());
  return identity_of(model.bytes);
}

}  // namespace

Result<std::string> encoder_identity(const std::filesystem::path& path) {
  std::error_code ignored;
  const bool is_folder = std::filesystem::is_directory(path, ignored);
  GANGLION_ASSIGN(const MappedFile file,
                  MappedFile::open(is_folder ? path / "model.safetensors" : path));
  return identity_of(file.bytes());
}

Result<std::string> embedded_encoder_identity() {
  static const Result<std::string> kIdentity = hash_embedded();
  return kIdentity;
}

Result<EmbeddedModel> embedded_encoder_file() {
  for (const EmbeddedModel& model : embedded_models()) {
    GANGLION_ASSIGN(const GgufFile file, GgufFile::parse(model.bytes, std::string(model.name)));
    const auto architecture = file.get_string("general.architecture");
    if (architecture.ok() && *architecture == StaticEmbedding::kArchitecture) return model;
  }
  return fail(ErrorCode::kNotFound,
              "this build carries no default encoder; name one with --encoder, or build with a "
              "file in models/");
}

}  // namespace ganglion
