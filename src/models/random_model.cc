#include "models/random_model.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstring>
#include <map>
#include <memory>
#include <numbers>
#include <string>
#include <utility>

#include "base/rng.h"
#include "kernels/quantize_blocks.h"
#include "models/gguf_stream.h"
#include "models/random_vocabulary.h"

namespace ganglion {
namespace {

struct Preset {
  std::string_view name;
  std::string_view architecture;
  uint64_t num_layers;
  uint64_t hidden_size;
  uint64_t feed_forward_size;
  uint64_t num_heads;
  uint64_t num_kv_heads;
  uint64_t context_length;
  double norm_epsilon;
  double rope_theta;
  bool has_output;  // a matrix of its own for the logits
  RandomVocabulary vocabulary;
};

// Source: config.json of TinyLlama-1.1B-Chat-v1.0, Qwen2.5-0.5B, Llama-3.2-1B, SmolLM2-135M and
// all-MiniLM-L6-v2.
constexpr std::array<Preset, 5> kPresets = {{
    {"tinyllama-1.1b",
     "llama",
     22,
     2048,
     5632,
     32,
     4,
     2048,
     1e-5,
     1e4,
     true,
     {VocabularyKind::kSentencePiece, 32'000, "default", true}},
    {"qwen2.5-0.5b",
     "qwen2",
     24,
     896,
     4864,
     14,
     2,
     32'768,
     1e-6,
     1e6,
     false,
     {VocabularyKind::kByteLevel, 151'936, "qwen2", false}},
    {"llama-3.2-1b",
     "llama",
     16,
     2048,
     8192,
     32,
     8,
     131'072,
     1e-5,
     5e5,
     false,
     {VocabularyKind::kByteLevel, 128'256, "llama-bpe", true}},
    {"smollm2-135m",
     "llama",
     30,
     576,
     1536,
     9,
     3,
     8192,
     1e-5,
     1e5,
     false,
     {VocabularyKind::kByteLevel, 49'152, "smollm", false}},
    {"minilm-l6",
     "bert",
     6,
     384,
     1536,
     12,
     12,
     512,
     1e-12,
     0,
     false,
     {VocabularyKind::kWordPiece, 30'522, "default", false}},
}};

// A tensor before its type is chosen.
struct Planned {
  std::string name;
  Shape shape;
  double deviation = 0;  // of random values around 0; 0: all are `value`
  float value = 0;
  std::vector<float> values;  // instead, if any
};

class Planner {
 public:
  explicit Planner(const Preset& preset) : preset_(preset) {}

  std::vector<Planned> plan() {
    preset_.architecture == "bert" ? plan_encoder() : plan_decoder();
    return std::move(tensors_);
  }

 private:
  uint64_t kv_size() const {
    return preset_.hidden_size / preset_.num_heads * preset_.num_kv_heads;
  }
  static Shape shape(uint64_t rows, uint64_t columns) {
    return {static_cast<int64_t>(rows), static_cast<int64_t>(columns)};
  }

  void table(std::string name, uint64_t rows) {
    constexpr double kEmbeddingDeviation = 0.02;
    tensors_.push_back({.name = std::move(name),
                        .shape = shape(rows, preset_.hidden_size),
                        .deviation = kEmbeddingDeviation,
                        .values = {}});
  }
  void constant(std::string name, uint64_t size, float value) {
    tensors_.push_back({.name = std::move(name),
                        .shape = {static_cast<int64_t>(size)},
                        .value = value,
                        .values = {}});
  }
  // `share` scales what a layer adds to the hidden state, so that it does not grow with the depth.
  void matrix(std::string name, uint64_t outputs, uint64_t inputs, double share = 1.0) {
    tensors_.push_back({.name = std::move(name),
                        .shape = shape(outputs, inputs),
                        .deviation = share / std::sqrt(static_cast<double>(inputs)),
                        .values = {}});
  }
  void biased(const std::string& name, uint64_t outputs, uint64_t inputs, double share = 1.0) {
    matrix(name + ".weight", outputs, inputs, share);
    constant(name + ".bias", outputs, 0.0F);
  }
  void layer_norm(const std::string& name) {
    constant(name + ".weight", preset_.hidden_size, 1.0F);
    constant(name + ".bias", preset_.hidden_size, 0.0F);
  }

  void plan_decoder() {
    const uint64_t hidden = preset_.hidden_size;
    const uint64_t wide = preset_.feed_forward_size;
    const double share = 1.0 / std::sqrt(2.0 * static_cast<double>(preset_.num_layers));
    table("token_embd.weight", preset_.vocabulary.size);
    if (preset_.name == "llama-3.2-1b") add_rope_divisors();
    constant("output_norm.weight", hidden, 1.0F);
    if (preset_.has_output) matrix("output.weight", preset_.vocabulary.size, hidden);
    for (uint64_t i = 0; i < preset_.num_layers; ++i) {
      const std::string layer = fmt::format("blk.{}.", i);
      constant(layer + "attn_norm.weight", hidden, 1.0F);
      const bool has_biases = preset_.architecture == "qwen2";
      for (const auto& [part, size] :
           {std::pair{"attn_q", hidden}, {"attn_k", kv_size()}, {"attn_v", kv_size()}}) {
        matrix(layer + part + ".weight", size, hidden);
        if (has_biases) constant(layer + part + ".bias", size, 0.0F);
      }
      matrix(layer + "attn_output.weight", hidden, hidden, share);
      constant(layer + "ffn_norm.weight", hidden, 1.0F);
      matrix(layer + "ffn_gate.weight", wide, hidden);
      matrix(layer + "ffn_up.weight", wide, hidden);
      matrix(layer + "ffn_down.weight", hidden, wide, share);
    }
  }

  void plan_encoder() {
    const uint64_t hidden = preset_.hidden_size;
    const uint64_t wide = preset_.feed_forward_size;
    table("token_embd.weight", preset_.vocabulary.size);
    table("position_embd.weight", preset_.context_length);
    table("token_types.weight", 2);
    layer_norm("token_embd_norm");
    for (uint64_t i = 0; i < preset_.num_layers; ++i) {
      const std::string layer = fmt::format("blk.{}.", i);
      for (const char* part : {"attn_q", "attn_k", "attn_v", "attn_output"}) {
        biased(layer + part, hidden, hidden);
      }
      layer_norm(layer + "attn_output_norm");
      biased(layer + "ffn_up", wide, hidden);
      biased(layer + "ffn_down", hidden, wide);
      layer_norm(layer + "layer_output_norm");
    }
  }

  // Llama 3.2's: factor 32, frequencies 1 and 4, 8192 original positions (see rope_config.cc).
  void add_rope_divisors() {
    constexpr double kFactor = 32;
    constexpr double kOriginal = 8192;
    const uint64_t head_dim = preset_.hidden_size / preset_.num_heads;
    std::vector<float> divisors;
    for (uint64_t i = 0; i < head_dim; i += 2) {
      const double wavelength =
          2 * std::numbers::pi *
          std::pow(preset_.rope_theta, static_cast<double>(i) / static_cast<double>(head_dim));
      const double smooth = std::clamp((kOriginal / wavelength - 1) / 3, 0.0, 1.0);
      divisors.push_back(static_cast<float>(1 / ((1 - smooth) / kFactor + smooth)));
    }
    const auto size = static_cast<int64_t>(divisors.size());
    tensors_.push_back(
        {.name = "rope_freqs.weight", .shape = {size}, .values = std::move(divisors)});
  }

  const Preset& preset_;
  std::vector<Planned> tensors_;
};

GgufWriter metadata_of(const Preset& preset, const RandomModelRequest& request) {
  GgufWriter metadata;
  const auto key = [&](std::string_view name) {
    return fmt::format("{}.{}", preset.architecture, name);
  };
  const auto size = [&](std::string_view name, uint64_t value) {
    metadata.set_u32(key(name), static_cast<uint32_t>(value));
  };
  metadata.set_string("general.architecture", preset.architecture);
  metadata.set_string("general.type", "model");
  metadata.set_string("general.name", fmt::format("{} with random weights", preset.name));
  size("block_count", preset.num_layers);
  size("context_length", preset.context_length);
  size("embedding_length", preset.hidden_size);
  size("feed_forward_length", preset.feed_forward_size);
  size("attention.head_count", preset.num_heads);
  size("vocab_size", preset.vocabulary.size);
  if (preset.architecture == "bert") {
    constexpr uint64_t kPoolingMean = 1;
    size("pooling_type", kPoolingMean);
    metadata.set_bool(key("attention.causal"), false);
    metadata.set_f32(key("attention.layer_norm_epsilon"), static_cast<float>(preset.norm_epsilon));
  } else {
    size("attention.head_count_kv", preset.num_kv_heads);
    size("rope.dimension_count", preset.hidden_size / preset.num_heads);
    metadata.set_f32(key("rope.freq_base"), static_cast<float>(preset.rope_theta));
    metadata.set_f32(key("attention.layer_norm_rms_epsilon"),
                     static_cast<float>(preset.norm_epsilon));
  }
  metadata.set_u32("general.file_type", request.mix->file_type);
  metadata.set_u32("general.quantization_version", 2);
  Rng rng(request.seed);
  add_random_vocabulary(preset.vocabulary, rng, metadata);
  return metadata;
}

// Quantised values of one type and deviation, cut into units that rows are put together from.
class Pool {
 public:
  static Result<Pool> create(DType dtype, double deviation, uint64_t seed) {
    constexpr size_t kPoolElements = size_t{1} << 21;
    const DTypeTraits& traits = dtype_traits(dtype);
    Pool pool;
    pool.unit_elements_ = std::max<size_t>(traits.block_elements, 32);
    pool.unit_bytes_ = pool.unit_elements_ / traits.block_elements * traits.block_bytes;
    std::vector<float> values(kPoolElements);
    Rng rng(seed);
    for (float& value : values) value = static_cast<float>(deviation * rng.normal());
    pool.bytes_.resize(kPoolElements / pool.unit_elements_ * pool.unit_bytes_);
    GANGLION_TRY(quantize_blocks(dtype, values, nullptr, pool.bytes_.data()));
    return pool;
  }

  // Fills rows of `columns` elements (a multiple of the unit), drawing from `rng`.
  void draw(Rng& rng, std::span<std::byte> out) const {
    const size_t num_units = bytes_.size() / unit_bytes_;
    for (size_t at = 0; at < out.size(); at += unit_bytes_) {
      std::memcpy(&out[at], &bytes_[rng.below(num_units) * unit_bytes_], unit_bytes_);
    }
  }
  size_t unit_elements() const { return unit_elements_; }

 private:
  size_t unit_elements_ = 0;
  size_t unit_bytes_ = 0;
  std::vector<std::byte> bytes_;
};

using Pools = std::map<std::pair<DType, double>, std::shared_ptr<const Pool>>;

Result<std::shared_ptr<const Pool>> pool_for(Pools& pools, DType dtype, double deviation,
                                             uint64_t seed) {
  std::shared_ptr<const Pool>& pool = pools[{dtype, deviation}];
  if (pool == nullptr) {
    GANGLION_ASSIGN(Pool made, Pool::create(dtype, deviation, seed));
    pool = std::make_shared<const Pool>(std::move(made));
  }
  return pool;
}

// Plain values of a tensor that is not random.
RowWriter write_values(const Planned& planned) {
  return [&planned](uint64_t first, uint64_t count, std::span<std::byte> out) {
    std::vector<float> values(count, planned.value);
    if (!planned.values.empty()) {
      std::copy_n(planned.values.begin() + static_cast<int64_t>(first), count, values.begin());
    }
    std::memcpy(out.data(), values.data(), out.size());
    return Status{};
  };
}

// A generator of its own for every call: rows do not depend on how they are cut into calls.
RowWriter draw_rows(std::shared_ptr<const Pool> pool, uint64_t seed) {
  return [pool = std::move(pool), seed](uint64_t first, uint64_t count, std::span<std::byte> out) {
    const size_t row_bytes = out.size() / count;
    for (uint64_t i = 0; i < count; ++i) {
      constexpr uint64_t kOdd = 0x9E3779B97F4A7C15;  // spreads neighbouring rows over all seeds
      Rng rng(seed + (first + i) * kOdd);
      pool->draw(rng, out.subspan(i * row_bytes, row_bytes));
    }
    return Status{};
  };
}

}  // namespace

std::vector<std::string_view> random_model_presets() {
  std::vector<std::string_view> names;
  names.reserve(kPresets.size());
  for (const Preset& preset : kPresets) names.push_back(preset.name);
  return names;
}

Status write_random_model(const RandomModelRequest& request, const std::filesystem::path& path,
                          ProgressSink& progress) {
  const auto found = std::find_if(kPresets.begin(), kPresets.end(), [&](const Preset& preset) {
    return preset.name == request.preset;
  });
  if (found == kPresets.end()) {
    return fail(ErrorCode::kInvalidArgument, "preset: expected one of {}, found \"{}\"",
                fmt::join(random_model_presets(), ", "), request.preset);
  }
  const std::vector<Planned> planned = Planner(*found).plan();
  std::vector<GgufTensor> outline;
  outline.reserve(planned.size());
  for (const Planned& tensor : planned) {
    outline.push_back({tensor.name, {DType::kF32, tensor.shape, {}}});
  }
  const MixFacts facts = {.architecture = found->architecture,
                          .num_layers = found->num_layers,
                          .heads_per_kv_head = found->num_heads / found->num_kv_heads};
  const std::vector<DType> dtypes = choose_tensor_types(facts, outline, *request.mix, false);
  Pools pools;
  std::vector<StreamedTensor> tensors;
  tensors.reserve(planned.size());
  for (size_t i = 0; i < planned.size(); ++i) {
    const Planned& tensor = planned[i];
    RowWriter writer = write_values(tensor);
    if (tensor.deviation > 0) {
      GANGLION_ASSIGN(auto pool, pool_for(pools, dtypes[i], tensor.deviation, request.seed));
      writer = draw_rows(std::move(pool), request.seed * planned.size() + i);
    }
    tensors.push_back({tensor.name, dtypes[i], tensor.shape, std::move(writer)});
  }
  return write_gguf_stream(path, metadata_of(*found, request), tensors, progress);
}

}  // namespace ganglion
