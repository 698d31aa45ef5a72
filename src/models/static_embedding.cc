#include "models/static_embedding.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "formats/gguf_writer.h"
#include "models/gguf_wordpiece.h"

namespace ganglion {
namespace {

constexpr std::string_view kHiddenSizeKey = "static-embedding.embedding_length";
constexpr std::string_view kRowsName = "token_embd.weight";
constexpr std::string_view kScalesName = "token_embd.scale";
constexpr float kMaxInt8 = 127.0F;

Status check_scales(std::span<const float> scales, const std::string& source_name) {
  for (size_t id = 0; id < scales.size(); ++id) {
    // The bound keeps a sum of many rows finite.
    if (!(scales[id] >= 0.0F && scales[id] <= 1e6F)) {
      return fail(ErrorCode::kMalformed, "{}: tensor \"{}\"[{}]: expected 0 to 1e6, found {}",
                  source_name, kScalesName, id, scales[id]);
    }
  }
  return {};
}

Result<TensorView> typed_tensor(const GgufFile& file, std::string_view name, const Shape& shape,
                                DType dtype) {
  GANGLION_ASSIGN(const TensorView view, file.get_tensor(name, shape));
  if (view.dtype != dtype) {
    return fail(ErrorCode::kMalformed, "{}: tensor \"{}\": expected {}, found {}",
                file.source_name(), name, dtype_traits(dtype).name, dtype_traits(view.dtype).name);
  }
  return view;
}

// Columns in blocks of kBlock stay in registers over all tokens; the order of the additions is that
// of the tokens for every column, whatever the vector width.
constexpr size_t kBlock = 32;

void sum_rows(std::span<const int32_t> ids, const int8_t* rows, const float* scales,
              size_t hidden_size, float* out) {
  size_t column = 0;
  for (; column + kBlock <= hidden_size; column += kBlock) {
    float sums[kBlock] = {};
    for (const int32_t id : ids) {
      const int8_t* row = rows + static_cast<size_t>(id) * hidden_size + column;
      const float scale = scales[id];
      for (size_t i = 0; i < kBlock; ++i) sums[i] += scale * static_cast<float>(row[i]);
    }
    std::copy_n(sums, kBlock, out + column);
  }
  for (; column < hidden_size; ++column) {
    float sum = 0;
    for (const int32_t id : ids) {
      sum += scales[id] * static_cast<float>(rows[static_cast<size_t>(id) * hidden_size + column]);
    }
    out[column] = sum;
  }
}

void normalize(std::span<float> vector) {
  constexpr size_t kLanes = 8;
  double squares[kLanes] = {};
  for (size_t i = 0; i < vector.size(); ++i) {
    squares[i % kLanes] += static_cast<double>(vector[i]) * vector[i];
  }
  double total = 0;
  for (const double square : squares) total += square;
  if (total <= 0) return;
  const auto factor = static_cast<float>(1.0 / std::sqrt(total));
  for (float& value : vector) value *= factor;
}

}  // namespace

StaticEmbedding::StaticEmbedding(GgufFile file, WordPiece tokenizer, size_t hidden_size,
                                 std::span<const int8_t> rows, std::span<const float> scales)
    : file_(std::move(file)),
      tokenizer_(std::move(tokenizer)),
      hidden_size_(hidden_size),
      rows_(rows),
      scales_(scales) {}

Result<StaticEmbedding> StaticEmbedding::load(GgufFile file) {
  GANGLION_ASSIGN(const std::string_view architecture, file.get_string("general.architecture"));
  if (architecture != kArchitecture) {
    return fail(ErrorCode::kUnsupported, "{}: general.architecture: expected \"{}\", found \"{}\"",
                file.source_name(), kArchitecture, architecture);
  }
  GANGLION_ASSIGN(const uint64_t hidden_size, file.get_unsigned(kHiddenSizeKey));
  if (hidden_size < 1 || hidden_size > kMaxHiddenSize) {
    return fail(ErrorCode::kUnsupported, "{}: {}: expected 1 to {}, found {}", file.source_name(),
                kHiddenSizeKey, kMaxHiddenSize, hidden_size);
  }
  GANGLION_ASSIGN(auto tokenizer, read_gguf_wordpiece(file));
  const auto vocabulary_size = static_cast<int64_t>(tokenizer.vocabulary_size());
  const Shape rows_shape = {vocabulary_size, static_cast<int64_t>(hidden_size)};
  GANGLION_ASSIGN(const auto rows, typed_tensor(file, kRowsName, rows_shape, DType::kI8));
  GANGLION_ASSIGN(const auto scales,
                  typed_tensor(file, kScalesName, {vocabulary_size}, DType::kF32));
  const auto row_values = rows.as<int8_t>();
  const auto scale_values = scales.as<float>();
  GANGLION_TRY(check_scales(scale_values, file.source_name()));
  return StaticEmbedding(std::move(file), std::move(tokenizer), hidden_size, row_values,
                         scale_values);
}

void StaticEmbedding::embed_tokens(std::span<const int32_t> ids, std::span<float> out) const {
  GANGLION_ASSERT(out.size() == hidden_size_);
  sum_rows(ids, rows_.data(), scales_.data(), hidden_size_, out.data());
  normalize(out);
}

void StaticEmbedding::embed(std::string_view text, std::span<float> out) const {
  embed_tokens(tokenizer_.encode(text, {.add_special_tokens = false}), out);
}

void StaticEmbedding::embed(std::span<const std::string_view> texts, std::span<float> out) const {
  GANGLION_ASSERT(out.size() == texts.size() * hidden_size_);
  std::vector<int32_t> ids;
  for (size_t i = 0; i < texts.size(); ++i) {
    tokenizer_.encode(texts[i], {.add_special_tokens = false}, ids);
    embed_tokens(ids, out.subspan(i * hidden_size_, hidden_size_));
  }
}

StaticEmbeddingWeights quantize_static_embedding(std::vector<std::string> tokens,
                                                 int32_t unknown_id, size_t hidden_size,
                                                 std::span<const float> vectors) {
  GANGLION_ASSERT(vectors.size() == tokens.size() * hidden_size);
  StaticEmbeddingWeights weights;
  weights.rows.resize(vectors.size());
  weights.scales.resize(tokens.size());
  for (size_t id = 0; id < tokens.size(); ++id) {
    const auto vector = vectors.subspan(id * hidden_size, hidden_size);
    float largest = 0;
    for (const float value : vector) largest = std::max(largest, std::fabs(value));
    weights.scales[id] = largest / kMaxInt8;
    const float factor = largest > 0 ? kMaxInt8 / largest : 0.0F;
    for (size_t i = 0; i < hidden_size; ++i) {
      weights.rows[id * hidden_size + i] = static_cast<int8_t>(std::lrint(vector[i] * factor));
    }
  }
  weights.tokens = std::move(tokens);
  weights.unknown_id = unknown_id;
  weights.hidden_size = hidden_size;
  return weights;
}

Result<std::string> serialise_static_embedding(const StaticEmbeddingWeights& weights,
                                               const StaticEmbeddingInfo& info) {
  const auto vocabulary_size = static_cast<int64_t>(weights.tokens.size());
  GgufWriter writer;
  writer.set_string("general.architecture", StaticEmbedding::kArchitecture);
  writer.set_string("general.name", info.name);
  writer.set_string("general.description", info.description);
  writer.set_string("general.license", info.license);
  writer.set_u32(kHiddenSizeKey, static_cast<uint32_t>(weights.hidden_size));
  WordPieceSpec tokenizer;
  tokenizer.tokens = weights.tokens;
  tokenizer.unknown_id = weights.unknown_id;
  write_gguf_wordpiece(tokenizer, writer);
  writer.add_i8(kRowsName, {vocabulary_size, static_cast<int64_t>(weights.hidden_size)},
                weights.rows);
  writer.add_f32(kScalesName, {vocabulary_size}, weights.scales);
  return writer.serialise();
}

}  // namespace ganglion
