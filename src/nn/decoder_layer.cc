#include "nn/decoder_layer.h"

namespace ganglion {
namespace {

void add(const Compute& compute, const float* x, size_t num_tokens, size_t hidden_size,
         float* hidden) {
  for_each_row(compute, num_tokens, [&](size_t token) {
    for (size_t i = token * hidden_size; i < (token + 1) * hidden_size; ++i) hidden[i] += x[i];
  });
}

}  // namespace

void DecoderLayer::forward(const DecoderPass& pass, size_t layer, size_t hidden_size,
                           float* hidden) const {
  const Compute& compute = pass.compute;
  const size_t num_tokens = pass.num_tokens();
  float* normed = make_room(pass.scratch.normed, num_tokens * hidden_size);
  float* projected = make_room(pass.scratch.projected, num_tokens * hidden_size);

  attention_norm.forward(compute, hidden, num_tokens, normed);
  attention.forward(pass, layer, normed, projected);
  if (post_attention_norm) post_attention_norm->forward(compute, projected, num_tokens, projected);
  add(compute, projected, num_tokens, hidden_size, hidden);

  if (feed_forward_norm) feed_forward_norm->forward(compute, hidden, num_tokens, normed);
  std::visit(
      [&](const auto& network) {
        network.forward(compute, pass.scratch, normed, num_tokens, projected);
      },
      feed_forward);
  if (post_feed_forward_norm) {
    post_feed_forward_norm->forward(compute, projected, num_tokens, projected);
  }
  add(compute, projected, num_tokens, hidden_size, hidden);
}

}  // namespace ganglion
