#include "nn/attention.h"

#include <cmath>

namespace ganglion {

void self_attention(const KernelTable& kernels, const float* qkv, size_t num_tokens,
                    size_t num_heads, size_t head_dim, float* out, AttentionScratch& scratch) {
  const size_t hidden_size = num_heads * head_dim;
  const size_t stride = 3 * hidden_size;
  const float scale = 1.0F / std::sqrt(static_cast<float>(head_dim));
  if (scratch.weights.size() < num_tokens * num_tokens) {
    scratch.weights.resize(num_tokens * num_tokens);
  }
  float* weights = scratch.weights.data();
  for (size_t head = 0; head < num_heads; ++head) {
    const float* query = qkv + head * head_dim;
    scratch.keys.pack(query + hidden_size, num_tokens, head_dim, stride, 1);
    scratch.values.pack(query + 2 * hidden_size, head_dim, num_tokens, 1, stride);

    GemmF32 scores = gemm_of(scratch.keys);
    scores.a = query;
    scores.a_stride = stride;
    scores.c = weights;
    scores.c_stride = num_tokens;
    scores.num_rows = num_tokens;
    kernels.gemm_f32(scores);
    for (size_t token = 0; token < num_tokens; ++token) {
      kernels.softmax(weights + token * num_tokens, num_tokens, scale);
    }
    GemmF32 mix = gemm_of(scratch.values);
    mix.a = weights;
    mix.a_stride = num_tokens;
    mix.c = out + head * head_dim;
    mix.c_stride = hidden_size;
    mix.num_rows = num_tokens;
    kernels.gemm_f32(mix);
  }
}

}  // namespace ganglion
