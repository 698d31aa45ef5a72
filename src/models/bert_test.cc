#include "models/bert.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <numeric>

#include "base/file.h"
#include "base/test_paths.h"
#include "kernels/dispatch.h"
#include "text/json.h"

namespace ganglion {
namespace {

std::vector<float> read_floats(const std::filesystem::path& path) {
  const std::string bytes = read_file(path).value();
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

// |a - b| / |b|
double relative_l2(std::span<const float> a, std::span<const float> b) {
  double error = 0;
  double norm = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    const auto expected = static_cast<double>(b[i]);
    error += (static_cast<double>(a[i]) - expected) * (static_cast<double>(a[i]) - expected);
    norm += expected * expected;
  }
  return std::sqrt(error / norm);
}

struct Golden {
  BertConfig config;
  Bert bert;
  std::vector<int32_t> tokens;
  std::vector<float> hidden;  // [T, H], with erf GELU
};

Golden load_golden(const std::filesystem::path& folder, const std::string& name,
                   Precision precision) {
  const auto file =
      std::make_shared<const GgufFile>(GgufFile::open(folder / (name + ".gguf")).value());
  const BertConfig config = read_bert_config(*file).value();
  Golden golden{config,
                Bert::load(config, file).value(),
                {},
                config.gate == Gate::kSilu ? std::vector<float>()
                                           : read_floats(folder / (name + ".hidden_erf.f32"))};
  // Without GELU there is but one reference.
  if (golden.hidden.empty()) golden.hidden = read_floats(folder / (name + ".hidden.f32"));
  const json::value index =
      parse_json(read_file(folder / "index.json").value(), "index.json").value();
  for (const json::value& model : index.at("models").as_array()) {
    if (model.at("name").as_string() != name) continue;
    for (const json::value& token : model.at("tokens").as_array()) {
      golden.tokens.push_back(static_cast<int32_t>(token.as_int64()));
    }
  }
  if (precision == Precision::kS8) {
    const std::vector<size_t> lengths = {golden.tokens.size()};
    golden.bert.quantize(*available_kernels().back(), {golden.tokens, lengths});
  }
  return golden;
}

std::vector<float> forward(const KernelTable& kernels, const Golden& golden) {
  std::vector<float> hidden(golden.hidden.size());
  BertScratch scratch;
  const std::vector<size_t> lengths = {golden.tokens.size()};
  golden.bert.forward(kernels, {golden.tokens, lengths}, hidden, scratch);
  return hidden;
}

TEST(Bert, GoldenModelsWithEveryKernelTable) {
  const auto folder = shared_data_path("models/golden/given/models");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  for (const std::string name : {"bert", "bert_roberta_like", "nomic_bert", "jina_bert_v2"}) {
    const Golden f32 = load_golden(*folder, name, Precision::kF32);
    const Golden s8 = load_golden(*folder, name, Precision::kS8);
    for (const KernelTable* kernels : available_kernels()) {
      EXPECT_LE(relative_l2(forward(*kernels, f32), f32.hidden), 1e-5) << name << kernels->name;
      // Random weights quantise worse than trained ones; a wrong scale or sum would give about 1.
      EXPECT_LE(relative_l2(forward(*kernels, s8), s8.hidden), 5e-2) << name << kernels->name;
    }
  }
}

TEST(Bert, PoolsAsLlamaCppDoes) {
  const auto folder = shared_data_path("models/golden/given/models");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  for (const std::string name : {"bert", "nomic_bert", "jina_bert_v2"}) {
    Golden golden = load_golden(*folder, name, Precision::kF32);
    const std::vector<float> hidden = forward(*available_kernels().back(), golden);
    std::vector<float> pooled(golden.config.hidden_size);
    golden.bert.pool(hidden, pooled);
    // The others' files hold the tanh GELU's numbers: 2e-4 away.
    EXPECT_LE(relative_l2(pooled, read_floats(*folder / (name + ".mean.f32"))),
              golden.config.gate == Gate::kSilu ? 1e-5 : 5e-4);
  }
}

TEST(Bert, SequencesDoNotSeeEachOther) {
  const auto folder = shared_data_path("models/golden/given/models");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  for (const Precision precision : {Precision::kF32, Precision::kS8}) {
    for (const std::string name : {"bert", "nomic_bert", "jina_bert_v2"}) {
      const Golden golden = load_golden(*folder, name, precision);
      const size_t size = golden.config.hidden_size;
      const std::vector<size_t> lengths = {5, 1, 11, 7};
      for (const KernelTable* kernels : available_kernels()) {
        std::vector<float> together(24 * size);
        BertScratch scratch;
        golden.bert.forward(*kernels, {golden.tokens, lengths}, together, scratch);
        size_t first = 0;
        for (const size_t length : lengths) {
          std::vector<float> alone(length * size);
          golden.bert.forward(*kernels,
                              {std::span(golden.tokens).subspan(first, length), {&length, 1}},
                              alone, scratch);
          EXPECT_EQ(0, std::memcmp(alone.data(), together.data() + first * size,
                                   alone.size() * sizeof(float)))
              << kernels->name;
          first += length;
        }
      }
    }
  }
}

// Parts cut sequences anywhere, and may be empty.
TEST(Bert, ThreadsTogetherGiveTheBitsOfOne) {
  const auto folder = shared_data_path("models/golden/given/models");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  const KernelTable& kernels = *available_kernels().back();
  const std::vector<std::vector<size_t>> batches = {{1}, {2}, {24}, {5, 1, 11, 7}, {30}};
  for (const std::string name : {"bert", "nomic_bert", "jina_bert_v2"}) {
    const Golden golden = load_golden(*folder, name, Precision::kF32);
    for (const std::vector<size_t>& lengths : batches) {
      const size_t num_tokens = std::accumulate(lengths.begin(), lengths.end(), size_t{0});
      std::vector<int32_t> ids = golden.tokens;
      ids.resize(num_tokens, 1);
      std::vector<float> alone(num_tokens * golden.config.hidden_size);
      BertScratch scratch;
      golden.bert.forward(kernels, {ids, lengths}, alone, scratch);
      for (const size_t num_threads : {2, 3, 4}) {
        ThreadPool pool(num_threads);
        std::vector<BertScratch> scratches(num_threads);
        std::vector<float> together(alone.size());
        golden.bert.forward(kernels, {ids, lengths}, together, scratches, pool);
        EXPECT_EQ(together, alone) << name << ", " << num_threads << " threads";
      }
    }
  }
}

}  // namespace
}  // namespace ganglion
