#include "formats/importance_file.h"

#include <cmath>
#include <cstring>
#include <optional>
#include <string_view>

#include "base/mapped_file.h"
#include "formats/byte_cursor.h"
#include "formats/gguf.h"

namespace ganglion {
namespace {

constexpr std::string_view kSums = ".in_sum2";
constexpr std::string_view kCounts = ".counts";

Status check_values(const std::string& source, std::string_view tensor,
                    std::span<const float> values) {
  for (size_t i = 0; i < values.size(); ++i) {
    if (std::isfinite(values[i]) && values[i] >= 0.0F) continue;
    return fail(ErrorCode::kMalformed,
                "{}: \"{}\": expected finite importance of at least 0, found {} at index {}",
                source, tensor, values[i], i);
  }
  return {};
}

// Columns without a single call are all alike.
void divide(std::span<float> sums, float count) {
  for (float& sum : sums) sum = count > 0.0F ? sum / count : 1.0F;
}

Status add(ImportanceData& data, const std::string& source, std::string name,
           std::vector<float> values) {
  GANGLION_TRY(check_values(source, name, values));
  const auto [place, inserted] = data.mean_squares.emplace(std::move(name), std::move(values));
  if (inserted) return {};
  return fail(ErrorCode::kMalformed, "{}: expected every tensor once, found \"{}\" again", source,
              place->first);
}

Result<TensorView> get_f32(const GgufFile& file, const std::string& name) {
  const GgufTensor* tensor = file.find_tensor(name);
  if (tensor == nullptr) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\" is missing", file.source_name(), name);
  }
  if (tensor->view.dtype != DType::kF32) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected type F32, found {}",
                file.source_name(), name, dtype_traits(tensor->view.dtype).name);
  }
  return tensor->view;
}

std::vector<float> copy_floats(const TensorView& view) {
  std::vector<float> values(view.bytes.size() / sizeof(float));
  std::memcpy(values.data(), view.bytes.data(), view.bytes.size());
  return values;
}

Result<ImportanceData> from_gguf(const GgufFile& file) {
  ImportanceData data;
  for (const GgufTensor& tensor : file.tensors()) {
    if (!tensor.name.ends_with(kSums)) continue;
    std::string name(tensor.name.substr(0, tensor.name.size() - kSums.size()));
    GANGLION_ASSIGN(const TensorView sums_view, get_f32(file, std::string(tensor.name)));
    GANGLION_ASSIGN(const TensorView counts_view, get_f32(file, name + std::string(kCounts)));
    std::vector<float> sums = copy_floats(sums_view);
    const std::vector<float> counts = copy_floats(counts_view);
    if (sums.size() % counts.size() != 0) {
      return fail(ErrorCode::kMalformed,
                  "{}: \"{}\": expected as many sums for each of {} matrices, found {} sums",
                  file.source_name(), name, counts.size(), sums.size());
    }
    GANGLION_TRY(check_values(file.source_name(), name, counts));
    const size_t columns = sums.size() / counts.size();
    for (size_t i = 0; i < counts.size(); ++i) {
      divide(std::span(sums).subspan(i * columns, columns), counts[i]);
    }
    GANGLION_TRY(add(data, file.source_name(), std::move(name), std::move(sums)));
  }
  return data;
}

// int32 number of tensors; each: int32 length and bytes of its name, int32 calls, int32 number of
// values, the values as float32, already summed over the calls. What follows is not needed.
Result<ImportanceData> from_legacy(std::span<const std::byte> bytes, const std::string& source) {
  ByteCursor cursor(bytes, source);
  const auto read_count = [&](std::string_view field) -> Result<uint64_t> {
    GANGLION_ASSIGN(const int32_t count, cursor.read<int32_t>(field));
    if (count >= 0) return static_cast<uint64_t>(count);
    return fail(ErrorCode::kMalformed, "{}: {}: expected at least 0, found {}", source, field,
                count);
  };
  ImportanceData data;
  GANGLION_ASSIGN(const uint64_t num_tensors, read_count("number of tensors"));
  for (uint64_t i = 0; i < num_tensors; ++i) {
    GANGLION_ASSIGN(const uint64_t name_size, read_count("length of a name"));
    GANGLION_ASSIGN(const auto name, cursor.take(name_size, "name"));
    GANGLION_ASSIGN(const uint64_t num_calls, read_count("number of calls"));
    GANGLION_ASSIGN(const uint64_t num_values, read_count("number of values"));
    GANGLION_ASSIGN(const auto raw, cursor.take(num_values * sizeof(float), "values"));
    std::vector<float> values(num_values);
    if (!raw.empty()) std::memcpy(values.data(), raw.data(), raw.size());
    if (num_calls > 0) divide(values, static_cast<float>(num_calls));
    GANGLION_TRY(add(data, source,
                     std::string(reinterpret_cast<const char*>(name.data()), name.size()),
                     std::move(values)));
  }
  return data;
}

}  // namespace

Result<ImportanceData> parse_importance(std::span<const std::byte> bytes,
                                        const std::string& source_name) {
  constexpr std::string_view kMagic = "GGUF";
  const bool is_gguf =
      bytes.size() >= kMagic.size() && std::memcmp(bytes.data(), kMagic.data(), kMagic.size()) == 0;
  ImportanceData data;
  if (is_gguf) {
    GANGLION_ASSIGN(const GgufFile file, GgufFile::parse(bytes, source_name));
    GANGLION_ASSIGN(data, from_gguf(file));
  } else {
    auto legacy = from_legacy(bytes, source_name);
    if (!legacy.ok()) {
      return Error{legacy.error().code,
                   legacy.error().message + "; is it an importance matrix of llama-imatrix?"};
    }
    data = std::move(legacy).value();
  }
  if (!data.mean_squares.empty()) return data;
  return fail(ErrorCode::kMalformed,
              "{}: expected an importance matrix as llama.cpp writes it (imatrix), found {}",
              source_name, is_gguf ? "a GGUF file without *.in_sum2 tensors" : "no tensors");
}

Result<ImportanceData> read_importance_file(const std::filesystem::path& path) {
  GANGLION_ASSIGN(const MappedFile file, MappedFile::open(path));
  return parse_importance(file.bytes(), path.string());
}

}  // namespace ganglion
