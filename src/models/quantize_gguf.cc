#include "models/quantize_gguf.h"

#include <algorithm>
#include <mutex>
#include <optional>
#include <span>

#include "formats/gguf_writer.h"
#include "kernels/expand.h"
#include "kernels/quantize_blocks.h"
#include "models/gguf_stream.h"

namespace ganglion {
namespace {

constexpr uint64_t kChunkElements = uint64_t{1} << 22;
constexpr uint64_t kTaskElements = uint64_t{1} << 15;
constexpr uint64_t kCopyBytes = uint64_t{1} << 24;
constexpr uint32_t kQuantizationVersion = 2;  // GGML_QNT_VERSION

bool is_lossy(DType dtype) { return dtype_traits(dtype).block_elements > 1; }

uint64_t bytes_of(DType dtype, uint64_t num_elements) {
  return num_elements / dtype_traits(dtype).block_elements * dtype_traits(dtype).block_bytes;
}

// One tensor's way from its type to another.
struct Conversion {
  const GgufTensor* tensor = nullptr;
  DType to = DType::kF32;
  const float* importance = nullptr;  // [num_matrices, columns], or null
  uint64_t columns = 0;
  uint64_t num_rows = 0;
  uint64_t rows_per_matrix = 0;

  Conversion(const GgufTensor& source, DType target) : tensor(&source), to(target) {
    const Shape& shape = source.view.shape;
    const size_t num_dimensions = shape.num_dimensions();
    columns = static_cast<uint64_t>(shape[num_dimensions - 1]);
    num_rows = static_cast<uint64_t>(shape.num_elements()) / columns;
    rows_per_matrix = num_dimensions < 2 ? 1 : static_cast<uint64_t>(shape[num_dimensions - 2]);
  }

  bool is_copy() const { return tensor->view.dtype == to && to != DType::kF32; }

  Status encode_row(uint64_t row, std::vector<float>& values, std::byte* out) const {
    values.resize(columns);
    const DType from = tensor->view.dtype;
    expand_blocks(from, tensor->view.bytes.data() + row * bytes_of(from, columns), columns,
                  values.data());
    const float* row_importance =
        importance == nullptr ? nullptr : importance + row / rows_per_matrix * columns;
    const Status status = quantize_blocks(to, values, row_importance, out);
    if (status.ok()) return {};
    return at_place(fmt::format("tensor \"{}\": row {}", tensor->name, row), status.error());
  }
};

// Rows [first, first + count) to `out`. The error of the first row that has one.
Status encode_rows(const Conversion& conversion, uint64_t first, uint64_t count,
                   ThreadPool& threads, std::string& out) {
  const uint64_t row_bytes = bytes_of(conversion.to, conversion.columns);
  out.resize(count * row_bytes);
  auto* const bytes = reinterpret_cast<std::byte*>(out.data());
  std::mutex mutex;
  uint64_t failed_row = count;
  std::optional<Error> error;
  const size_t grain = std::max<uint64_t>(1, kTaskElements / conversion.columns);
  threads.parallel_for(count, grain, [&](size_t begin, size_t end) {
    std::vector<float> values;
    for (size_t row = begin; row < end; ++row) {
      const Status status = conversion.encode_row(first + row, values, bytes + row * row_bytes);
      if (status.ok()) continue;
      const std::scoped_lock lock(mutex);
      if (row < failed_row) {
        failed_row = row;
        error = status.error();
      }
      return;
    }
  });
  if (error) return *error;
  return {};
}

Status copy_bytes(const GgufTensor& tensor, GgufStream& stream) {
  const std::string_view bytes(reinterpret_cast<const char*>(tensor.view.bytes.data()),
                               tensor.view.bytes.size());
  for (uint64_t i = 0; i < bytes.size(); i += kCopyBytes) {
    GANGLION_TRY(stream.append(bytes.substr(i, kCopyBytes), tensor.name));
  }
  return {};
}

Status write_tensor(const Conversion& conversion, ThreadPool& threads, GgufStream& stream) {
  if (conversion.is_copy()) {
    GANGLION_TRY(copy_bytes(*conversion.tensor, stream));
  } else {
    std::string bytes;
    const uint64_t chunk = std::max<uint64_t>(1, kChunkElements / conversion.columns);
    for (uint64_t row = 0; row < conversion.num_rows; row += chunk) {
      GANGLION_TRY(
          encode_rows(conversion, row, std::min(chunk, conversion.num_rows - row), threads, bytes));
      GANGLION_TRY(stream.append(bytes, conversion.tensor->name));
    }
  }
  return stream.end_tensor(conversion.tensor->name);
}

Status check_types(const GgufFile& input, const Conversion& conversion,
                   const QuantizeOptions& options) {
  const DType from = conversion.tensor->view.dtype;
  if (conversion.is_copy() || from == conversion.to) return {};
  if (!is_expandable(from)) {
    return fail(ErrorCode::kUnsupported,
                "{}: tensor \"{}\": expected a floating-point or quantised type, found {}",
                input.source_name(), conversion.tensor->name, dtype_traits(from).name);
  }
  if (!is_lossy(from) || options.allow_requantize) return {};
  return fail(ErrorCode::kConflict,
              "{}: tensor \"{}\": expected F32, F16 or BF16 weights, found {}, which has lost "
              "precision already; quantise the original model, or pass --allow-requantize",
              input.source_name(), conversion.tensor->name, dtype_traits(from).name);
}

// Leaves the importance null when there is none for the tensor.
Status attach_importance(const ImportanceData& data, Conversion& conversion) {
  if (conversion.is_copy() || !is_lossy(conversion.to)) return {};
  const std::string name(conversion.tensor->name);
  const auto found = data.mean_squares.find(name);
  if (found == data.mean_squares.end()) return {};
  const uint64_t num_matrices = conversion.num_rows / conversion.rows_per_matrix;
  if (found->second.size() == conversion.columns * num_matrices) {
    conversion.importance = found->second.data();
    return {};
  }
  // Embeddings are looked up, not multiplied: what is measured there is something else.
  if (name == "token_embd.weight") return {};
  return fail(ErrorCode::kInvalidArgument,
              "importance of \"{}\": expected {} values ({} matrices of {} columns), found {}; it "
              "was measured on another model",
              name, conversion.columns * num_matrices, num_matrices, conversion.columns,
              found->second.size());
}

Result<std::vector<Conversion>> plan(const GgufFile& input, const QuantizeOptions& options) {
  GANGLION_ASSIGN(const MixFacts facts, read_mix_facts(input));
  GANGLION_ASSIGN(const uint64_t num_parts, input.get_unsigned_or("split.count", 1));
  if (num_parts > 1) {
    return fail(ErrorCode::kUnsupported,
                "{}: expected a whole model, found one of {} parts; merge them first "
                "(llama-gguf-split --merge)",
                input.source_name(), num_parts);
  }
  const std::vector<DType> types =
      choose_tensor_types(facts, input.tensors(), *options.mix, options.importance != nullptr);
  std::vector<Conversion> conversions;
  conversions.reserve(types.size());
  for (size_t i = 0; i < types.size(); ++i) {
    Conversion conversion(input.tensors()[i], types[i]);
    GANGLION_TRY(check_types(input, conversion, options));
    if (options.importance != nullptr) {
      GANGLION_TRY(attach_importance(*options.importance, conversion));
    }
    conversions.push_back(conversion);
  }
  return conversions;
}

GgufWriter copy_metadata(const GgufFile& input, uint32_t file_type) {
  GgufWriter writer;
  for (const GgufEntry& entry : input.entries()) {
    const bool is_replaced = entry.key == "general.file_type" || entry.key == "general.alignment" ||
                             entry.key == "general.quantization_version" ||
                             entry.key.starts_with("split.");
    if (!is_replaced) writer.copy_entry(entry);
  }
  if (input.find("general.alignment") != nullptr) {
    writer.set_u32("general.alignment", static_cast<uint32_t>(GgufWriter::kAlignment));
  }
  writer.set_u32("general.quantization_version", kQuantizationVersion);
  writer.set_u32("general.file_type", file_type);
  return writer;
}

}  // namespace

Result<QuantizeReport> quantize_gguf(const GgufFile& input, const std::filesystem::path& path,
                                     const QuantizeOptions& options, ThreadPool& threads,
                                     ProgressSink& progress) {
  GANGLION_ASSIGN(const std::vector<Conversion> conversions, plan(input, options));
  GgufWriter writer = copy_metadata(input, options.mix->file_type);
  QuantizeReport report;
  for (const Conversion& conversion : conversions) {
    const GgufTensor& tensor = *conversion.tensor;
    writer.declare_tensor(tensor.name, conversion.to, tensor.view.shape);
    report.tensors.push_back(
        {.name = std::string(tensor.name),
         .from = tensor.view.dtype,
         .to = conversion.to,
         .bytes = bytes_of(conversion.to, conversion.columns) * conversion.num_rows,
         .used_importance = conversion.importance != nullptr});
  }
  GANGLION_ASSIGN(GgufStream stream, GgufStream::open(path, writer, progress));
  report.input_bytes = input.file_size();
  report.output_bytes = stream.total_bytes();
  for (const Conversion& conversion : conversions) {
    GANGLION_TRY(write_tensor(conversion, threads, stream));
  }
  GANGLION_TRY(stream.commit());
  return report;
}

}  // namespace ganglion
