#include "engine/memory_need.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/memory.h"

namespace ganglion {
namespace {

struct WeightType {
  std::string_view name;
  double bits_per_weight;  // with the usual share of larger types in a mix
};
constexpr std::array<WeightType, 6> kTypes = {{
    {"Q8_0", 8.5},
    {"Q6_K", 6.6},
    {"Q5_K_M", 5.7},
    {"Q4_K_M", 4.9},
    {"Q3_K_M", 3.9},
    {"Q2_K", 3.0},
}};

}  // namespace

Status check_weights_fit(const std::string& source_name, const ModelDescription& model,
                         uint64_t available_bytes) {
  if (model.weight_bytes <= available_bytes) return {};
  std::string remedy = "take a smaller model";
  for (const WeightType& type : kTypes) {
    const auto needed =
        static_cast<uint64_t>(static_cast<double>(model.num_parameters) * type.bits_per_weight / 8);
    if (needed > available_bytes / 10 * 9 || needed >= model.weight_bytes) continue;
    remedy = fmt::format("the model as {} (ganglion quantize) would need about {}", type.name,
                         byte_count_text(needed));
    break;
  }
  return fail(ErrorCode::kLimit, "{}: the weights need {} of memory, and {} are available; {}",
              source_name, byte_count_text(model.weight_bytes), byte_count_text(available_bytes),
              remedy);
}

Status check_cache_fits(const std::string& source_name, size_t context_length, uint64_t cache_bytes,
                        uint64_t available_bytes) {
  if (cache_bytes <= available_bytes) return {};
  const uint64_t bytes_per_token = std::max<uint64_t>(cache_bytes / context_length, 1);
  return fail(ErrorCode::kLimit,
              "{}: a context of {} tokens needs {} of memory for keys and values, and {} are "
              "available; take a context of at most {} tokens, or a smaller cache type",
              source_name, context_length, byte_count_text(cache_bytes),
              byte_count_text(available_bytes), available_bytes / bytes_per_token);
}

}  // namespace ganglion
