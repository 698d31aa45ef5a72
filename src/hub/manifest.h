// What the store knows about one model: where it came from and which files it is made of.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

struct StoredFile {
  std::string path;  // inside the model; safe to join to a folder
  uint64_t size = 0;
  std::string sha256;  // 64 lower-case hexadecimal digits
};

struct Manifest {
  std::string name;               // check_model_name
  std::string source;             // ModelSource::text
  std::string revision;           // Hugging Face's commit, the registry's tag; may be empty
  std::string type;               // as the hub calls it: "Q4_K_M"; may be empty
  std::string main;               // the file that is opened; empty: the folder itself
  int64_t pulled_at_us = 0;       // since 1970, UTC
  std::vector<StoredFile> files;  // at least one, sorted by path, no path twice

  uint64_t size() const;  // bytes of all files
};

std::string manifest_json(const Manifest& manifest);

// kMalformed names `source_name`, member, expected and found. Everything stated above is checked.
Result<Manifest> parse_manifest(std::string_view text, std::string_view source_name);

// "2026-11-20 13:05" in UTC.
std::string utc_minute_text(int64_t wall_us);

}  // namespace ganglion
