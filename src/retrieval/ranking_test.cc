// BM25, vector scan and fusion.

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>

#include "base/rng.h"
#include "retrieval/bm25_index.h"
#include "retrieval/fusion.h"
#include "retrieval/terms.h"
#include "retrieval/vector_index.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<uint32_t> indices_of(const std::vector<ScoredIndex>& scored) {
  std::vector<uint32_t> indices;
  for (const ScoredIndex& entry : scored) indices.push_back(entry.index);
  return indices;
}

TEST(Bm25Index, ScoresAsTheFormulaSays) {
  Bm25Index index({.k1 = 1.2, .b = 0.75});
  index.add(extract_terms("refund card refund"));
  index.add(extract_terms("card"));
  index.add(extract_terms("printer paper jam light"));
  const auto found = index.search(extract_terms("refund card"), 10);
  ASSERT_THAT(indices_of(found), ElementsAre(0, 1));
  const double mean = 8.0 / 3;
  const double saturation0 = 1.2 * (0.25 + 0.75 * 3 / mean);
  const double saturation1 = 1.2 * (0.25 + 0.75 * 1 / mean);
  const double idf_refund = std::log(1 + 2.5 / 1.5);
  const double idf_card = std::log(1 + 1.5 / 2.5);
  EXPECT_NEAR(found[0].score, idf_refund * 2 / (2 + saturation0) + idf_card / (1 + saturation0),
              1e-12);
  EXPECT_NEAR(found[1].score, idf_card / (1 + saturation1), 1e-12);
}

TEST(Bm25Index, EdgesAreHarmless) {
  Bm25Index index;
  EXPECT_THAT(index.search(extract_terms("card"), 3), IsEmpty());
  index.add({});
  index.add(extract_terms("card"));
  index.add(extract_terms("card"));
  EXPECT_THAT(index.search({}, 3), IsEmpty());
  EXPECT_THAT(index.search(extract_terms("unknown"), 3), IsEmpty());
  EXPECT_THAT(indices_of(index.search(extract_terms("card"), 1)), ElementsAre(1));
  EXPECT_THAT(indices_of(index.search(extract_terms("card"), 9)), ElementsAre(1, 2));
}

TEST(VectorIndex, FindsTheNearestAndInt8IsClose) {
  constexpr size_t kSize = 67;
  Rng rng(3);
  VectorIndex exact(kSize);
  VectorIndex coded(kSize, VectorPrecision::kInt8);
  const auto random_vector = [&] {
    std::vector<float> vector(kSize);
    float norm = 0;
    for (float& value : vector) {
      value = static_cast<float>(rng.normal());
      norm += value * value;
    }
    for (float& value : vector) value /= std::sqrt(norm);
    return vector;
  };
  std::vector<std::vector<float>> vectors;
  for (int i = 0; i < 200; ++i) {
    vectors.push_back(random_vector());
    exact.add(vectors.back());
    coded.add(vectors.back());
  }
  for (uint32_t i = 0; i < 200; i += 13) {
    const auto found = exact.search(vectors[i], 3);
    EXPECT_EQ(found[0].index, i);
    EXPECT_NEAR(found[0].score, 1.0, 1e-5);
    const auto close = coded.search(vectors[i], 200);
    EXPECT_EQ(close[0].index, i);
    // Each value is off by at most half a step of 1/127 of the largest, in both vectors; over 67
    // values the errors average out to well below this bound.
    for (const ScoredIndex& entry : close) {
      float sum = 0;
      for (size_t k = 0; k < kSize; ++k) sum += vectors[i][k] * vectors[entry.index][k];
      EXPECT_NEAR(entry.score, sum, 0.02);
    }
  }
}

TEST(VectorIndex, ZeroVectorsAndEmptyIndexes) {
  VectorIndex index(2, VectorPrecision::kInt8);
  const std::vector<float> zero = {0, 0};
  EXPECT_THAT(index.search(zero, 4), IsEmpty());
  index.add(zero);
  EXPECT_EQ(index.search(zero, 4).at(0).score, 0);
}

TEST(Fusion, ScoresAreScaledByTheirBest) {
  const WeightedScores lists[] = {{{10, 5, 0}, 0.5}, {{-0.1, 0.5, 0.4}, 0.5}, {{0, 0, -1}, 9}};
  EXPECT_THAT(fuse_scores(lists), ElementsAre(0.5, 0.75, 0.4));
  EXPECT_THAT(fuse_scores({}), IsEmpty());
}

}  // namespace
}  // namespace ganglion
