#include "models/split_gguf.h"

#include <memory>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "formats/gguf_writer.h"

namespace ganglion {
namespace {

constexpr uint64_t kMaxParts = 99999;  // five digits

std::string numbers_text(uint64_t number, uint64_t count) {
  return fmt::format("-{:05}-of-{:05}.gguf", number, count);
}

struct Parts {
  std::string stem;  // the path without the numbers
  uint64_t count = 0;
};

Result<Parts> find_parts(const std::filesystem::path& path, const GgufFile& part, uint64_t count) {
  GANGLION_ASSIGN(const uint64_t index, part.get_unsigned("split.no"));
  if (count > kMaxParts || index >= count) {
    return fail(ErrorCode::kMalformed,
                "{}: metadata \"split.no\": expected less than \"split.count\", at most {}, found "
                "{} of {}",
                part.source_name(), kMaxParts, index, count);
  }
  const std::string text = path.string();
  const std::string tail = numbers_text(index + 1, count);
  if (text.ends_with(tail)) return Parts{text.substr(0, text.size() - tail.size()), count};
  return fail(ErrorCode::kMalformed,
              "{}: is part {} of {}: expected a name that ends in {}, by which the other parts are "
              "found; give the parts their names back, or merge them (llama-gguf-split --merge)",
              part.source_name(), index + 1, count, tail);
}

Result<GgufFile> open_part(const Parts& parts, uint64_t index) {
  Result<GgufFile> part = GgufFile::open(parts.stem + numbers_text(index + 1, parts.count));
  if (!part.ok()) {
    return fail(part.error().code, "{}; a model in {} parts needs all of them in one folder",
                part.error().message, parts.count);
  }
  GANGLION_ASSIGN(const uint64_t count, part->get_unsigned("split.count"));
  GANGLION_ASSIGN(const uint64_t found, part->get_unsigned("split.no"));
  if (count == parts.count && found == index) return part;
  return fail(ErrorCode::kMalformed,
              "{}: metadata \"split.no\": expected {} of {}, found {} of {}; it belongs to another "
              "model, fetch it again",
              part->source_name(), index, parts.count, found, count);
}

// The metadata of the first part, which has all of it.
Result<std::string> whole_header(const GgufFile& first) {
  GgufWriter writer;
  for (const GgufEntry& entry : first.entries()) {
    if (!entry.key.starts_with("split.") && entry.key != "general.alignment") {
      writer.copy_entry(entry);
    }
  }
  return writer.header();
}

}  // namespace

Result<GgufFile> open_all_parts(const std::filesystem::path& path, GgufFile part) {
  GANGLION_ASSIGN(const uint64_t count, part.get_unsigned_or("split.count", 1));
  if (count <= 1) return part;
  GANGLION_ASSIGN(const Parts parts, find_parts(path, part, count));
  const auto files = std::make_shared<std::vector<GgufFile>>();
  std::vector<GgufTensor> tensors;
  std::unordered_set<std::string_view> names;
  for (uint64_t index = 0; index < count; ++index) {
    GANGLION_ASSIGN(GgufFile file, open_part(parts, index));
    for (const GgufTensor& tensor : file.tensors()) {
      if (!names.insert(tensor.name).second) {
        return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected in one part only",
                    file.source_name(), tensor.name);
      }
      tensors.push_back(tensor);
    }
    files->push_back(std::move(file));
  }
  const GgufFile& first = files->front();
  GANGLION_ASSIGN(const uint64_t num_tensors,
                  first.get_unsigned_or("split.tensors.count", tensors.size()));
  if (num_tensors != tensors.size()) {
    return fail(ErrorCode::kMalformed,
                "{}: metadata \"split.tensors.count\": expected {} (of all parts), found {}",
                first.source_name(), tensors.size(), num_tensors);
  }
  GANGLION_ASSIGN(std::string header, whole_header(first));
  std::string source_name = first.source_name();
  return GgufFile::assemble(std::move(header), std::move(tensors), files, std::move(source_name));
}

}  // namespace ganglion
