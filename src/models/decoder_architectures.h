// The loader of every decoder architecture: one function a file, listed in
// decoder_architectures.cc.
#pragma once

#include "models/decoder.h"

namespace ganglion {

Result<DecoderParts> load_gemma(DecoderFile& file);
Result<DecoderParts> load_gemma2(DecoderFile& file);
Result<DecoderParts> load_gemma3(DecoderFile& file);
Result<DecoderParts> load_gpt2(DecoderFile& file);
Result<DecoderParts> load_llama(DecoderFile& file);
Result<DecoderParts> load_phi2(DecoderFile& file);
Result<DecoderParts> load_phi3(DecoderFile& file);
Result<DecoderParts> load_qwen2(DecoderFile& file);
Result<DecoderParts> load_qwen2moe(DecoderFile& file);
Result<DecoderParts> load_qwen3(DecoderFile& file);
Result<DecoderParts> load_qwen3moe(DecoderFile& file);
Result<DecoderParts> load_smollm3(DecoderFile& file);
Result<DecoderParts> load_starcoder(DecoderFile& file);
Result<DecoderParts> load_starcoder2(DecoderFile& file);

}  // namespace ganglion
