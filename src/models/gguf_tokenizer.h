// The tokenizer inside a GGUF file, of any kind.
// Source: the keys `tokenizer.ggml.*` of ggml/docs/gguf.md, and what llama.cpp's llama-vocab.cpp
// (2026) takes for granted where keys are absent.
#pragma once

#include <memory>

#include "base/result.h"
#include "formats/gguf.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

// `tokenizer.ggml.model`: "gpt2" (byte-level BPE, cut as `tokenizer.ggml.pre` says), "llama"
// (SentencePiece BPE), "t5" (Unigram) or "bert" (WordPiece). kNotFound when the file has no
// tokenizer; kUnsupported, kMalformed and kLimit name file and key. Nothing points into the file.
Result<std::unique_ptr<Tokenizer>> load_gguf_tokenizer(const GgufFile& file);

}  // namespace ganglion
