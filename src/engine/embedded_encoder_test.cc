#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/embedded_models.h"
#include "engine/encoder.h"

namespace ganglion {
namespace {

constexpr size_t kMaxBytes = 8'000'000;

std::vector<float> embed(std::string_view text) {
  const Encoder* const encoder = embedded_encoder().value();
  std::vector<float> vector(encoder->hidden_size());
  EXPECT_TRUE(encoder->embed(std::span(&text, 1), vector).ok());
  return vector;
}

double cosine(std::string_view a, std::string_view b) {
  const std::vector<float> x = embed(a);
  const std::vector<float> y = embed(b);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += static_cast<double>(x[i]) * y[i];
  return sum;
}

TEST(EmbeddedEncoder, IsInTheBinaryAndSmall) {
  const auto model = find_embedded_model("ganglion-static-en.gguf");
  ASSERT_TRUE(model.has_value());
  EXPECT_LE(model->bytes.size(), kMaxBytes);
  ASSERT_TRUE(embedded_encoder().ok());
  EXPECT_EQ((*embedded_encoder())->hidden_size(), 256U);
}

TEST(EmbeddedEncoder, PutsLikeTicketsTogether) {
  const std::string_view late = "My parcel has not arrived yet, where is it?";
  EXPECT_GT(cosine(late, "The delivery of my package is late"), 0.5);
  EXPECT_LT(cosine(late, "I cannot log in, please reset my password"), 0.3);
  EXPECT_GT(cosine("Please give me my money back", "I would like a refund"), 0.35);
  EXPECT_NEAR(cosine(late, "MY PARCEL has not arrived yet , where is it ?"), 1.0, 1e-6);
}

}  // namespace
}  // namespace ganglion
