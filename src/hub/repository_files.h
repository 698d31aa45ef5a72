// The files of a Hugging Face repository: what its API says, and which of them make the model.
// Sources: the Hub API's answers to /api/models/{id}/revision/{rev} and /tree/{rev} (their shape as
// of 2025); llama.cpp's names of split files (gguf-split, "-00001-of-00003.gguf").
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

struct RepositoryFile {
  std::string path;  // inside the repository; safe to join to a folder
  uint64_t size = 0;
  std::string sha256;  // 64 digits for files in large-file storage, else empty
};

// The commit (40 hexadecimal digits) out of /api/models/{id}/revision/{rev}. kMalformed.
Result<std::string> parse_repository_commit(std::string_view text, std::string_view source_name);

// The files of one page of /api/models/{id}/tree/{commit}?recursive=true, appended to `files`.
// Files whose path is not safe are left out: nothing asks for them. kMalformed; kLimit above
// 100,000 files.
Status parse_repository_tree(std::string_view text, std::string_view source_name,
                             std::vector<RepositoryFile>& files);

struct FileSelection {
  bool is_gguf = false;  // otherwise a folder with safetensors, config and tokenizer
  std::string type;      // of a GGUF file, as its name says: "Q4_K_M"; may be empty
  std::string main;      // what is opened: the (first) GGUF file; empty for a folder
  std::vector<RepositoryFile> files;
};

// Picks the files that make one model. `selector`: a type, a file of the repository, or empty: then
// the only GGUF file, else Q4_K_M, Q8_0, …, else the safetensors. All parts of a split file are
// taken, and all must be there. kNotFound and kConflict (several fit) list what there is;
// kUnsupported when only formats are there that we do not read.
Result<FileSelection> choose_model_files(const std::vector<RepositoryFile>& files,
                                         std::string_view selector, std::string_view repository);

// The quantisation that a GGUF file's name states ("Q4_K_M", "UD-IQ2_XXS", "F16"), or "".
std::string type_in_file_name(std::string_view path);

}  // namespace ganglion
