#include "models/hugging_face/convert.h"

#include <algorithm>
#include <memory>
#include <utility>
#include <vector>

#include "kernels/aligned_vector.h"
#include "kernels/quantize_blocks.h"
#include "models/gguf_architecture.h"
#include "models/gguf_stream.h"
#include "models/hugging_face/families.h"
#include "models/hugging_face/tokenizer_entries.h"
#include "models/split_gguf.h"

namespace ganglion {
namespace {

// llama.cpp's general.file_type: the type of most matrices.
uint32_t file_type(DType dtype) {
  if (dtype == DType::kF32) return 0;
  return dtype == DType::kF16 ? 1 : 32;
}

// Of the first matrix.
DType stored_dtype(const ModelRecipe& recipe) {
  for (const TensorRecipe& tensor : recipe.tensors) {
    if (tensor.shape.num_dimensions() >= 2) return tensor.stored_dtype();
  }
  return DType::kF32;
}

// What an assembled file points into.
struct Storage {
  std::shared_ptr<const HfCheckpoint> checkpoint;
  std::vector<TensorRecipe> tensors;
  std::vector<AlignedVector<std::byte>> copies;
};

bool is_aligned(const TensorView& view) {
  return reinterpret_cast<uintptr_t>(view.bytes.data()) % dtype_traits(view.dtype).block_bytes == 0;
}

// In the type it is stored in, but for what is always F32.
Result<AlignedVector<std::byte>> copy_tensor(const TensorRecipe& tensor, DType dtype) {
  constexpr uint64_t kChunkElements = uint64_t{1} << 18;
  const uint64_t element_bytes = dtype_traits(dtype).block_bytes;
  const auto num_elements = static_cast<uint64_t>(tensor.shape.num_elements());
  AlignedVector<std::byte> bytes(num_elements * element_bytes);
  const uint64_t chunk_rows = std::max<uint64_t>(1, kChunkElements / tensor.row_size());
  std::vector<float> values;
  std::byte* out = bytes.data();
  for (uint64_t row = 0; row < tensor.num_rows(); row += chunk_rows) {
    const uint64_t count = std::min(chunk_rows, tensor.num_rows() - row);
    values.resize(count * tensor.row_size());
    tensor.copy_rows(row, count, values);
    GANGLION_TRY(quantize_blocks(dtype, values, nullptr, out));
    out += values.size() * element_bytes;
  }
  return bytes;
}

// Names and shapes as every GGUF file's are checked, before anything is copied or written.
Status check_outline(const ModelRecipe& recipe) {
  GANGLION_ASSIGN(std::string header, recipe.metadata.header());
  std::vector<GgufTensor> tensors;
  tensors.reserve(recipe.tensors.size());
  for (const TensorRecipe& tensor : recipe.tensors) {
    tensors.push_back({tensor.name, {tensor.stored_dtype(), tensor.shape, {}}});
  }
  GANGLION_ASSIGN(const GgufFile outline,
                  GgufFile::assemble(std::move(header), std::move(tensors), nullptr,
                                     recipe.checkpoint->folder().string()));
  return check_gguf_architecture(outline);
}

}  // namespace

Result<ModelRecipe> read_hugging_face_model(const std::filesystem::path& folder) {
  std::error_code ignored;
  if (!std::filesystem::exists(folder, ignored)) {
    return fail(ErrorCode::kNotFound, "{}: expected a Hugging Face folder, found nothing there",
                folder.string());
  }
  if (!std::filesystem::exists(folder / "config.json", ignored)) {
    return fail(ErrorCode::kNotFound,
                "{}: expected a Hugging Face folder, found no config.json in it; give the folder "
                "that has it, or a .gguf file",
                folder.string());
  }
  GANGLION_ASSIGN(HfCheckpoint opened, HfCheckpoint::open(folder));
  const auto checkpoint = std::make_shared<const HfCheckpoint>(std::move(opened));
  GANGLION_ASSIGN(ModelRecipe recipe, map_checkpoint(checkpoint));
  const std::filesystem::path name = std::filesystem::absolute(folder).lexically_normal();
  recipe.metadata.set_string("general.name",
                             (name.has_filename() ? name : name.parent_path()).filename().string());
  recipe.metadata.set_u32("general.quantization_version", 2);
  GANGLION_TRY(add_tokenizer_entries(*checkpoint, recipe.metadata));
  GANGLION_TRY(check_outline(recipe));
  return recipe;
}

Status write_as_gguf(const ModelRecipe& recipe, std::optional<DType> dtype,
                     const std::filesystem::path& path, ProgressSink& progress) {
  const DType matrix_dtype = dtype.value_or(stored_dtype(recipe));
  GgufWriter metadata = recipe.metadata;
  metadata.set_u32("general.file_type", file_type(matrix_dtype));
  std::vector<StreamedTensor> tensors;
  tensors.reserve(recipe.tensors.size());
  for (const TensorRecipe& tensor : recipe.tensors) {
    const DType type = tensor.is_always_f32() ? DType::kF32 : matrix_dtype;
    const RowWriter writer = [&tensor, type](uint64_t first, uint64_t count,
                                             std::span<std::byte> out) {
      std::vector<float> values(count * tensor.row_size());
      tensor.copy_rows(first, count, values);
      return quantize_blocks(type, values, nullptr, out.data());
    };
    tensors.push_back({tensor.name, type, tensor.shape, writer});
  }
  return write_gguf_stream(path, std::move(metadata), tensors, progress);
}

Result<GgufFile> open_as_gguf(ModelRecipe recipe) {
  const std::string source_name = recipe.checkpoint->folder().string();
  recipe.metadata.set_u32("general.file_type", file_type(stored_dtype(recipe)));
  GANGLION_ASSIGN(std::string header, recipe.metadata.header());
  const auto storage = std::make_shared<Storage>();
  storage->checkpoint = std::move(recipe.checkpoint);
  storage->tensors = std::move(recipe.tensors);
  storage->copies.reserve(storage->tensors.size());
  std::vector<GgufTensor> tensors;
  tensors.reserve(storage->tensors.size());
  for (const TensorRecipe& tensor : storage->tensors) {
    const DType dtype = tensor.is_always_f32() ? DType::kF32 : tensor.stored_dtype();
    if (tensor.is_verbatim() && dtype == tensor.stored_dtype() && is_aligned(tensor.parts[0])) {
      tensors.push_back({tensor.name, {dtype, tensor.shape, tensor.parts[0].bytes}});
      continue;
    }
    Result<AlignedVector<std::byte>> copy = copy_tensor(tensor, dtype);
    if (!copy.ok()) {
      return at_place(fmt::format("{}: tensor \"{}\"", source_name, tensor.name), copy.error());
    }
    storage->copies.push_back(std::move(copy).value());
    tensors.push_back({tensor.name, {dtype, tensor.shape, storage->copies.back()}});
  }
  return GgufFile::assemble(std::move(header), std::move(tensors), storage, source_name);
}

Result<GgufFile> open_model(const std::filesystem::path& path) {
  std::error_code ignored;
  if (!std::filesystem::is_directory(path, ignored)) {
    GANGLION_ASSIGN(GgufFile file, GgufFile::open(path));
    return open_all_parts(path, std::move(file));
  }
  GANGLION_ASSIGN(ModelRecipe recipe, read_hugging_face_model(path));
  return open_as_gguf(std::move(recipe));
}

}  // namespace ganglion
