#include "models/weight_types.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>
#include <vector>

namespace ganglion {

std::string weight_types_text(const GgufFile& file) {
  std::map<DType, uint64_t> bytes;
  uint64_t total = 0;
  for (const GgufTensor& tensor : file.tensors()) {
    bytes[tensor.view.dtype] += tensor.view.bytes.size();
    total += tensor.view.bytes.size();
  }
  std::vector<std::pair<uint64_t, DType>> order;
  order.reserve(bytes.size());
  for (const auto& [dtype, size] : bytes) order.emplace_back(size, dtype);
  std::sort(order.rbegin(), order.rend());
  std::string text;
  for (const auto& [size, dtype] : order) {
    text += fmt::format("{}{} {:.0f} %", text.empty() ? "" : ", ", dtype_traits(dtype).name,
                        100.0 * static_cast<double>(size) / static_cast<double>(total));
  }
  return text;
}

}  // namespace ganglion
