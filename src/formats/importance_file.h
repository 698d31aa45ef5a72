// Importance matrices: how large the inputs of each weight matrix were over a calibration text.
// Reads both of llama.cpp's formats, the GGUF one and the older .dat.
// Source: llama.cpp (tools/imatrix/README.md, common/imatrix-loader.cpp).
#pragma once

#include <cstddef>
#include <filesystem>
#include <span>
#include <string>
#include <unordered_map>
#include <vector>

#include "base/result.h"

namespace ganglion {

struct ImportanceData {
  // Of a tensor by its name ("blk.0.attn_q.weight"): the mean square of each input column; for a
  // stack of expert matrices those of one expert after the other. Finite, at least 0.
  std::unordered_map<std::string, std::vector<float>> mean_squares;
};

// Errors of MappedFile::open and parse_importance.
Result<ImportanceData> read_importance_file(const std::filesystem::path& path);

// The bytes are untrusted; memory stays within a small multiple of them. kMalformed names source,
// tensor, expected and found.
Result<ImportanceData> parse_importance(std::span<const std::byte> bytes,
                                        const std::string& source_name);

}  // namespace ganglion
