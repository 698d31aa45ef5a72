#include "models/static_embedding.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/test_paths.h"
#include "formats/gguf_writer.h"
#include "formats/safetensors.h"
#include "tokenizer/wordpiece_files.h"

namespace ganglion {
namespace {

constexpr size_t kHiddenSize = 3;

StaticEmbeddingWeights small_weights() {
  const std::vector<float> vectors = {
      0,  0, 0,    // [PAD]
      0,  0, 0,    // [UNK]
      3,  0, 0,    // refund
      0,  4, 0,    // late
      0,  0, 127,  // parcel
      -1, 1, 0,    // ##s
  };
  return quantize_static_embedding({"[PAD]", "[UNK]", "refund", "late", "parcel", "##s"}, 1,
                                   kHiddenSize, vectors);
}

// The file's bytes must outlive what is parsed from them, and start on a float's boundary.
class StoredFile {
 public:
  explicit StoredFile(std::string_view bytes)
      : words_((bytes.size() + sizeof(uint64_t) - 1) / sizeof(uint64_t)), size_(bytes.size()) {
    std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(words_.data()));
  }
  Result<StaticEmbedding> load() const {
    auto file = GgufFile::parse({reinterpret_cast<const std::byte*>(words_.data()), size_}, "f");
    if (!file.ok()) return file.error();
    return StaticEmbedding::load(std::move(file).value());
  }

 private:
  std::vector<uint64_t> words_;
  size_t size_;
};

std::vector<float> embed(const StaticEmbedding& model, std::string_view text) {
  std::vector<float> out(model.hidden_size(), -1.0F);
  model.embed(text, out);
  return out;
}

std::string serialise(const StaticEmbeddingWeights& weights) {
  return serialise_static_embedding(weights, {"test", "a test", "Apache-2.0"}).value();
}

TEST(StaticEmbedding, SumsTheTokensAndNormalises) {
  const StoredFile stored(serialise(small_weights()));
  const StaticEmbedding model = stored.load().value();
  EXPECT_EQ(model.hidden_size(), kHiddenSize);
  const auto both = embed(model, "Late REFUND");
  EXPECT_FLOAT_EQ(both[0], 0.6F);
  EXPECT_FLOAT_EQ(both[1], 0.8F);
  EXPECT_FLOAT_EQ(both[2], 0.0F);
  const auto plural = embed(model, "refunds");  // [3, 0, 0] + [-1, 1, 0]
  EXPECT_NEAR(plural[0], 2 / std::sqrt(5.0), 1e-6);
  EXPECT_NEAR(plural[1], 1 / std::sqrt(5.0), 1e-6);
}

TEST(StaticEmbedding, GivesZerosForATextWithoutKnownTokens) {
  const StoredFile stored(serialise(small_weights()));
  const StaticEmbedding model = stored.load().value();
  const std::vector<float> zeros(kHiddenSize, 0.0F);
  EXPECT_EQ(embed(model, ""), zeros);
  EXPECT_EQ(embed(model, "\xff\xfe unheard"), zeros);
}

TEST(StaticEmbedding, ABatchHasTheSameBitsAsSingleTexts) {
  const StoredFile stored(serialise(small_weights()));
  const StaticEmbedding model = stored.load().value();
  const std::vector<std::string_view> texts = {"late parcels", "", "refund the late parcel"};
  std::vector<float> batch(texts.size() * kHiddenSize);
  model.embed(texts, batch);
  for (size_t i = 0; i < texts.size(); ++i) {
    const auto row = std::span(batch).subspan(i * kHiddenSize, kHiddenSize);
    EXPECT_EQ(embed(model, texts[i]), std::vector<float>(row.begin(), row.end()));
  }
}

// The sum over many columns and a rest, against the plain double loop.
TEST(StaticEmbedding, MatchesTheDefinitionAtOddSizes) {
  for (const size_t hidden_size : {1U, 31U, 32U, 33U, 100U}) {
    std::vector<float> vectors(3 * hidden_size);
    for (size_t i = 0; i < vectors.size(); ++i) {
      vectors[i] = static_cast<float>(static_cast<int>(i * 37 % 255) - 127);
    }
    std::fill_n(vectors.begin(), hidden_size, 0.0F);
    const auto weights = quantize_static_embedding({"[UNK]", "a", "b"}, 0, hidden_size, vectors);
    const StoredFile stored(serialise(weights));
    const StaticEmbedding model = stored.load().value();
    std::vector<double> expected(hidden_size);
    double norm = 0;
    for (size_t i = 0; i < hidden_size; ++i) {
      const double a = weights.rows[hidden_size + i] * static_cast<double>(weights.scales[1]);
      const double b = weights.rows[2 * hidden_size + i] * static_cast<double>(weights.scales[2]);
      expected[i] = a + b + a;
      norm += expected[i] * expected[i];
    }
    const auto actual = embed(model, "a b a");
    for (size_t i = 0; i < hidden_size; ++i) {
      EXPECT_NEAR(actual[i], expected[i] / std::sqrt(norm), 1e-6) << hidden_size << ", " << i;
    }
  }
}

TEST(StaticEmbedding, RoundsToTheNearestOf255Steps) {
  const auto weights = quantize_static_embedding({"a"}, 0, 2, std::vector<float>{2.54F, -0.013F});
  EXPECT_FLOAT_EQ(weights.scales[0], 0.02F);
  EXPECT_EQ(weights.rows[0], 127);
  EXPECT_EQ(weights.rows[1], -1);
}

std::string error_of(const std::string& bytes) {
  const StoredFile stored(bytes);
  const auto model = stored.load();
  return model.ok() ? "loaded" : model.error().message;
}

TEST(StaticEmbedding, RefusesWhatDoesNotFit) {
  StaticEmbeddingWeights weights = small_weights();
  weights.scales[2] = std::nanf("");
  EXPECT_EQ(error_of(serialise(weights)),
            "f: tensor \"token_embd.scale\"[2]: expected 0 to 1e6, found nan");
  weights = small_weights();
  weights.hidden_size = 2;
  weights.rows.resize(weights.tokens.size() * 2);
  std::string bytes = serialise(weights);
  EXPECT_EQ(error_of(bytes), "loaded");
  const size_t place = bytes.find("embedding_length") + std::string_view("embedding_length").size();
  bytes[place + sizeof(uint32_t)] = 3;  // behind the value's type
  EXPECT_NE(error_of(bytes).find("token_embd.weight"), std::string::npos) << error_of(bytes);
  bytes[place + sizeof(uint32_t)] = 0;
  EXPECT_EQ(error_of(bytes), "f: static-embedding.embedding_length: expected 1 to 4096, found 0");
}

TEST(StaticEmbedding, RefusesEveryTruncation) {
  const std::string bytes = serialise(small_weights());
  for (size_t size = 0; size + GgufWriter::kAlignment < bytes.size(); ++size) {
    EXPECT_NE(error_of(bytes.substr(0, size)), "loaded") << size;
  }
}

// model2vec's own test model, and the vector it expects for "hello world". Its rows are rounded to
// int8 here: half a step of 127 in each row bounds the difference.
TEST(StaticEmbedding, AgreesWithModel2vec) {
  const auto folder = shared_data_path("models/model2vec-fixtures/test-model-float32");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  const SafetensorsFile file = SafetensorsFile::open(*folder / "model.safetensors").value();
  const WordPieceSpec tokenizer = load_wordpiece(*folder).value().spec();
  const TensorView* tensor = file.find_tensor("embeddings");
  ASSERT_NE(tensor, nullptr);
  const auto weights =
      quantize_static_embedding(tokenizer.tokens, tokenizer.unknown_id,
                                static_cast<size_t>(tensor->shape[1]), tensor->as<float>());
  const StoredFile stored(serialise(weights));
  const auto actual = embed(stored.load().value(), "hello world");
  ASSERT_EQ(actual.size(), 2U);
  EXPECT_NEAR(actual[0], -0.3934547, 1.0 / 127);
  EXPECT_NEAR(actual[1], -0.9193440, 1.0 / 127);
}

}  // namespace
}  // namespace ganglion
