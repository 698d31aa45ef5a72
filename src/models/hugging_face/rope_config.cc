// Rotary position embeddings: config.json to GGUF.
#include <cmath>
#include <numbers>

#include "models/hugging_face/decoder_config.h"

namespace ganglion {
namespace {

Status read_llama3(const HfConfig& config, RopeConfig& rope) {
  GANGLION_ASSIGN(rope.factor, config.get_number("factor"));
  GANGLION_ASSIGN(rope.low_frequency_factor, config.get_number("low_freq_factor"));
  GANGLION_ASSIGN(rope.high_frequency_factor, config.get_number("high_freq_factor"));
  GANGLION_ASSIGN(rope.original_context_length,
                  config.get_number("original_max_position_embeddings"));
  if (rope.factor > 0 && rope.original_context_length > 0 && rope.low_frequency_factor > 0 &&
      rope.high_frequency_factor > rope.low_frequency_factor) {
    return {};
  }
  return fail(ErrorCode::kMalformed,
              "{}: expected factors above 0, \"high_freq_factor\" above \"low_freq_factor\"",
              config.source_name());
}

// What GGUF's readers take for granted.
Status read_yarn(const HfConfig& config, RopeConfig& rope) {
  GANGLION_ASSIGN(rope.factor, config.get_number("factor"));
  GANGLION_TRY(require_number(config, "beta_fast", 32));
  GANGLION_TRY(require_number(config, "beta_slow", 1));
  GANGLION_TRY(require_flag(config, "truncate", true, true));
  for (const std::string_view key : {"mscale", "mscale_all_dim"}) {
    if (!config.has(key)) continue;
    return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected absent", config.source_name(), key);
  }
  const double usual = rope.factor > 1 ? 0.1 * std::log(rope.factor) + 1 : 1.0;
  GANGLION_ASSIGN(const double found, config.get_number_or("attention_factor", usual));
  if (std::abs(found - usual) < 1e-6) return {};
  return fail(ErrorCode::kUnsupported,
              "{}: \"attention_factor\": expected {} (from the factor), "
              "found {}",
              config.source_name(), usual, found);
}

Status read_longrope(const HfConfig& config, RopeConfig& rope) {
  for (const std::string_view key : {"short_mscale", "long_mscale"}) {
    if (!config.has(key)) continue;
    return fail(ErrorCode::kUnsupported, "{}: \"{}\": expected absent", config.source_name(), key);
  }
  GANGLION_ASSIGN(rope.short_factors, config.get_numbers("short_factor"));
  GANGLION_ASSIGN(rope.long_factors, config.get_numbers("long_factor"));
  GANGLION_ASSIGN(rope.attention_factor, config.get_number_or("attention_factor", 0));
  return {};
}

// `config` is the object that holds the type and its settings.
Status read_scaling(const HfConfig& config, RopeConfig& rope) {
  GANGLION_ASSIGN(const std::string old_type, config.get_string_or("type", "default"));
  GANGLION_ASSIGN(rope.type, config.get_string_or("rope_type", old_type));
  if (rope.type == "su") rope.type = "longrope";  // its name in early Phi-3 files
  GANGLION_ASSIGN(rope.original_context_length,
                  config.get_number_or("original_max_position_embeddings", 0));
  if (rope.type == "default") return {};
  if (rope.type == "llama3") return read_llama3(config, rope);
  if (rope.type == "yarn") return read_yarn(config, rope);
  if (rope.type == "longrope") return read_longrope(config, rope);
  if (rope.type == "linear") {
    GANGLION_ASSIGN(rope.factor, config.get_number("factor"));
    return {};
  }
  return fail(ErrorCode::kUnsupported,
              "{}: \"rope_type\": expected default, linear, llama3, longrope or yarn, found \"{}\"",
              config.source_name(), rope.type);
}

// The divisors of llama3's scaling, one a pair: wavelengths below the original context stay, those
// far above it are stretched by the factor, those between are mixed.
// Source: transformers, modeling_rope_utils.py, _compute_llama3_parameters.
std::vector<float> llama3_divisors(const RopeConfig& rope, uint64_t rotated) {
  std::vector<float> divisors;
  divisors.reserve(rotated / 2);
  const double low_wavelength = rope.original_context_length / rope.low_frequency_factor;
  const double high_wavelength = rope.original_context_length / rope.high_frequency_factor;
  for (uint64_t i = 0; i < rotated; i += 2) {
    const double frequency =
        std::pow(rope.theta, -static_cast<double>(i) / static_cast<double>(rotated));
    const double wavelength = 2 * std::numbers::pi / frequency;
    double divisor = 1.0;
    if (wavelength > low_wavelength) {
      divisor = rope.factor;
    } else if (wavelength >= high_wavelength) {
      const double smooth =
          (rope.original_context_length / wavelength - rope.low_frequency_factor) /
          (rope.high_frequency_factor - rope.low_frequency_factor);
      divisor = 1.0 / ((1.0 - smooth) / rope.factor + smooth);
    }
    divisors.push_back(static_cast<float>(divisor));
  }
  return divisors;
}

}  // namespace

Result<RopeConfig> read_rope(const HfConfig& config, double default_theta) {
  RopeConfig rope;
  GANGLION_ASSIGN(rope.theta, config.get_number_or("rope_theta", default_theta));
  GANGLION_ASSIGN(rope.partial_factor, config.get_number_or("partial_rotary_factor", 1.0));
  if (config.has("rope_parameters")) {
    GANGLION_ASSIGN(const HfConfig parameters, config.get_object("rope_parameters"));
    GANGLION_ASSIGN(rope.theta, parameters.get_number_or("rope_theta", rope.theta));
    GANGLION_ASSIGN(rope.partial_factor,
                    parameters.get_number_or("partial_rotary_factor", rope.partial_factor));
    GANGLION_TRY(read_scaling(parameters, rope));
  } else if (config.has("rope_scaling")) {
    GANGLION_ASSIGN(const HfConfig scaling, config.get_object("rope_scaling"));
    GANGLION_TRY(read_scaling(scaling, rope));
  }
  const bool is_sane = rope.theta > 0 && rope.partial_factor > 0 && rope.partial_factor <= 1 &&
                       rope.factor > 0 && rope.original_context_length >= 0 &&
                       rope.original_context_length < 0x1p31;
  if (is_sane) return rope;
  return fail(ErrorCode::kMalformed,
              "{}: rope: expected a theta, a factor and lengths above 0 and a "
              "\"partial_rotary_factor\" of at most 1",
              config.source_name());
}

Status add_rope(const RopeConfig& rope, const DecoderConfig& sizes, RecipeBuilder& builder) {
  const auto rotated =
      static_cast<uint64_t>(rope.partial_factor * static_cast<double>(sizes.head_dim));
  builder.set_number("rope.freq_base", rope.theta);
  builder.set_size("rope.dimension_count", rotated);
  if (rope.type == "default") return {};
  if (rope.type == "llama3") {
    builder.add_values("rope_freqs.weight", llama3_divisors(rope, rotated));
    return {};
  }
  if (rope.type == "longrope") {
    return fail(ErrorCode::kUnsupported, "{}: \"rope_type\": \"longrope\" is known of phi3 only",
                builder.config().source_name());
  }
  builder.set_text("rope.scaling.type", rope.type);
  builder.set_number("rope.scaling.factor", rope.factor);
  if (rope.type == "yarn") {
    const auto stated = static_cast<uint64_t>(rope.original_context_length);
    builder.set_size("rope.scaling.original_context_length",
                     stated > 0 ? stated : sizes.context_length);
  }
  return {};
}

}  // namespace ganglion
