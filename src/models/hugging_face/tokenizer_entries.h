// The tokenizer files of a Hugging Face folder as GGUF's "tokenizer.*" entries.
#pragma once

#include "base/result.h"
#include "formats/gguf_writer.h"
#include "models/hugging_face/checkpoint.h"

namespace ganglion {

// Reads tokenizer.json, tokenizer.model, vocab.txt, tokenizer_config.json, generation_config.json
// and chat_template.jinja, as far as they are there. A folder without a vocabulary gives
// tokenizer.ggml.model "none". kUnsupported names a kind of tokenizer that GGUF lacks.
Status add_tokenizer_entries(const HfCheckpoint& checkpoint, GgufWriter& metadata);

}  // namespace ganglion
