#include "formats/gguf.h"

#include <algorithm>
#include <bit>
#include <numeric>

#include "base/checked_math.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr std::string_view kMagic = "GGUF";
constexpr uint32_t kDefaultAlignment = 32;
constexpr uint32_t kMinAlignment = 8;
constexpr uint32_t kMaxAlignment = 1U << 20;
// The least an entry or a tensor info can take, so that a count can be refused before a loop.
constexpr uint64_t kMinEntryBytes = 8 + 1 + 4 + 1;               // length, key, type, value
constexpr uint64_t kMinTensorInfoBytes = 8 + 1 + 4 + 8 + 4 + 8;  // …, dims, type, offset
constexpr uint64_t kMaxKeyBytes = 65535;                         // the specification's limit

std::string_view as_text(std::span<const std::byte> bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

Status check_count(const ByteCursor& cursor, std::string_view field, uint64_t count,
                   uint64_t min_bytes) {
  if (count <= cursor.remaining() / min_bytes) return {};
  return fail(ErrorCode::kMalformed,
              "{}: {}: expected at most {} (the {} bytes left hold no more), found {}; the file is "
              "cut off or damaged, fetch it again",
              cursor.source_name(), field, cursor.remaining() / min_bytes, cursor.remaining(),
              count);
}

Result<std::string_view> read_string(ByteCursor& cursor, std::string_view field) {
  const uint64_t start = cursor.position();
  GANGLION_ASSIGN(const uint64_t size, cursor.read<uint64_t>(field));
  GANGLION_ASSIGN(const std::span<const std::byte> bytes, cursor.take(size, field));
  const std::string_view text = as_text(bytes);
  if (const size_t bad = find_invalid_utf8(text); bad != std::string_view::npos) {
    return fail(ErrorCode::kMalformed,
                "{}: {} at byte {}: expected UTF-8 text, found byte 0x{:02x} at position {} of it",
                cursor.source_name(), field, start, static_cast<unsigned char>(text[bad]), bad);
  }
  return text;
}

Result<GgufValueType> read_value_type(ByteCursor& cursor, std::string_view field) {
  GANGLION_ASSIGN(const uint32_t number, cursor.read<uint32_t>(field));
  const auto type = static_cast<GgufValueType>(number);
  if (gguf_value_type_name(type) == "unknown") {
    return fail(ErrorCode::kMalformed, "{}: {}: expected a value type from 0 to 12, found {}",
                cursor.source_name(), field, number);
  }
  return type;
}

Status check_bools(const ByteCursor& cursor, std::string_view field,
                   std::span<const std::byte> payload) {
  for (const std::byte byte : payload) {
    if (byte > std::byte{1}) {
      return fail(ErrorCode::kMalformed, "{}: {}: expected a bool of 0 or 1, found {}",
                  cursor.source_name(), field, std::to_integer<int>(byte));
    }
  }
  return {};
}

// Fills value.payload with value.count elements of value.element_type, validated.
Status read_payload(ByteCursor& cursor, std::string_view field, GgufValue& value) {
  if (value.element_type == GgufValueType::kString) {
    GANGLION_TRY(check_count(cursor, field, value.count, sizeof(uint64_t)));
    ByteCursor ahead = cursor;
    for (uint64_t i = 0; i < value.count; ++i) GANGLION_TRY(read_string(ahead, field));
    GANGLION_ASSIGN(value.payload, cursor.take(ahead.position() - cursor.position(), field));
    return {};
  }
  const uint64_t element_bytes = gguf_value_type_size(value.element_type);
  GANGLION_TRY(check_count(cursor, field, value.count, element_bytes));
  GANGLION_ASSIGN(value.payload, cursor.take(value.count * element_bytes, field));
  if (value.element_type == GgufValueType::kBool) return check_bools(cursor, field, value.payload);
  return {};
}

Result<GgufValue> read_value(ByteCursor& cursor, std::string_view field) {
  GgufValue value;
  GANGLION_ASSIGN(value.type, read_value_type(cursor, field));
  value.element_type = value.type;
  if (value.type == GgufValueType::kString) {
    GANGLION_ASSIGN(const std::string_view text, read_string(cursor, field));
    value.payload = {reinterpret_cast<const std::byte*>(text.data()), text.size()};
    return value;
  }
  if (value.is_array()) {
    GANGLION_ASSIGN(value.element_type, read_value_type(cursor, field));
    if (value.element_type == GgufValueType::kArray) {
      return fail(
          ErrorCode::kMalformed,
          "{}: {}: expected an array of numbers, bools or strings, found an array of arrays",
          cursor.source_name(), field);
    }
    GANGLION_ASSIGN(value.count, cursor.read<uint64_t>(field));
  }
  GANGLION_TRY(read_payload(cursor, field, value));
  return value;
}

// The byte size of a tensor, or an error where the dimensions make none.
Result<uint64_t> tensor_size(std::string_view source_name, std::string_view name, DType dtype,
                             const Shape& shape) {
  const DTypeTraits& traits = dtype_traits(dtype);
  std::optional<uint64_t> elements = 1;
  for (size_t i = 0; i < shape.num_dimensions(); ++i) {
    if (elements) elements = checked_multiply(*elements, static_cast<uint64_t>(shape[i]));
  }
  const auto row = static_cast<uint64_t>(shape[shape.num_dimensions() - 1]);
  if (row % traits.block_elements != 0) {
    return fail(
        ErrorCode::kMalformed,
        "{}: tensor \"{}\": expected a row of a multiple of {} values for type {}, found {}",
        source_name, name, traits.block_elements, traits.name, row);
  }
  if (elements) elements = checked_multiply(*elements / traits.block_elements, traits.block_bytes);
  if (!elements) {
    return fail(ErrorCode::kMalformed,
                "{}: tensor \"{}\": expected dimensions whose product fits 64 bits, found {}",
                source_name, name, shape.to_string());
  }
  return *elements;
}

Result<Shape> read_shape(ByteCursor& cursor, const std::string& field) {
  GANGLION_ASSIGN(const uint32_t num_dimensions, cursor.read<uint32_t>(field));
  if (num_dimensions < 1 || num_dimensions > Shape::kMaxDimensions) {
    return fail(ErrorCode::kMalformed, "{}: {}: expected 1 to {} dimensions, found {}",
                cursor.source_name(), field, Shape::kMaxDimensions, num_dimensions);
  }
  std::array<int64_t, Shape::kMaxDimensions> innermost_first = {};
  for (uint32_t i = 0; i < num_dimensions; ++i) {
    GANGLION_ASSIGN(innermost_first[i], cursor.read<int64_t>(field));
    if (innermost_first[i] < 1) {
      return fail(ErrorCode::kMalformed,
                  "{}: {}: expected dimension {} between 1 and 2^63-1, found {}",
                  cursor.source_name(), field, i, static_cast<uint64_t>(innermost_first[i]));
    }
  }
  Shape shape;
  for (uint32_t i = num_dimensions; i > 0; --i) shape.push_back(innermost_first[i - 1]);
  return shape;
}

}  // namespace

Result<GgufFile> GgufFile::open(const std::filesystem::path& path) {
  GANGLION_ASSIGN(MappedFile mapping, MappedFile::open(path));
  GANGLION_ASSIGN(GgufFile file, parse(mapping.bytes(), path.string()));
  file.mapping_ = std::move(mapping);
  return file;
}

Result<GgufFile> GgufFile::parse(std::span<const std::byte> bytes, std::string source_name) {
  GgufFile file;
  file.source_name_ = std::move(source_name);
  file.bytes_ = bytes;
  file.file_size_ = bytes.size();
  ByteCursor cursor(bytes, file.source_name_);
  uint64_t num_tensors = 0;
  uint64_t num_entries = 0;
  GANGLION_TRY(file.read_header(cursor, &num_tensors, &num_entries));
  GANGLION_TRY(file.read_entries(cursor, num_entries));
  GANGLION_TRY(file.read_alignment());
  GANGLION_TRY(file.read_tensor_infos(cursor, num_tensors));
  GANGLION_TRY(file.place_tensors(cursor.position()));
  GANGLION_TRY(file.check_overlaps());
  return file;
}

Result<GgufFile> GgufFile::assemble(std::string header, std::vector<GgufTensor> tensors,
                                    std::shared_ptr<const void> storage, std::string source_name) {
  struct Parts {
    std::string header;
    std::shared_ptr<const void> storage;
  };
  const auto parts = std::make_shared<const Parts>(Parts{std::move(header), std::move(storage)});
  GANGLION_ASSIGN(GgufFile file,
                  parse(std::as_bytes(std::span(parts->header)), std::move(source_name)));
  GANGLION_ASSERT(file.tensors_.empty());
  file.storage_ = parts;
  for (const GgufTensor& tensor : tensors) {
    const bool inserted = file.tensor_index_.emplace(tensor.name, file.tensor_index_.size()).second;
    GANGLION_ASSERT(inserted);
    file.file_size_ += tensor.view.bytes.size();
  }
  file.tensors_ = std::move(tensors);
  return file;
}

Status GgufFile::read_header(ByteCursor& cursor, uint64_t* num_tensors, uint64_t* num_entries) {
  GANGLION_ASSIGN(const std::span<const std::byte> magic, cursor.take(kMagic.size(), "magic"));
  if (as_text(magic) != kMagic) {
    return fail(
        ErrorCode::kMalformed,
        "{}: magic: expected \"GGUF\", found bytes {:02x} {:02x} {:02x} {:02x}; this is not "
        "a GGUF file",
        source_name_, std::to_integer<int>(magic[0]), std::to_integer<int>(magic[1]),
        std::to_integer<int>(magic[2]), std::to_integer<int>(magic[3]));
  }
  GANGLION_ASSIGN(version_, cursor.read<uint32_t>("version"));
  if (version_ != 2 && version_ != 3) {
    const bool swapped = version_ == 0x02000000 || version_ == 0x03000000;
    return fail(ErrorCode::kUnsupported, "{}: version: expected 2 or 3, found {}{}", source_name_,
                version_, swapped ? "; the file is big-endian, convert it to little-endian" : "");
  }
  GANGLION_ASSIGN(*num_tensors, cursor.read<uint64_t>("tensor count"));
  GANGLION_ASSIGN(*num_entries, cursor.read<uint64_t>("metadata count"));
  GANGLION_TRY(check_count(cursor, "tensor count", *num_tensors, kMinTensorInfoBytes));
  return check_count(cursor, "metadata count", *num_entries, kMinEntryBytes);
}

Status GgufFile::read_entries(ByteCursor& cursor, uint64_t num_entries) {
  entries_.reserve(num_entries);
  entry_index_.reserve(num_entries);
  for (uint64_t i = 0; i < num_entries; ++i) {
    GANGLION_ASSIGN(const std::string_view key,
                    read_string(cursor, fmt::format("metadata key {}", i)));
    if (key.empty() || key.size() > kMaxKeyBytes) {
      return fail(ErrorCode::kMalformed, "{}: metadata key {}: expected 1 to {} bytes, found {}",
                  source_name_, i, kMaxKeyBytes, key.size());
    }
    GANGLION_ASSIGN(const GgufValue value, read_value(cursor, fmt::format("metadata \"{}\"", key)));
    if (!entry_index_.emplace(key, entries_.size()).second) {
      return fail(ErrorCode::kMalformed,
                  "{}: metadata \"{}\": expected once, found again as key {}", source_name_, key,
                  i);
    }
    entries_.push_back({key, value});
  }
  return {};
}

Status GgufFile::read_alignment() {
  GANGLION_ASSIGN(const uint64_t alignment,
                  get_unsigned_or("general.alignment", kDefaultAlignment));
  if (!std::has_single_bit(alignment) || alignment < kMinAlignment || alignment > kMaxAlignment) {
    return fail(
        ErrorCode::kMalformed,
        "{}: metadata \"general.alignment\": expected a power of two from {} to {}, found {}",
        source_name_, kMinAlignment, kMaxAlignment, alignment);
  }
  alignment_ = static_cast<uint32_t>(alignment);
  return {};
}

Status GgufFile::read_tensor_infos(ByteCursor& cursor, uint64_t num_tensors) {
  GANGLION_TRY(check_count(cursor, "tensor count", num_tensors, kMinTensorInfoBytes));
  tensors_.reserve(num_tensors);
  tensor_offsets_.reserve(num_tensors);
  tensor_index_.reserve(num_tensors);
  for (uint64_t i = 0; i < num_tensors; ++i) {
    GgufTensor tensor;
    GANGLION_ASSIGN(tensor.name, read_string(cursor, fmt::format("name of tensor {}", i)));
    const std::string field = fmt::format("tensor \"{}\"", tensor.name);
    GANGLION_ASSIGN(tensor.view.shape, read_shape(cursor, field));
    GANGLION_ASSIGN(const uint32_t type, cursor.read<uint32_t>(field));
    const std::optional<DType> dtype = dtype_from_gguf_id(type);
    if (!dtype) {
      return fail(ErrorCode::kUnsupported,
                  "{}: {}: expected a known element type, found type number {}", source_name_,
                  field, type);
    }
    tensor.view.dtype = *dtype;
    GANGLION_ASSIGN(const uint64_t offset, cursor.read<uint64_t>(field));
    if (offset % alignment_ != 0) {
      return fail(ErrorCode::kMalformed,
                  "{}: {}: expected an offset that is a multiple of {}, found {}", source_name_,
                  field, alignment_, offset);
    }
    if (!tensor_index_.emplace(tensor.name, tensors_.size()).second) {
      return fail(ErrorCode::kMalformed, "{}: {}: expected once, found again as tensor {}",
                  source_name_, field, i);
    }
    tensor_offsets_.push_back(offset);
    tensors_.push_back(tensor);
  }
  return {};
}

Status GgufFile::place_tensors(uint64_t infos_end) {
  const std::optional<uint64_t> aligned = checked_align_up(infos_end, alignment_);
  const uint64_t data_start = std::min(aligned.value_or(bytes_.size()), uint64_t{bytes_.size()});
  const uint64_t data_bytes = bytes_.size() - data_start;
  for (size_t i = 0; i < tensors_.size(); ++i) {
    TensorView& view = tensors_[i].view;
    GANGLION_ASSIGN(const uint64_t size,
                    tensor_size(source_name_, tensors_[i].name, view.dtype, view.shape));
    const uint64_t offset = tensor_offsets_[i];
    if (offset > data_bytes || size > data_bytes - offset) {
      return fail(ErrorCode::kMalformed,
                  "{}: tensor \"{}\": expected {} bytes at offset {} of the data section, which is "
                  "only {} bytes long; the file is cut off or damaged, fetch it again",
                  source_name_, tensors_[i].name, size, offset, data_bytes);
    }
    view.bytes = bytes_.subspan(data_start + offset, size);
  }
  return {};
}

Status GgufFile::check_overlaps() const {
  std::vector<size_t> order(tensors_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::sort(order.begin(), order.end(),
            [this](size_t a, size_t b) { return tensor_offsets_[a] < tensor_offsets_[b]; });
  for (size_t i = 1; i < order.size(); ++i) {
    const size_t before = order[i - 1];
    const size_t after = order[i];
    const uint64_t end = tensor_offsets_[before] + tensors_[before].view.bytes.size();
    if (tensor_offsets_[after] < end) {
      return fail(
          ErrorCode::kMalformed,
          "{}: tensor \"{}\": expected an offset of at least {} (after tensor \"{}\"), found "
          "{}: they overlap",
          source_name_, tensors_[after].name, end, tensors_[before].name, tensor_offsets_[after]);
    }
  }
  return {};
}

}  // namespace ganglion
