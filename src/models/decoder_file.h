// A GGUF file as a decoder reads it: sizes, settings and weights by name. It notes what has been
// read, so that a file which asks for something no one implements is refused, not misread.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "formats/gguf.h"
#include "nn/norm.h"
#include "nn/stored_linear.h"
#include "nn/stored_matrix.h"

namespace ganglion {

struct DecoderSizes {
  size_t vocabulary_size = 0;  // V
  size_t context_length = 0;   // tokens, as trained
  size_t hidden_size = 0;      // H
  size_t num_layers = 0;
  size_t num_heads = 0;
  size_t num_kv_heads = 0;
  size_t head_dim = 0;
  size_t feed_forward_size = 0;
};

// Weights keep pointing into the GgufFile, which must outlive them. Not thread-safe.
// Keys go without the architecture's name: "rope.freq_base". Errors name file, key or tensor.
class DecoderFile {
 public:
  // Reads the sizes; `file` has passed check_gguf_architecture.
  static Result<DecoderFile> create(const GgufFile& file);

  const std::string& source_name() const { return file_.source_name(); }
  const std::string& architecture() const { return architecture_; }
  const DecoderSizes& sizes() const { return sizes_; }

  // kUnsupported for a list whose values differ (a size a layer).
  Result<size_t> get_size(std::string_view key, size_t max);
  // 0 is allowed, and the value when the key is absent is `fallback`.
  Result<size_t> get_size_or(std::string_view key, size_t max, size_t fallback);
  // Finite.
  Result<double> get_number_or(std::string_view key, double fallback);
  Result<bool> get_bool_or(std::string_view key, bool fallback);
  Result<std::string> get_string_or(std::string_view key, std::string_view fallback);
  // An error about the key's value.
  Error refuse(std::string_view key, std::string_view expected, std::string_view found) const;

  bool has_tensor(std::string_view name) const { return file_.find_tensor(name) != nullptr; }
  // [size], as floats.
  Result<AlignedVector<float>> vector(const std::string& name, size_t size);
  // [num_rows, num_columns].
  Result<StoredMatrix> matrix(const std::string& name, size_t num_rows, size_t num_columns);
  // The matrices of a [count, num_rows, num_columns] tensor.
  Result<std::vector<StoredMatrix>> stacked_matrices(const std::string& name, size_t count,
                                                     size_t num_rows, size_t num_columns);
  // The matrices NAME.weight [outputs, num_inputs], one behind the other, each with NAME.bias where
  // the file has one.
  Result<StoredLinear> linear(std::span<const std::pair<std::string, size_t>> names_and_outputs,
                              size_t num_inputs);
  Result<StoredLinear> linear(const std::string& name, size_t num_outputs, size_t num_inputs);
  // NAME.weight [size], and NAME.bias for a layer norm.
  Result<Norm> rms_norm(const std::string& name, size_t size);
  Result<Norm> layer_norm(const std::string& name, size_t size);

  // kUnsupported when the file has settings of the architecture or tensors that were not read and
  // are not known to be without effect.
  Status check_everything_read() const;

 private:
  DecoderFile(const GgufFile& file, std::string architecture)
      : file_(file), architecture_(std::move(architecture)) {}

  std::string full_key(std::string_view key) const;
  Status read_sizes();
  Result<TensorView> tensor(const std::string& name, const Shape& shape);
  Result<float> epsilon(std::string_view key);

  const GgufFile& file_;
  std::string architecture_;
  DecoderSizes sizes_;
  std::set<std::string, std::less<>> read_keys_;
  std::set<std::string, std::less<>> read_tensors_;
};

}  // namespace ganglion
