#include "nn/stored_linear.h"

#include <algorithm>
#include <array>
#include <utility>

#include "base/check.h"
#include "kernels/weight_panels.h"
#include "nn/activation_rows.h"

namespace ganglion {
namespace {

// Outputs that one thread takes at a time.
constexpr size_t kGrain = 64;
// Floats of weight rows expanded at a time, and of rows of x that pass by them: both stay in the
// L2 cache.
constexpr size_t kExpandedFloats = size_t{1} << 15;
constexpr size_t kInputFloats = size_t{1} << 16;
// Panels that one thread takes at a time.
constexpr size_t kPackedAtOnce = 16;
constexpr size_t kPieceBytes = size_t{16} << 20;  // of panels, written at a time
constexpr size_t kPanelsOfOneRow = 8;
constexpr size_t kPanelsOfRows = 4;

size_t panels_of(const StoredMatrix& weights) {
  return (weights.num_rows() + kPanelColumns - 1) / kPanelColumns;
}

// a [depth] by w [depth].
float one_output(const KernelTable& kernels, const float* a, const float* w, const float* bias,
                 size_t depth) {
  float output = 0;
  GemmRows gemm;
  gemm.a = a;
  gemm.w = w;
  gemm.bias = bias;
  gemm.c = &output;
  gemm.a_stride = gemm.w_stride = gemm.depth = depth;
  gemm.c_stride = gemm.num_rows = gemm.num_columns = 1;
  kernels.gemm_rows(gemm);
  return output;
}

// Output `row` of `panels`, which hold `num_outputs`: its whole panel is computed.
float output_of_panel(const KernelTable& kernels, PanelProduct product, const std::byte* panels,
                      const float* bias, size_t num_outputs, size_t row) {
  const size_t first = row / kPanelColumns * kPanelColumns;
  std::array<float, kPanelColumns> outputs;
  const size_t panel_bytes = panel_layout(product.dtype).panel_bytes(product.depth);
  product.panels = panels + first / kPanelColumns * panel_bytes;
  product.bias = bias == nullptr ? nullptr : bias + first;
  product.c = outputs.data();
  product.c_stride = kPanelColumns;
  product.num_columns = std::min(kPanelColumns, num_outputs - first);
  kernels.multiply_panels(product);
  return outputs[row - first];
}

}  // namespace

void StoredLinear::append(const StoredMatrix& weights, AlignedVector<float> bias) {
  GANGLION_ASSERT(bias.empty() || bias.size() == weights.num_rows());
  GANGLION_ASSERT(parts_.empty() || num_inputs() == weights.num_columns());
  const size_t num_rows = weights.num_rows();
  parts_.push_back({weights, std::move(bias), num_outputs_});
  num_outputs_ += num_rows;
}

size_t StoredLinear::panels_bytes() const {
  size_t bytes = 0;
  for (const Part& part : parts_) {
    const StoredMatrix& weights = part.weights;
    if (!has_panels(weights.dtype(), weights.num_columns())) continue;
    bytes += ganglion::panels_bytes(weights.dtype(), weights.num_rows(), weights.num_columns());
  }
  return bytes;
}

Status StoredLinear::write_panels(ThreadPool& pool, const PanelRoom& room) const {
  for (const Part& part : parts_) {
    const StoredMatrix& weights = part.weights;
    if (!has_panels(weights.dtype(), weights.num_columns())) continue;
    const size_t panel_bytes = panel_layout(weights.dtype()).panel_bytes(weights.num_columns());
    const size_t num_panels = panels_of(weights);
    const size_t panels_of_piece = std::max<size_t>(1, kPieceBytes / panel_bytes);
    for (size_t first = 0; first < num_panels; first += panels_of_piece) {
      const size_t count = std::min(panels_of_piece, num_panels - first);
      GANGLION_ASSIGN(std::byte* const out, room(count * panel_bytes));
      pool.parallel_for(count, kPackedAtOnce, [&](size_t begin, size_t end) {
        pack_panels(weights.view(), first + begin, first + end, out + begin * panel_bytes);
      });
    }
  }
  return {};
}

void StoredLinear::use_panels(const std::byte* panels) {
  for (Part& part : parts_) {
    const StoredMatrix& weights = part.weights;
    if (!has_panels(weights.dtype(), weights.num_columns())) continue;
    part.panels = panels;
    panels += ganglion::panels_bytes(weights.dtype(), weights.num_rows(), weights.num_columns());
  }
}

void StoredLinear::forward(const Compute& compute, const float* x, size_t num_rows,
                           float* y) const {
  const auto has_panels = [](const Part& part) { return part.panels != nullptr; };
  if (std::any_of(parts_.begin(), parts_.end(), has_panels)) {
    forward_panels(compute, x, num_rows, y);
  }
  if (!std::all_of(parts_.begin(), parts_.end(), has_panels)) {
    forward_floats(compute, x, num_rows, y);
  }
  for (const Part& part : parts_) {
    if (compute.adapter == nullptr) break;
    const LoraDelta* delta = compute.adapter->find(part.weights.stored());
    if (delta != nullptr) add_delta(compute, part, *delta, x, num_rows, y);
  }
}

void StoredLinear::forward_panels(const Compute& compute, const float* x, size_t num_rows,
                                  float* y) const {
  thread_local ActivationRows thread_rows;
  ActivationRows& rows = thread_rows;  // the caller's, for the workers
  rows.begin(x, num_rows, num_inputs());
  for (const Part& part : parts_) {
    if (part.panels != nullptr) rows.convert(compute, part.weights.dtype());
  }
  // The panels of all parts are numbered in one row, so that threads share them evenly.
  size_t num_panels = 0;
  for (const Part& part : parts_)
    num_panels += part.panels == nullptr ? 0 : panels_of(part.weights);
  const size_t grain = num_rows == 1 ? kPanelsOfOneRow : kPanelsOfRows;
  const auto multiply = [&](size_t begin, size_t end) {
    size_t first_panel = 0;
    for (const Part& part : parts_) {
      if (part.panels == nullptr) continue;
      const size_t count = panels_of(part.weights);
      const size_t first = std::max(begin, first_panel) - first_panel;
      const size_t last = std::min(end, first_panel + count) - first_panel;
      first_panel += count;
      if (end <= first_panel - count || begin >= first_panel) continue;
      const size_t output = first * kPanelColumns;
      PanelProduct product = rows.product(part.weights.dtype());
      product.panels = part.panels + first * panel_layout(product.dtype).panel_bytes(product.depth);
      product.bias = part.bias.empty() ? nullptr : part.bias.data() + output;
      product.c = y + part.first_output + output;
      product.c_stride = num_outputs_;
      product.num_columns = std::min(last * kPanelColumns, part.weights.num_rows()) - output;
      compute.kernels.multiply_panels(product);
    }
  };
  compute.pool.parallel_for(num_panels, grain, multiply, LoopSplit::kShares);
}

void StoredLinear::forward_floats(const Compute& compute, const float* x, size_t num_rows,
                                  float* y) const {
  compute.pool.parallel_for(num_outputs_, kGrain, [&](size_t begin, size_t end) {
    for (const Part& part : parts_) {
      if (part.panels != nullptr) continue;
      const size_t first = std::max(begin, part.first_output);
      const size_t last = std::min(end, part.first_output + part.weights.num_rows());
      if (first >= last) continue;
      forward_outputs(compute.kernels, part, first - part.first_output, last - part.first_output, x,
                      num_rows, y);
    }
  });
}

void StoredLinear::add_delta(const Compute& compute, const Part& part, const LoraDelta& delta,
                             const float* x, size_t num_rows, float* y) const {
  GANGLION_ASSERT(delta.num_inputs == num_inputs());
  GANGLION_ASSERT(delta.num_outputs == part.weights.num_rows());
  AlignedVector<float> inner(num_rows * delta.rank);
  GemmRows down;
  down.a = x;
  down.a_stride = down.w_stride = down.depth = delta.num_inputs;
  down.w = delta.a.data();
  down.c = inner.data();
  down.c_stride = down.num_columns = delta.rank;
  down.num_rows = num_rows;
  compute.kernels.gemm_rows(down);
  compute.pool.parallel_for(delta.num_outputs, kGrain, [&](size_t begin, size_t end) {
    thread_local AlignedVector<float> addend;
    GemmRows up;
    up.a = inner.data();
    up.a_stride = up.w_stride = up.depth = delta.rank;
    up.w = delta.b.data() + begin * delta.rank;
    up.c = make_room(addend, num_rows * (end - begin));
    up.c_stride = up.num_columns = end - begin;
    up.num_rows = num_rows;
    compute.kernels.gemm_rows(up);
    for (size_t row = 0; row < num_rows; ++row) {
      float* out = y + row * num_outputs_ + part.first_output + begin;
      for (size_t i = 0; i < end - begin; ++i) {
        out[i] += delta.scale * addend[row * (end - begin) + i];
      }
    }
  });
}

void StoredLinear::forward_outputs(const KernelTable& kernels, const Part& part, size_t begin,
                                   size_t end, const float* x, size_t num_rows, float* y) const {
  thread_local AlignedVector<float> expanded;
  const size_t depth = part.weights.num_columns();
  const size_t step = std::clamp(kExpandedFloats / depth, size_t{4}, kGrain);
  const size_t row_step = std::max(kInputFloats / depth, size_t{4});
  for (size_t first = begin; first < end; first += step) {
    const size_t count = std::min(step, end - first);
    GemmRows gemm;
    gemm.a_stride = depth;
    gemm.w = part.weights.rows(kernels, first, count, make_room(expanded, step * depth));
    gemm.w_stride = depth;
    gemm.bias = part.bias.empty() ? nullptr : part.bias.data() + first;
    gemm.c_stride = num_outputs_;
    gemm.num_columns = count;
    gemm.depth = depth;
    for (size_t row = 0; row < num_rows; row += row_step) {
      gemm.a = x + row * depth;
      gemm.c = y + row * num_outputs_ + part.first_output + first;
      gemm.num_rows = std::min(row_step, num_rows - row);
      kernels.gemm_rows(gemm);
    }
  }
}

void StoredLinear::forward_chosen(const Compute& compute, const float* x,
                                  std::span<const int32_t> outputs, float* y) const {
  for (const int32_t output : outputs) {
    GANGLION_ASSERT(output >= 0 && static_cast<size_t>(output) < num_outputs_);
  }
  for (const Part& part : parts_) forward_chosen_of(compute, part, x, outputs, y);
}

// Those that `part` holds.
void StoredLinear::forward_chosen_of(const Compute& compute, const Part& part, const float* x,
                                     std::span<const int32_t> outputs, float* y) const {
  const size_t depth = num_inputs();
  const float* const bias = part.bias.empty() ? nullptr : part.bias.data();
  ActivationRows rows;
  rows.begin(x, 1, depth);
  if (part.panels != nullptr) rows.convert(compute, part.weights.dtype());
  const LoraDelta* const delta =
      compute.adapter == nullptr ? nullptr : compute.adapter->find(part.weights.stored());
  AlignedVector<float> inner(delta == nullptr ? 0 : delta->rank);
  for (size_t i = 0; i < inner.size(); ++i) {
    inner[i] = one_output(compute.kernels, x, delta->a.data() + i * depth, nullptr, depth);
  }
  AlignedVector<float> expanded(depth);
  for (size_t i = 0; i < outputs.size(); ++i) {
    const size_t row = static_cast<size_t>(outputs[i]) - part.first_output;
    if (row >= part.weights.num_rows()) continue;  // another part's, smaller ones wrapped around
    if (part.panels != nullptr) {
      y[i] = output_of_panel(compute.kernels, rows.product(part.weights.dtype()), part.panels, bias,
                             part.weights.num_rows(), row);
    } else {
      const float* weights = part.weights.rows(compute.kernels, row, 1, expanded.data());
      y[i] = one_output(compute.kernels, x, weights, bias == nullptr ? nullptr : bias + row, depth);
    }
    if (delta == nullptr) continue;
    y[i] += delta->scale * one_output(compute.kernels, inner.data(),
                                      delta->b.data() + row * delta->rank, nullptr, delta->rank);
  }
}

}  // namespace ganglion
