// The blocks of decoders against plain loops in double precision.
#include "nn/causal_attention.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/rng.h"
#include "kernels/dispatch.h"
#include "nn/feed_forward.h"

namespace ganglion {
namespace {

std::vector<float> random_floats(size_t size, Rng& rng) {
  std::vector<float> values(size);
  for (float& value : values) value = static_cast<float>(rng.normal());
  return values;
}

StoredLinear linear_of(const std::vector<float>& weights, size_t num_outputs, size_t num_inputs) {
  StoredLinear linear;
  const Shape shape = {static_cast<int64_t>(num_outputs), static_cast<int64_t>(num_inputs)};
  linear.append(StoredMatrix({DType::kF32, shape, std::as_bytes(std::span(weights))}), {});
  return linear;
}

// A cache of random keys and values, and what attention to it should give.
struct AttentionProblem {
  static constexpr size_t kPositions = 150;  // three blocks of the cache
  AttentionShape shape;
  KvCache cache;
  std::vector<float> keys, values, queries;  // [position, head, d]

  AttentionProblem(const AttentionShape& given, DType type, Rng& rng)
      : shape(given),
        cache(KvCache::create(2, given.num_kv_heads, given.head_dim, type, 200).value()),
        keys(random_floats(kPositions * given.num_kv_heads * given.head_dim, rng)),
        values(random_floats(kPositions * given.num_kv_heads * given.head_dim, rng)),
        queries(random_floats(kPositions * given.num_heads * given.head_dim, rng)) {
    cache.resize(kPositions);
    for (size_t position = 0; position < kPositions; ++position) {
      for (size_t head = 0; head < shape.num_kv_heads; ++head) {
        const size_t at = (position * shape.num_kv_heads + head) * shape.head_dim;
        cache.write(1, KvKind::kKey, head, position, keys.data() + at);
        cache.write(1, KvKind::kValue, head, position, values.data() + at);
      }
    }
  }

  std::vector<float> run(const Compute& compute, size_t first, size_t count) {
    DecoderScratch scratch;
    const std::vector<int32_t> tokens(count);
    const PassSequence sequence = {&cache, first, tokens};
    const DecoderPass pass = {compute, scratch, {&sequence, 1}, {}, {}};
    const size_t stride = shape.num_heads * shape.head_dim;
    std::vector<float> out(count * stride);
    attend_to_caches(pass, shape, 1, queries.data() + first * stride, stride, out.data());
    return out;
  }

  double score(size_t position, size_t head, size_t other) const {
    const size_t kv_head = head / (shape.num_heads / shape.num_kv_heads);
    double sum = 0;
    for (size_t i = 0; i < shape.head_dim; ++i) {
      sum +=
          static_cast<double>(queries[(position * shape.num_heads + head) * shape.head_dim + i]) *
          static_cast<double>(keys[(other * shape.num_kv_heads + kv_head) * shape.head_dim + i]);
    }
    sum *= static_cast<double>(shape.scale);
    const auto cap = static_cast<double>(shape.soft_cap);
    return cap > 0 ? cap * std::tanh(sum / cap) : sum;
  }

  std::vector<double> expected(size_t position, size_t head) const {
    const size_t kv_head = head / (shape.num_heads / shape.num_kv_heads);
    std::vector<double> out(shape.head_dim);
    double total = 0;
    for (size_t other = 0; other <= position; ++other) {
      if (shape.window > 0 && position - other >= shape.window) continue;
      const double weight = std::exp(score(position, head, other));
      total += weight;
      for (size_t i = 0; i < shape.head_dim; ++i) {
        out[i] += weight * static_cast<double>(
                               values[(other * shape.num_kv_heads + kv_head) * shape.head_dim + i]);
      }
    }
    for (double& value : out) value /= total;
    return out;
  }
};

void check_attention(const AttentionShape& shape, DType type, double tolerance) {
  Rng rng(3);
  AttentionProblem problem(shape, type, rng);
  for (const KernelTable* kernels : available_kernels()) {
    ThreadPool pool(2);
    const Compute compute = {*kernels, pool};
    const std::vector<float> at_once = problem.run(compute, 0, AttentionProblem::kPositions);
    for (const size_t position : {0, 1, 5, 63, 64, 100, 149}) {
      const size_t stride = shape.num_heads * shape.head_dim;
      const std::vector<float> alone = problem.run(compute, position, 1);
      for (size_t head = 0; head < shape.num_heads; ++head) {
        const std::vector<double> expected = problem.expected(position, head);
        for (size_t i = 0; i < shape.head_dim; ++i) {
          const float actual = alone[head * shape.head_dim + i];
          ASSERT_NEAR(static_cast<double>(actual), expected[i], tolerance) << kernels->name;
          ASSERT_EQ(actual, at_once[position * stride + head * shape.head_dim + i]);
        }
      }
    }
  }
}

TEST(CausalAttention, MatchesPlainLoops) {
  check_attention({4, 2, 20, 0.2F, 0, 0}, DType::kF32, 1e-5);
  check_attention({4, 4, 16, 0.25F, 7, 0}, DType::kF32, 1e-5);
  check_attention({6, 1, 32, 0.2F, 70, 3.0F}, DType::kF32, 1e-5);
}

TEST(CausalAttention, SmallerCachesStayClose) {
  check_attention({4, 2, 32, 0.2F, 0, 0}, DType::kF16, 5e-3);
  check_attention({4, 2, 32, 0.2F, 0, 0}, DType::kBF16, 3e-2);
  check_attention({6, 2, 10, 0.3F, 70, 9}, DType::kBF16, 3e-2);
  check_attention({4, 2, 32, 0.2F, 0, 0}, DType::kQ8_0, 5e-2);
}

TEST(KvCache, KeepsRowsAndGivesBackBlocks) {
  Rng rng(4);
  const std::vector<float> row = random_floats(32, rng);
  for (const DType type : {DType::kF32, DType::kF16, DType::kBF16, DType::kQ8_0}) {
    for (const KvKind kind : {KvKind::kKey, KvKind::kValue}) {
      KvCache cache = KvCache::create(3, 2, 32, type, 1000).value();
      cache.resize(130);
      cache.write(2, kind, 1, 129, row.data());
      cache.copy_row(2, kind, 1, 129, 3);
      std::vector<float> copy(32);
      cache.read(2, kind, 1, 3, copy.data());
      for (size_t i = 0; i < row.size(); ++i) EXPECT_NEAR(copy[i], row[i], 0.02F);
      cache.resize(10);
      std::vector<float> again(32);
      cache.read(2, kind, 1, 3, again.data());
      EXPECT_EQ(again, copy);
    }
  }
}

TEST(KvCache, BlocksAreTheirRows) {
  Rng rng(7);
  constexpr size_t kBlock = KvCache::kBlockTokens;
  constexpr size_t kStride = 48;
  for (const KernelTable* kernels : available_kernels()) {
    for (const DType type : {DType::kF32, DType::kF16}) {
      KvCache cache = KvCache::create(2, 3, 32, type, 1000).value();
      cache.resize(70);
      for (size_t position = 0; position < 70; ++position) {
        cache.write(1, KvKind::kKey, 2, position, random_floats(32, rng).data());
        cache.write(1, KvKind::kValue, 2, position, random_floats(32, rng).data());
      }
      for (const size_t index : {0, 1}) {
        const size_t count = index == 0 ? kBlock : 6;
        std::vector<float> keys(32 * kBlock);
        std::vector<float> values(kBlock * kStride, -1.0F);
        cache.read_block(*kernels, 1, 2, index, count, keys.data(), values.data(), kStride);
        for (size_t i = 0; i < kBlock; ++i) {
          std::vector<float> key(32);
          std::vector<float> value(32, 0.0F);
          if (i < count) {
            cache.read(1, KvKind::kKey, 2, index * kBlock + i, key.data());
            cache.read(1, KvKind::kValue, 2, index * kBlock + i, value.data());
            for (size_t k = 0; k < 32; ++k) EXPECT_EQ(keys[k * kBlock + i], key[k]);
          }
          value.resize(kStride, 0.0F);
          EXPECT_TRUE(std::equal(value.begin(), value.end(), values.begin() + i * kStride));
        }
      }
    }
  }
}

TEST(KvCache, QuadsAreTheirRows) {
  Rng rng(8);
  constexpr size_t kBlock = KvCache::kBlockTokens;
  constexpr size_t kHeadDim = 96;
  for (const KernelTable* kernels : available_kernels()) {
    KvCache cache = KvCache::create(2, 3, kHeadDim, DType::kQ8_0, 1000).value();
    cache.resize(70);
    for (const KvKind kind : {KvKind::kKey, KvKind::kValue}) {
      const bool is_key = kind == KvKind::kKey;
      for (size_t position = 0; position < 70; ++position) {
        cache.write(1, kind, 2, position, random_floats(kHeadDim, rng).data());
      }
      std::vector<float> scales((is_key ? kHeadDim / 32 : 1) * kBlock);
      cache.read_scales(*kernels, 1, kind, 2, 1, scales.data());
      const std::byte* quads = cache.quads(1, kind, 2, 1);
      for (size_t at = 0; at < 6; ++at) {
        std::vector<float> row(kHeadDim);
        cache.read(1, kind, 2, kBlock + at, row.data());
        for (size_t i = 0; i < kHeadDim; ++i) {
          const auto code = is_key ? quads[(i / 4 * kBlock + at) * 4 + i % 4]
                                   : quads[(at / 4 * kHeadDim + i) * 4 + at % 4];
          const int steps = is_key ? static_cast<int>(code) - 128 : static_cast<int8_t>(code);
          const float scale = scales[is_key ? i / 32 * kBlock + at : at];
          EXPECT_EQ(row[i], static_cast<float>(steps) * scale) << is_key << " " << at << " " << i;
        }
      }
    }
  }
}

// In 8 bits NaN has no code.
TEST(CausalAttention, WhatIsNotFiniteIsNotLost) {
  for (const KernelTable* kernels : available_kernels()) {
    for (const KvKind kind : {KvKind::kKey, KvKind::kValue}) {
      Rng rng(9);
      AttentionProblem problem({2, 1, 32, 0.2F, 0, 0}, DType::kQ8_0, rng);
      std::vector<float> row = random_floats(32, rng);
      row[7] = std::numeric_limits<float>::quiet_NaN();
      problem.cache.write(1, kind, 0, 70, row.data());
      ThreadPool pool(1);
      const std::vector<float> out = problem.run({*kernels, pool}, 69, 2);
      const auto is_finite = [](float value) { return std::isfinite(value); };
      EXPECT_TRUE(std::all_of(out.begin(), out.begin() + 64, is_finite)) << kernels->name;
      EXPECT_FALSE(std::all_of(out.begin() + 64, out.end(), is_finite)) << kernels->name;
    }
  }
}

TEST(KvCache, RefusesWhatItCannotHold) {
  EXPECT_EQ(KvCache::create(1, 1, 32, DType::kQ4_0, 10).error().code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(KvCache::create(1, 1, 24, DType::kQ8_0, 10).error().code, ErrorCode::kInvalidArgument);
  const KvCache cache = KvCache::create(2, 3, 32, DType::kQ8_0, 1000).value();
  EXPECT_EQ(cache.bytes(65), 2u * 64 * 2 * 2 * 3 * 34);
}

TEST(KvCache, ForksShareBlocksUntilOneIsWritten) {
  KvMemory memory;
  {
    KvCache cache = KvCache::create(1, 1, 4, DType::kF32, 1000, &memory).value();
    const uint64_t block_bytes = cache.bytes(1);
    const std::vector<float> old = {1, 2, 3, 4};
    const std::vector<float> changed = {5, 6, 7, 8};
    cache.resize(130);
    EXPECT_EQ(memory.bytes, 3 * block_bytes);
    cache.write(0, KvKind::kKey, 0, 70, old.data());
    cache.write(0, KvKind::kKey, 0, 129, old.data());
    KvCache branch = cache.fork();
    EXPECT_EQ(memory.bytes, 3 * block_bytes);
    branch.resize(131);
    branch.make_writable(129, 131);
    branch.write(0, KvKind::kKey, 0, 129, changed.data());
    EXPECT_EQ(memory.bytes, 4 * block_bytes);
    const auto first = [](const KvCache& from, size_t position) {
      std::vector<float> key(4);
      from.read(0, KvKind::kKey, 0, position, key.data());
      return key[0];
    };
    EXPECT_EQ(first(cache, 129), 1);
    EXPECT_EQ(first(branch, 129), 5);
    EXPECT_EQ(first(branch, 70), 1);
    cache.resize(64);
    EXPECT_EQ(memory.bytes, 3 * block_bytes) << "the second block is the branch's now";
    KvCache other = KvCache::create(1, 1, 4, DType::kF32, 1000, &memory).value();
    other.put(0, branch.share(1));
    EXPECT_EQ(first(other, 6), 1);
  }
  EXPECT_EQ(memory.bytes, 0u);
}

TEST(KvCacheDeathTest, ASharedBlockIsNotWrittenTo) {
  KvCache cache = KvCache::create(1, 1, 4, DType::kF32, 100).value();
  cache.resize(10);
  const KvCache branch = cache.fork();
  const std::vector<float> row(4);
  EXPECT_DEATH(cache.write(0, KvKind::kKey, 0, 3, row.data()), "is_shared");
}

TEST(Rope, RotatesPairsByTheirFrequencies) {
  for (const RopePairs pairs : {RopePairs::kNeighbours, RopePairs::kHalves}) {
    RopeSettings settings;
    settings.pairs = pairs;
    settings.num_rotated = 4;
    settings.theta = 100;
    settings.linear_factor = 2;
    RopeAngles angles;
    Rope(settings).angles(10, 3, 100, angles);
    std::vector<float> head = {1, 2, 3, 4, 5};
    angles.rotate(head.data(), 1, 5, 2);
    const double partner = pairs == RopePairs::kNeighbours ? 2 : 3;  // the element it goes with
    const double angle = 12 / 2.0;  // position 12, frequency 1, positions halved
    const double expected = 1 * std::cos(angle) - partner * std::sin(angle);
    EXPECT_NEAR(static_cast<double>(head[0]), expected, 1e-6);
    EXPECT_EQ(head[4], 5.0F) << "not rotated";
    RopeAngles back;
    Rope(settings).angles_back(12, 100, back);
    back.rotate(head.data(), 1, 5, 0);
    EXPECT_NEAR(head[0], 1.0F, 1e-6F);
    EXPECT_NEAR(head[1], 2.0F, 1e-6F);
  }
}

TEST(Rope, LongSessionsTakeTheLongFactors) {
  RopeSettings settings;
  settings.num_rotated = 2;
  settings.factors = {1};
  settings.long_factors = {2};
  settings.original_context_length = 16;
  settings.magnitude = 3;
  RopeAngles angles;
  Rope(settings).angles(1, 1, 16, angles);
  EXPECT_NEAR(angles.sines[0], 3 * std::sin(1.0F), 1e-6F);
  Rope(settings).angles(1, 1, 17, angles);
  EXPECT_NEAR(angles.sines[0], 3 * std::sin(0.5F), 1e-6F);
}

// Y. Peng et al. 2023, equation 22: 1 + 0.1 ln(factor); fast pairs keep their frequency and slow
// ones are divided by the factor.
TEST(Rope, YarnInterpolatesSlowPairsOnly) {
  RopeSettings settings;
  settings.num_rotated = 64;
  settings.theta = 10000;
  settings.yarn = YarnScaling{.factor = 4, .original_context_length = 2048};
  RopeAngles angles;
  Rope(settings).angles(1, 1, 8192, angles);
  const float magnitude = 1 + 0.1F * std::log(4.0F);
  EXPECT_NEAR(angles.sines[0], magnitude * std::sin(1.0F), 1e-6F);
  const double slowest = std::pow(10000.0, -62.0 / 64);
  EXPECT_NEAR(angles.sines[31], magnitude * static_cast<float>(slowest / 4), 1e-9F);
}

// y = sum over the chosen experts of weight * down(silu(gate x) * up x), in double.
TEST(MixtureOfExperts, MatchesPlainLoops) {
  constexpr size_t kHidden = 12, kInner = 10, kExperts = 5, kTokens = 9;
  Rng rng(5);
  const std::vector<float> router = random_floats(kExperts * kHidden, rng);
  const std::vector<float> up = random_floats(kExperts * 2 * kInner * kHidden, rng);
  const std::vector<float> down = random_floats(kExperts * kHidden * kInner, rng);
  const std::vector<float> x = random_floats(kTokens * kHidden, rng);
  MixtureOfExperts mixture;
  mixture.router = linear_of(router, kExperts, kHidden);
  mixture.num_used = 2;
  std::vector<std::vector<float>> parts;
  for (size_t expert = 0; expert < kExperts; ++expert) {
    const auto up_begin = up.begin() + static_cast<std::ptrdiff_t>(expert * 2 * kInner * kHidden);
    const auto down_begin = down.begin() + static_cast<std::ptrdiff_t>(expert * kHidden * kInner);
    parts.emplace_back(up_begin, up_begin + 2 * kInner * kHidden);
    parts.emplace_back(down_begin, down_begin + kHidden * kInner);
  }
  for (size_t expert = 0; expert < kExperts; ++expert) {
    FeedForward network;
    network.up = linear_of(parts[2 * expert], 2 * kInner, kHidden);
    network.down = linear_of(parts[2 * expert + 1], kHidden, kInner);
    mixture.experts.push_back(network);
  }
  const auto dot = [&](const float* a, const float* b, size_t size) {
    double sum = 0;
    for (size_t i = 0; i < size; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
    return sum;
  };
  for (const bool renormalises : {false, true}) {
    mixture.renormalises = renormalises;
    ThreadPool pool(2);
    const Compute compute = {*available_kernels().back(), pool};
    DecoderScratch scratch;
    std::vector<float> out(kTokens * kHidden);
    mixture.forward(compute, scratch, x.data(), kTokens, out.data());
    for (size_t token = 0; token < kTokens; ++token) {
      const float* row = x.data() + token * kHidden;
      std::vector<std::pair<double, size_t>> ratings;
      double total = 0;
      for (size_t expert = 0; expert < kExperts; ++expert) {
        ratings.emplace_back(std::exp(dot(router.data() + expert * kHidden, row, kHidden)), expert);
        total += ratings.back().first;
      }
      std::sort(ratings.rbegin(), ratings.rend());
      if (renormalises) total = ratings[0].first + ratings[1].first;
      std::vector<double> expected(kHidden);
      for (size_t rank = 0; rank < 2; ++rank) {
        const auto [rating, expert] = ratings[rank];
        std::vector<float> inner(kInner);
        for (size_t i = 0; i < kInner; ++i) {
          const double gate = dot(parts[2 * expert].data() + i * kHidden, row, kHidden);
          const double value = dot(parts[2 * expert].data() + (kInner + i) * kHidden, row, kHidden);
          inner[i] = static_cast<float>(gate / (1 + std::exp(-gate)) * value);
        }
        for (size_t i = 0; i < kHidden; ++i) {
          expected[i] +=
              rating / total * dot(parts[2 * expert + 1].data() + i * kInner, inner.data(), kInner);
        }
      }
      for (size_t i = 0; i < kHidden; ++i) {
        ASSERT_NEAR(static_cast<double>(out[token * kHidden + i]), expected[i], 1e-4);
      }
    }
  }
}

}  // namespace
}  // namespace ganglion
