#include "models/hugging_face/tensor_recipe.h"

#include <algorithm>
#include <array>

#include "base/check.h"
#include "kernels/to_float.h"

namespace ganglion {
namespace {

// Elements [first, first + out.size()) of a plain tensor.
void copy_elements(const TensorView& view, uint64_t first, std::span<float> out) {
  const uint64_t bytes = dtype_traits(view.dtype).block_bytes;
  const TensorView part = {view.dtype,
                           {static_cast<int64_t>(out.size())},
                           view.bytes.subspan(first * bytes, out.size() * bytes)};
  const AlignedVector<float> values = copy_as_f32(part).value();
  std::copy(values.begin(), values.end(), out.begin());
}

// The checkpoint's row for row `row` of GGUF's pairs.
uint64_t unpaired_row(uint64_t row, uint64_t head_size) {
  const uint64_t within = row % head_size;
  return row - within + within % 2 * (head_size / 2) + within / 2;
}

}  // namespace

// As llama.cpp's converter has it: what has one dimension, routers, positions and token types.
bool TensorRecipe::is_always_f32() const {
  constexpr std::array<std::string_view, 4> kParts = {"ffn_gate_inp", "position_embd.",
                                                      "token_types.", "_norm."};
  return shape.num_dimensions() <= 1 ||
         std::any_of(kParts.begin(), kParts.end(), [this](std::string_view part) {
           return name.find(part) != std::string::npos;
         });
}

uint64_t TensorRecipe::row_size() const {
  const size_t dimensions = shape.num_dimensions();
  return dimensions <= 1 ? 1 : static_cast<uint64_t>(shape[dimensions - 1]);
}

uint64_t TensorRecipe::num_rows() const {
  return static_cast<uint64_t>(shape.num_elements()) / row_size();
}

void TensorRecipe::copy_rows(uint64_t first, uint64_t count, std::span<float> out) const {
  const uint64_t size = row_size();
  GANGLION_ASSERT(out.size() == count * size && first + count <= num_rows());
  if (parts.empty()) {
    std::copy_n(values.begin() + static_cast<int64_t>(first * size), out.size(), out.begin());
    return;
  }
  if (order == RowOrder::kTransposed) {
    std::vector<float> column(count);
    for (uint64_t i = 0; i < size; ++i) {
      copy_elements(parts[0], i * num_rows() + first, column);
      for (uint64_t row = 0; row < count; ++row) out[row * size + i] = column[row];
    }
    return;
  }
  const uint64_t rows_per_part = num_rows() / parts.size();
  const uint64_t run = order == RowOrder::kAsStored ? count : 1;  // rows that lie together
  for (uint64_t done = 0; done < count;) {
    const uint64_t row = first + done;
    const uint64_t part_row = row % rows_per_part;
    const uint64_t rows = std::min({run, count - done, rows_per_part - part_row});
    const uint64_t source =
        order == RowOrder::kRopePairs ? unpaired_row(part_row, head_size) : part_row;
    copy_elements(parts[row / rows_per_part], source * size, out.subspan(done * size, rows * size));
    done += rows;
  }
  if (addend == 0.0F) return;
  for (float& value : out) value += addend;
}

}  // namespace ganglion
