// Reads low-rank adapters for a GGUF model.
// Source: llama.cpp's GGUF adapters (general.type "adapter", tensors NAME.lora_a and NAME.lora_b);
// peft 0.10's folders (adapter_config.json, adapter_model.safetensors).
#pragma once

#include <filesystem>

#include "base/result.h"
#include "formats/gguf.h"
#include "nn/lora_adapter.h"

namespace ganglion {

// `base` is the model that will run with it: the adapter finds its weights by where they lie. A
// folder is a PEFT adapter, anything else a GGUF one. Both are untrusted. kConflict when it was
// made for another model, naming architecture, tensor or shapes; kUnsupported for what is not
// implemented (DoRA, adapted embeddings or experts, …); errors of the formats.
Result<LoraAdapter> load_lora_adapter(const std::filesystem::path& path, const GgufFile& base);

}  // namespace ganglion
