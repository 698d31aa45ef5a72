// A WordPiece tokenizer inside a GGUF file, as llama.cpp's `bert` vocabulary stores it.
// Source: llama.cpp convert_hf_to_gguf.py (BertModel.set_vocab) and llama-vocab.cpp.
#pragma once

#include "base/result.h"
#include "formats/gguf.h"
#include "formats/gguf_writer.h"
#include "tokenizer/wordpiece.h"

namespace ganglion {

// `tokenizer.ggml.model` must be "bert". Cleaning follows BERT's lower-case models unless the file
// carries our own keys `tokenizer.ganglion.*`. The errors name file and key.
Result<WordPiece> read_gguf_wordpiece(const GgufFile& file);

// Writes every field of `spec`; read_gguf_wordpiece gives it back. Requires a spec that
// WordPiece::create accepted, "##" as its continuation prefix and at most one special token on each
// side (asserted).
void write_gguf_wordpiece(const WordPieceSpec& spec, GgufWriter& writer);

}  // namespace ganglion
