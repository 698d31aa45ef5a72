// Where a model comes from: what a person types after `ganglion pull`.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ganglion {

enum class SourceKind { kHuggingFace, kOllama, kUrl, kPath };

struct ModelSource {
  SourceKind kind = SourceKind::kPath;
  std::string text;        // canonical: the same model, the same text
  std::string repository;  // Hugging Face: "owner/name"; Ollama: "library/llama3.2"
  std::string revision;    // Hugging Face: branch, tag or commit ("main"); Ollama: the tag
  std::string selector;    // Hugging Face: a type such as "Q4_K_M" or a file; may be empty
  std::string address;     // the URL, or the path
  std::string sha256;      // of a URL's file, 64 lower-case digits, or empty
};

// Understands:
//   hf:owner/name[@revision][:TYPE or :file.gguf], the same without "hf:",
//   https://huggingface.co/owner/name and the addresses of its files,
//   ollama:[namespace/]name[:tag],
//   http[s]://…[#sha256=HEX],
//   a path that exists, or that starts with '/', './' or '../'.
// kInvalidArgument says what was expected; kNotFound for a path that does not exist.
Result<ModelSource> parse_model_source(std::string_view text);

// The name that a model gets when its owner gives none: "llama-3.2-1b-instruct:q4_k_m".
// `type` is the quantisation that was chosen, or empty.
std::string default_model_name(const ModelSource& source, std::string_view type);

// Names are 1 to 128 of a-z 0-9 . _ : and -, and start with a letter or digit. kInvalidArgument.
Status check_model_name(std::string_view name);

// Lower-case; for what a person typed.
std::string lower_ascii(std::string_view text);

// Whether `text` is a SHA-256 in lower-case hexadecimal.
bool is_sha256_hex(std::string_view text);

// Whether a path from outside stays inside the folder it is joined to: relative, without empty,
// "." or ".." parts, hidden files, backslashes and control characters; at most 512 bytes.
bool is_safe_relative_path(std::string_view path);

}  // namespace ganglion
