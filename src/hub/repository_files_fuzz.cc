// Any bytes as the Hub's answers: refused, or files whose paths are safe and of which a choice can
// be made.
#include "hub/repository_files.h"

#include "base/check.h"
#include "hub/model_source.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ganglion;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  const auto commit = parse_repository_commit(text, "fuzz");
  GANGLION_ASSERT(!commit.ok() || commit->size() == 40);
  std::vector<RepositoryFile> files;
  if (!parse_repository_tree(text, "fuzz", files).ok()) return 0;
  for (const RepositoryFile& file : files) GANGLION_ASSERT(is_safe_relative_path(file.path));
  for (const char* selector : {"", "Q4_K_M", "a.gguf"}) {
    const auto chosen = choose_model_files(files, selector, "o/n");
    GANGLION_ASSERT(!chosen.ok() ||
                    (!chosen->files.empty() && chosen->is_gguf != chosen->main.empty()));
  }
  return 0;
}
