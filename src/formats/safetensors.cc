#include "formats/safetensors.h"

#include <algorithm>
#include <array>
#include <utility>
#include <vector>

#include "base/checked_math.h"
#include "formats/byte_cursor.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxHeaderBytes = 100'000'000;  // the reference implementation's limit

constexpr std::array<std::pair<std::string_view, DType>, 8> kDTypes = {{
    {"F32", DType::kF32},
    {"F16", DType::kF16},
    {"BF16", DType::kBF16},
    {"F64", DType::kF64},
    {"I8", DType::kI8},
    {"I16", DType::kI16},
    {"I32", DType::kI32},
    {"I64", DType::kI64},
}};

Result<DType> read_dtype(const json::object& info) {
  GANGLION_ASSIGN(const std::string_view name, json_string(info, "dtype"));
  for (const auto& [known, dtype] : kDTypes) {
    if (name == known) return dtype;
  }
  return fail(ErrorCode::kUnsupported,
              "\"dtype\": expected F32, F16, BF16, F64, I8, I16, I32 or I64, found {}", name);
}

// A non-negative integer that fits in 63 bits.
Result<int64_t> read_size(const json::value& value, std::string_view field) {
  if (value.is_int64() && value.get_int64() >= 0) return value.get_int64();
  return fail(ErrorCode::kMalformed, "\"{}\": expected integers from 0 to 2^63-1, found {}", field,
              json::serialize(value));
}

Result<Shape> read_shape(const json::object& info) {
  GANGLION_ASSIGN(const json::array* sizes, json_array(info, "shape"));
  if (sizes->size() > Shape::kMaxDimensions) {
    return fail(ErrorCode::kUnsupported, "\"shape\": expected at most {} dimensions, found {}",
                Shape::kMaxDimensions, sizes->size());
  }
  Shape shape;
  for (const json::value& size : *sizes) {
    GANGLION_ASSIGN(const int64_t number, read_size(size, "shape"));
    shape.push_back(number);
  }
  return shape;
}

Result<uint64_t> byte_size(DType dtype, const Shape& shape) {
  std::optional<uint64_t> size = dtype_traits(dtype).block_bytes;
  for (size_t i = 0; i < shape.num_dimensions(); ++i) {
    if (size) size = checked_multiply(*size, static_cast<uint64_t>(shape[i]));
  }
  if (size) return *size;
  return fail(ErrorCode::kMalformed, "\"shape\": {} is more than 64 bits can count",
              shape.to_string());
}

Result<TensorView> read_tensor(const json::value& value, std::span<const std::byte> data) {
  if (!value.is_object()) {
    return fail(ErrorCode::kMalformed, "expected an object, found {}",
                json_kind_name(value.kind()));
  }
  const json::object& info = value.get_object();
  TensorView view;
  GANGLION_ASSIGN(view.dtype, read_dtype(info));
  GANGLION_ASSIGN(view.shape, read_shape(info));
  GANGLION_ASSIGN(const json::array* offsets, json_array(info, "data_offsets"));
  if (offsets->size() != 2) {
    return fail(ErrorCode::kMalformed, "\"data_offsets\": expected 2 numbers, found {}",
                offsets->size());
  }
  GANGLION_ASSIGN(const int64_t begin, read_size((*offsets)[0], "data_offsets"));
  GANGLION_ASSIGN(const int64_t end, read_size((*offsets)[1], "data_offsets"));
  if (begin > end || static_cast<uint64_t>(end) > data.size()) {
    return fail(ErrorCode::kMalformed,
                "\"data_offsets\": expected a range within the {} bytes of data, found {} to {}",
                data.size(), begin, end);
  }
  GANGLION_ASSIGN(const uint64_t size, byte_size(view.dtype, view.shape));
  if (size != static_cast<uint64_t>(end - begin)) {
    return fail(ErrorCode::kMalformed,
                "\"data_offsets\": expected {} bytes for shape {} of {}, found {}", size,
                view.shape.to_string(), dtype_traits(view.dtype).name, end - begin);
  }
  view.bytes = data.subspan(static_cast<size_t>(begin), size);
  return view;
}

}  // namespace

Result<SafetensorsFile> SafetensorsFile::open(const std::filesystem::path& path) {
  GANGLION_ASSIGN(MappedFile mapping, MappedFile::open(path));
  GANGLION_ASSIGN(SafetensorsFile file, parse(mapping.bytes(), path.string()));
  file.mapping_ = std::move(mapping);
  return file;
}

Result<SafetensorsFile> SafetensorsFile::parse(std::span<const std::byte> bytes,
                                               std::string source_name) {
  SafetensorsFile file;
  file.source_name_ = std::move(source_name);
  ByteCursor cursor(bytes, file.source_name_);
  GANGLION_ASSIGN(const uint64_t header_bytes, cursor.read<uint64_t>("header length"));
  if (header_bytes > kMaxHeaderBytes) {
    return fail(ErrorCode::kMalformed,
                "{}: header length: expected at most {}, found {}; this is not a safetensors file",
                file.source_name_, kMaxHeaderBytes, header_bytes);
  }
  GANGLION_ASSIGN(const std::span<const std::byte> header, cursor.take(header_bytes, "header"));
  file.data_ = bytes.subspan(cursor.position());
  GANGLION_TRY(file.read_header({reinterpret_cast<const char*>(header.data()), header.size()}));
  GANGLION_TRY(file.check_coverage());
  return file;
}

Status SafetensorsFile::read_header(std::string_view header) {
  GANGLION_ASSIGN(const json::value root, parse_json(header, source_name_ + ": header"));
  if (!root.is_object()) {
    return fail(ErrorCode::kMalformed, "{}: header: expected an object, found {}", source_name_,
                json_kind_name(root.kind()));
  }
  for (const auto& member : root.get_object()) {
    const std::string name(member.key());
    const json::value& value = member.value();
    if (name == "__metadata__") {
      if (!value.is_object()) continue;
      for (const auto& pair : value.get_object()) {
        if (pair.value().is_string()) metadata_.emplace(pair.key(), pair.value().get_string());
      }
      continue;
    }
    const Result<TensorView> view = read_tensor(value, data_);
    if (!view.ok()) {
      return at_place(fmt::format("{}: tensor \"{}\"", source_name_, name), view.error());
    }
    tensors_.emplace(name, *view);
  }
  return {};
}

// The format allows neither holes nor overlaps: a byte belongs to exactly one tensor.
Status SafetensorsFile::check_coverage() const {
  std::vector<std::pair<std::span<const std::byte>, std::string_view>> extents;
  extents.reserve(tensors_.size());
  for (const auto& [name, view] : tensors_) extents.emplace_back(view.bytes, name);
  std::sort(extents.begin(), extents.end(), [](const auto& a, const auto& b) {
    return std::pair(a.first.data(), a.first.size()) < std::pair(b.first.data(), b.first.size());
  });
  uint64_t expected = 0;
  for (const auto& [bytes, name] : extents) {
    const auto begin = static_cast<uint64_t>(bytes.data() - data_.data());
    if (begin != expected) {
      return fail(ErrorCode::kMalformed,
                  "{}: tensor \"{}\": expected its data at offset {}, found {}: tensors overlap or "
                  "leave a hole",
                  source_name_, name, expected, begin);
    }
    expected = begin + bytes.size();
  }
  if (expected == data_.size()) return {};
  return fail(ErrorCode::kMalformed, "{}: data: expected {} bytes, found {}", source_name_,
              expected, data_.size());
}

const TensorView* SafetensorsFile::find_tensor(std::string_view name) const {
  const auto found = tensors_.find(name);
  return found == tensors_.end() ? nullptr : &found->second;
}

Result<TensorView> SafetensorsFile::get_tensor(std::string_view name, const Shape& shape) const {
  const TensorView* view = find_tensor(name);
  if (view == nullptr) {
    return fail(ErrorCode::kNotFound, "{}: tensor \"{}\": expected with shape {}, but it is absent",
                source_name_, name, shape.to_string());
  }
  if (view->shape != shape) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected shape {}, found {}",
                source_name_, name, shape.to_string(), view->shape.to_string());
  }
  return *view;
}

}  // namespace ganglion
