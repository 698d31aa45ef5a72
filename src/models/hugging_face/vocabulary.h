// The vocabulary of a tokenizer.json (or vocab.json with merges.txt, or tokenizer.model) as GGUF
// lists it.
// Source: tokenizers 0.23 (serialised tokenizers) and llama.cpp's converter (2025) for the kinds.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/result.h"
#include "formats/hf_config.h"
#include "tokenizer/tokenizer.h"

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
  SpecialTokens special;  // what tokenizer.model says itself
};

// `root` is the whole tokenizer.json. The vocabulary gets `vocabulary_size` tokens; one with more
// is kMalformed. kUnsupported names a kind of model, normaliser or pre-tokenizer that GGUF lacks.
Result<GgufVocabulary> read_tokenizer_json(const HfConfig& root, uint64_t vocabulary_size);

// The older pair of files, of byte-level BPE with GPT-2's words.
Result<GgufVocabulary> read_vocabulary_and_merges(const std::filesystem::path& folder,
                                                  uint64_t vocabulary_size);

// Files beside tokenizer.model that add tokens to it; empty objects where there are none.
struct AddedTokenFiles {
  const HfConfig& added_tokens;      // added_tokens.json: {"<tool>": 32000}
  const HfConfig& tokenizer_config;  // "added_tokens_decoder": {"32000": {"content": "<tool>"}}
};

// SentencePiece's own file, BPE or Unigram. `has_fairseq_ids`: the ids are those of XLM-R, whose
// checkpoints put <s>, <pad>, </s>, <unk> first, then the pieces, and <mask> last. kUnsupported
// names a normalisation that GGUF's BPE lacks.
Result<GgufVocabulary> read_sentencepiece_vocabulary(const std::filesystem::path& path,
                                                     const AddedTokenFiles& added,
                                                     bool has_fairseq_ids,
                                                     uint64_t vocabulary_size);

// The name of tokenizer.ggml.pre for a byte-level tokenizer.json, by its regular expressions.
// kUnsupported lists the known names, and has the expressions that were found.
Result<std::string> pre_tokenizer_name(const HfConfig& root);

}  // namespace ganglion
