#include "tensor/tensor_view.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(Shape, CountsElements) {
  const Shape shape = {384, 1536};
  EXPECT_EQ(shape.num_elements(), 384 * 1536);
  EXPECT_EQ(shape.to_string(), "[384, 1536]");
  EXPECT_EQ(Shape().num_elements(), 1);
  EXPECT_NE(shape, (Shape{1536, 384}));
}

TEST(TensorView, GivesTypedElements) {
  const std::array<float, 2> values = {1.5F, -2};
  const TensorView view{DType::kF32, {2}, std::as_bytes(std::span(values))};
  EXPECT_EQ(view.as<float>()[1], -2);
}

TEST(TensorViewDeathTest, AWrongElementTypeIsABug) {
  const std::array<float, 2> values = {};
  const TensorView view{DType::kF32, {2}, std::as_bytes(std::span(values))};
  EXPECT_DEATH((void)view.as<int16_t>(), "assertion failed");
}

TEST(DType, TraitsMatchTheirIdsBothWays) {
  EXPECT_EQ(dtype_from_gguf_id(12), DType::kQ4_K);
  EXPECT_EQ(dtype_traits(DType::kQ4_K).name, "Q4_K");
  EXPECT_EQ(dtype_traits(DType::kQ6_K).block_bytes, 210u);
  EXPECT_EQ(dtype_from_gguf_id(4), std::nullopt) << "removed from the format";
  EXPECT_EQ(dtype_from_gguf_id(UINT32_MAX), std::nullopt);
}

}  // namespace
}  // namespace ganglion
