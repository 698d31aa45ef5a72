#include "models/decoder_architectures.h"

#include <algorithm>
#include <array>
#include <string>

#include "models/gguf_architecture.h"

namespace ganglion {
namespace {

using Loader = Result<DecoderParts> (*)(DecoderFile& file);

constexpr std::array<std::string_view, 14> kNames = {
    "gemma", "gemma2",   "gemma3", "gpt2",     "llama",   "phi2",      "phi3",
    "qwen2", "qwen2moe", "qwen3",  "qwen3moe", "smollm3", "starcoder", "starcoder2",
};
constexpr std::array<Loader, kNames.size()> kLoaders = {
    load_gemma,    load_gemma2,  load_gemma3,    load_gpt2,       load_llama,
    load_phi2,     load_phi3,    load_qwen2,     load_qwen2moe,   load_qwen3,
    load_qwen3moe, load_smollm3, load_starcoder, load_starcoder2,
};

}  // namespace

std::span<const std::string_view> decoder_architectures() { return kNames; }

bool is_decoder_architecture(std::string_view name) {
  return std::find(kNames.begin(), kNames.end(), name) != kNames.end();
}

Result<Decoder> Decoder::load(const GgufFile& file) {
  GANGLION_ASSIGN(const std::string_view name, file.get_string("general.architecture"));
  const auto found = std::find(kNames.begin(), kNames.end(), name);
  if (found == kNames.end()) {
    return fail(ErrorCode::kUnsupported,
                "{}: metadata \"general.architecture\": expected a language model ({}), found "
                "\"{}\"",
                file.source_name(), fmt::join(kNames, ", "), name);
  }
  GANGLION_TRY(check_gguf_architecture(file));
  GANGLION_ASSIGN(DecoderFile decoder_file, DecoderFile::create(file));
  GANGLION_ASSIGN(DecoderParts parts,
                  kLoaders[static_cast<size_t>(found - kNames.begin())](decoder_file));
  GANGLION_TRY(decoder_file.check_everything_read());
  return Decoder(std::move(parts));
}

}  // namespace ganglion
