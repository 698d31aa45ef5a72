#include "engine/bert_encoder.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/file.h"
#include "base/test_paths.h"
#include "models/hugging_face/convert.h"
#include "text/json.h"

namespace ganglion {
namespace {

// tests/golden/minilm_l6_500: made by tools/reference/make_minilm_reference.py.
struct Reference {
  std::vector<std::string> texts;
  std::vector<std::vector<int32_t>> ids;
  std::vector<float> vectors;  // [500, 384], length 1
};

Reference read_reference() {
  Reference reference;
  std::string lines = read_file("tests/golden/minilm_l6_500.jsonl").value();
  for (size_t begin = 0; begin < lines.size();) {
    const size_t end = lines.find('\n', begin);
    const json::value line =
        parse_json(std::string_view(lines).substr(begin, end - begin), "golden").value();
    reference.texts.emplace_back(line.at("text").as_string());
    reference.ids.push_back(json::value_to<std::vector<int32_t>>(line.at("ids")));
    begin = end + 1;
  }
  const std::string bytes = read_file("tests/golden/minilm_l6_500.f32").value();
  reference.vectors.resize(bytes.size() / sizeof(float));
  std::memcpy(reference.vectors.data(), bytes.data(), bytes.size());
  return reference;
}

// Both sides have length 1.
double worst_cosine(std::span<const float> actual, std::span<const float> expected, size_t size) {
  double worst = 1.0;
  for (size_t first = 0; first < expected.size(); first += size) {
    double cosine = 0.0;
    for (size_t i = first; i < first + size; ++i) {
      cosine += static_cast<double>(actual[i]) * static_cast<double>(expected[i]);
    }
    worst = std::min(worst, cosine);
  }
  return worst;
}

std::vector<float> embed(const Encoder& encoder, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> out(texts.size() * encoder.hidden_size());
  EXPECT_TRUE(encoder.embed(views, out).ok());
  return out;
}

TEST(BertEncoder, MiniLmTokensAreThoseOfTheReference) {
  const auto folder = minilm_path();
  if (!folder) GTEST_SKIP() << "no MiniLM weights: run scripts/fetch_test_models.sh";
  const auto encoder = BertEncoder::load(open_model(*folder).value(), {}).value();
  const Reference reference = read_reference();
  ASSERT_EQ(reference.texts.size(), 500U);
  for (size_t i = 0; i < reference.texts.size(); ++i) {
    EXPECT_EQ(encoder->model().encode(reference.texts[i]).ids, reference.ids[i])
        << reference.texts[i];
  }
}

TEST(BertEncoder, MiniLmVectorsAreThoseOfTheReference) {
  const auto folder = minilm_path();
  if (!folder) GTEST_SKIP() << "no MiniLM weights: run scripts/fetch_test_models.sh";
  const Reference reference = read_reference();
  for (const auto& [precision, least] :
       {std::pair{Precision::kF32, 0.99999}, std::pair{Precision::kS8, 0.999}}) {
    const auto encoder = load_encoder(*folder, {.precision = precision}).value();
    const double worst = worst_cosine(embed(*encoder, reference.texts), reference.vectors, 384);
    EXPECT_GE(worst, least) << precision_name(precision);
    RecordProperty("worst_cosine_" + std::string(precision_name(precision)), std::to_string(worst));
  }
}

TEST(BertEncoder, MiniLmGivesTheSameBitsAloneAndInABatch) {
  const auto folder = minilm_path();
  if (!folder) GTEST_SKIP() << "no MiniLM weights: run scripts/fetch_test_models.sh";
  std::vector<std::string> texts = read_reference().texts;
  texts.resize(64);
  for (const Precision precision : {Precision::kF32, Precision::kS8}) {
    const auto encoder = load_encoder(*folder, {.precision = precision}).value();
    const std::vector<float> together = embed(*encoder, texts);
    for (size_t i = 0; i < texts.size(); ++i) {
      const std::vector<float> alone = embed(*encoder, {texts[i]});
      EXPECT_EQ(0, std::memcmp(alone.data(), together.data() + i * 384, 384 * sizeof(float)));
    }
  }
}

}  // namespace
}  // namespace ganglion
