// The vocabulary of a tokenizer.json (or vocab.json with merges.txt) as GGUF lists it.
// Source: tokenizers 0.23 (serialised tokenizers) and llama.cpp's converter (2025) for the kinds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/hf_config.h"

namespace ganglion {

struct GgufVocabulary {
  std::string model;  // tokenizer.ggml.model: "llama" (SentencePiece BPE), "gpt2", "t5" (Unigram)
  std::string pre;    // tokenizer.ggml.pre
  std::vector<std::string> tokens;  // by id; ids without a token are "[PAD<id>]"
  std::vector<int32_t> kinds;       // tokenizer.ggml.token_type
  std::vector<float> scores;        // empty for "gpt2"
  std::vector<std::string> merges;  // "gpt2" only: "left right"
  std::string character_map;        // "t5" only: SentencePiece's compiled normalisation
  bool adds_space_prefix = true;
  bool removes_extra_spaces = false;
};

// `root` is the whole tokenizer.json. The vocabulary gets `vocabulary_size` tokens; one with more
// is kMalformed. kUnsupported names a kind of model, normaliser or pre-tokenizer that GGUF lacks.
Result<GgufVocabulary> read_tokenizer_json(const HfConfig& root, uint64_t vocabulary_size);

// The older pair of files, of byte-level BPE with GPT-2's words.
Result<GgufVocabulary> read_vocabulary_and_merges(const std::filesystem::path& folder,
                                                  uint64_t vocabulary_size);

// The name of tokenizer.ggml.pre for a byte-level tokenizer.json, by its regular expressions.
// kUnsupported lists the known names, and has the expressions that were found.
Result<std::string> pre_tokenizer_name(const HfConfig& root);

}  // namespace ganglion
