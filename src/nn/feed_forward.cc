#include "nn/feed_forward.h"

#include <algorithm>
#include <cmath>

#include "base/check.h"

namespace ganglion {
namespace {

// Where one token goes.
struct Route {
  size_t expert = 0;
  float weight = 0;
};

// The k highest of `ratings` [E], which become weights; the earlier of equal ones first.
void choose_experts(const KernelTable& kernels, float* ratings, size_t num_experts, size_t num_used,
                    bool renormalises, Route* routes) {
  kernels.softmax(ratings, num_experts, 1.0F);
  float sum = 0;
  for (size_t rank = 0; rank < num_used; ++rank) {
    size_t best = 0;
    for (size_t i = 1; i < num_experts; ++i) {
      if (ratings[i] > ratings[best]) best = i;
    }
    routes[rank] = {best, ratings[best]};
    sum += ratings[best];
    ratings[best] = -1;
  }
  for (size_t i = 0; renormalises && i < num_used; ++i) routes[i].weight /= sum;
}

void add_scaled(const float* x, float scale, size_t size, float* out) {
  for (size_t i = 0; i < size; ++i) out[i] += scale * x[i];
}

}  // namespace

void FeedForward::forward(const Compute& compute, DecoderScratch& scratch, const float* x,
                          size_t num_tokens, float* out) const {
  const size_t width = up.num_outputs();
  const size_t inner = is_gated ? width / 2 : width;
  GANGLION_ASSERT(inner == down.num_inputs());
  float* expanded = make_room(scratch.expanded, num_tokens * width);
  float* activated = make_room(scratch.activated, num_tokens * inner);
  up.forward(compute, x, num_tokens, expanded);
  for_each_row(compute, num_tokens, [&](size_t token) {
    const float* gate = expanded + token * width;
    float* row = activated + token * inner;
    std::copy_n(gate, inner, row);
    if (activation == Activation::kSilu) {
      compute.kernels.silu(row, inner);
    } else {
      compute.kernels.gelu_tanh(row, inner);
    }
    for (size_t i = 0; is_gated && i < inner; ++i) row[i] *= gate[inner + i];
  });
  down.forward(compute, activated, num_tokens, out);
}

void MixtureOfExperts::forward(const Compute& compute, DecoderScratch& scratch, const float* x,
                               size_t num_tokens, float* out) const {
  const size_t hidden_size = router.num_inputs();
  float* ratings = make_room(scratch.routes, num_tokens * experts.size());
  router.forward(compute, x, num_tokens, ratings);
  std::vector<Route> routes(num_tokens * num_used);
  for (size_t token = 0; token < num_tokens; ++token) {
    choose_experts(compute.kernels, ratings + token * experts.size(), experts.size(), num_used,
                   renormalises, routes.data() + token * num_used);
  }
  // Every expert reads its tokens together; the outputs lie by token and rank, [M, k, H], so that
  // they are summed in one order whatever the company.
  AlignedVector<float> outputs(routes.size() * hidden_size);
  std::vector<size_t> chosen;
  for (size_t expert = 0; expert < experts.size(); ++expert) {
    chosen.clear();
    for (size_t i = 0; i < routes.size(); ++i) {
      if (routes[i].expert == expert) chosen.push_back(i);
    }
    if (chosen.empty()) continue;
    float* gathered = make_room(scratch.gathered, chosen.size() * hidden_size);
    float* mixed = make_room(scratch.mixed, chosen.size() * hidden_size);
    for (size_t i = 0; i < chosen.size(); ++i) {
      std::copy_n(x + chosen[i] / num_used * hidden_size, hidden_size, gathered + i * hidden_size);
    }
    experts[expert].forward(compute, scratch, gathered, chosen.size(), mixed);
    for (size_t i = 0; i < chosen.size(); ++i) {
      std::copy_n(mixed + i * hidden_size, hidden_size, outputs.data() + chosen[i] * hidden_size);
    }
  }
  std::fill_n(out, num_tokens * hidden_size, 0.0F);
  for (size_t i = 0; i < routes.size(); ++i) {
    add_scaled(outputs.data() + i * hidden_size, routes[i].weight, hidden_size,
               out + i / num_used * hidden_size);
  }
  if (shared_expert) add_shared(compute, scratch, x, num_tokens, out);
}

void MixtureOfExperts::add_shared(const Compute& compute, DecoderScratch& scratch, const float* x,
                                  size_t num_tokens, float* out) const {
  const size_t hidden_size = router.num_inputs();
  float* ratings = make_room(scratch.routes, num_tokens);
  float* mixed = make_room(scratch.mixed, num_tokens * hidden_size);
  GemmRows gemm;
  gemm.a = x;
  gemm.a_stride = hidden_size;
  gemm.w = shared_gate.data();
  gemm.w_stride = hidden_size;
  gemm.c = ratings;
  gemm.c_stride = 1;
  gemm.num_rows = num_tokens;
  gemm.num_columns = 1;
  gemm.depth = hidden_size;
  compute.kernels.gemm_rows(gemm);
  shared_expert->forward(compute, scratch, x, num_tokens, mixed);
  for (size_t token = 0; token < num_tokens; ++token) {
    const float weight = 1.0F / (1.0F + std::exp(-ratings[token]));
    add_scaled(mixed + token * hidden_size, weight, hidden_size, out + token * hidden_size);
  }
}

}  // namespace ganglion
