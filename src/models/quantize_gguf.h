// A GGUF model with its matrices in smaller types.
#pragma once

#include <cstdint>
#include <filesystem>
#include <string>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "base/thread_pool.h"
#include "formats/gguf.h"
#include "formats/importance_file.h"
#include "models/quantization_mix.h"

namespace ganglion {

struct QuantizeOptions {
  const QuantizationMix* mix = nullptr;        // required
  const ImportanceData* importance = nullptr;  // null: every input column counts alike
  bool allow_requantize = false;               // from types that have lost precision already
};

struct QuantizedTensor {
  std::string name;
  DType from = DType::kF32;
  DType to = DType::kF32;
  uint64_t bytes = 0;
  bool used_importance = false;
};

struct QuantizeReport {
  uint64_t input_bytes = 0;
  uint64_t output_bytes = 0;
  std::vector<QuantizedTensor> tensors;  // in file order
};

// Writes `input`, quantised, to `path`: whole or not at all. Metadata is carried over, with
// general.file_type and general.quantization_version of the result. Holds about 16 MiB beside the
// mapped input. Deterministic, whatever the number of threads. `progress` counts bytes of output.
// kConflict for an input quantised already (unless allowed); kInvalidArgument for values that do
// not fit their type or are not finite, with tensor and index, and for importance of another model;
// kUnsupported for types that cannot be read; kLimit when the disk is too full; kIo.
Result<QuantizeReport> quantize_gguf(const GgufFile& input, const std::filesystem::path& path,
                                     const QuantizeOptions& options, ThreadPool& threads,
                                     ProgressSink& progress);

}  // namespace ganglion
