// Every golden decoder against the logits that llama.cpp and ik_llama.cpp computed for it (the
// README.md beside them says how), and that cutting, threads and kernels change nothing.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/file.h"
#include "base/test_paths.h"
#include "engine/language_model.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr double kTolerance = 1e-5;  // relative L2 at every position, by the data's README.md
constexpr size_t kContext = 128;     // as the reference was opened with, or as many as there are

std::vector<float> read_floats(const std::filesystem::path& path) {
  const std::string bytes = read_file(path).value();
  std::vector<float> values(bytes.size() / sizeof(float));
  std::memcpy(values.data(), bytes.data(), values.size() * sizeof(float));
  return values;
}

std::vector<int32_t> ids(const json::value& list) {
  std::vector<int32_t> tokens;
  for (const json::value& id : list.as_array()) tokens.push_back(id.to_number<int32_t>());
  return tokens;
}

double relative_l2(std::span<const float> a, std::span<const float> b) {
  double error = 0;
  double norm = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    const double difference = static_cast<double>(a[i]) - static_cast<double>(b[i]);
    error += difference * difference;
    norm += static_cast<double>(b[i]) * static_cast<double>(b[i]);
  }
  return std::sqrt(error / norm);
}

// The worst row of [rows, vocabulary].
double worst_row(std::span<const float> a, std::span<const float> b, size_t vocabulary_size) {
  double worst = 0;
  for (size_t first = 0; first < b.size(); first += vocabulary_size) {
    worst = std::max(
        worst, relative_l2(a.subspan(first, vocabulary_size), b.subspan(first, vocabulary_size)));
  }
  return worst;
}

std::unique_ptr<const LanguageModel> load(const std::filesystem::path& path, size_t num_threads = 1,
                                          Precision precision = Precision::kF32) {
  LanguageModelOptions options;
  options.num_threads = num_threads;
  options.precision = precision;
  auto model = load_language_model(path, options);
  EXPECT_TRUE(model.ok()) << model.error().message;
  return model.ok() ? std::move(model).value() : nullptr;
}

std::unique_ptr<Session> start(const LanguageModel& model, DType cache_type = DType::kF32) {
  SessionOptions options;
  options.context_length = std::min(kContext, model.description().context_length);
  options.cache_type = cache_type;
  return model.start(options).value();
}

class GoldenDecoders : public testing::Test {
 protected:
  void SetUp() override {
    const auto folder = shared_data_path("models/golden/given/models");
    if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
    folder_ = *folder;
    index_ = parse_json(read_file(folder_ / "index.json").value(), "index.json").value();
  }

  // Calls body(name, entry) for every decoder.
  template <typename Body>
  void for_each_decoder(const Body& body) {
    size_t count = 0;
    for (const json::value& entry : index_.at("models").as_array()) {
      if (entry.at("kind").as_string() != "decoder") continue;
      const std::string name(entry.at("name").as_string());
      SCOPED_TRACE(name);
      body(name, entry);
      ++count;
    }
    EXPECT_GE(count, 20u);
  }

  std::filesystem::path folder_;
  json::value index_;
};

TEST_F(GoldenDecoders, LogitsOfEveryPosition) {
  for_each_decoder([&](const std::string& name, const json::value& entry) {
    const auto model = load(folder_ / (name + ".gguf"));
    ASSERT_NE(model, nullptr);
    std::vector<float> logits;
    ASSERT_TRUE(start(*model)->append(ids(entry.at("tokens")), LogitRows::kAll, logits).ok());
    const std::vector<float> expected = read_floats(folder_ / (name + ".logits.f32"));
    ASSERT_EQ(logits.size(), expected.size());
    const double worst = worst_row(logits, expected, model->description().vocabulary_size);
    EXPECT_LE(worst, kTolerance);
    RecordProperty(name, std::to_string(worst));
  });
}

// Where the reference's two best are closer than our error, either is right.
TEST_F(GoldenDecoders, GreedyTokens) {
  for_each_decoder([&](const std::string& name, const json::value& entry) {
    const auto model = load(folder_ / (name + ".gguf"));
    ASSERT_NE(model, nullptr);
    const auto session = start(*model);
    const std::vector<float> expected = read_floats(folder_ / (name + ".greedy_logits.f32"));
    const size_t vocabulary_size = model->description().vocabulary_size;
    const std::vector<int32_t> greedy = ids(entry.at("greedy_tokens"));
    std::vector<float> logits;
    ASSERT_TRUE(session->append(ids(entry.at("tokens")), LogitRows::kLast, logits).ok());
    for (size_t step = 0; step < greedy.size(); ++step) {
      const std::span<const float> row(expected.data() + step * vocabulary_size, vocabulary_size);
      ASSERT_LE(relative_l2(logits, row), kTolerance) << "step " << step;
      const auto best = std::max_element(logits.begin(), logits.end()) - logits.begin();
      const double gap = entry.at("greedy_top2_gap").at(step).to_number<double>();
      if (gap > 1e-4) {
        ASSERT_EQ(best, greedy[step]) << "step " << step;
      }
      ASSERT_TRUE(session->append({&greedy[step], 1}, LogitRows::kLast, logits).ok());
    }
  });
}

TEST_F(GoldenDecoders, TheSameBitsInAnyCuttingAndWithAnyThreads) {
  for_each_decoder([&](const std::string& name, const json::value& entry) {
    const std::vector<int32_t> tokens = ids(entry.at("tokens"));
    std::vector<float> at_once;
    const auto model = load(folder_ / (name + ".gguf"));
    ASSERT_NE(model, nullptr);
    ASSERT_TRUE(start(*model)->append(tokens, LogitRows::kAll, at_once).ok());

    const auto threaded = load(folder_ / (name + ".gguf"), 3);
    const auto session = start(*threaded);
    std::vector<float> rows;
    std::vector<float> piece;
    for (size_t first = 0, size = 1; first < tokens.size(); first += size, size = size % 5 + 1) {
      size = std::min(size, tokens.size() - first);
      ASSERT_TRUE(
          session->append(std::span(tokens).subspan(first, size), LogitRows::kAll, piece).ok());
      rows.insert(rows.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(rows, at_once);
  });
}

TEST_F(GoldenDecoders, SmallerCachesStayClose) {
  for_each_decoder([&](const std::string& name, const json::value& entry) {
    const auto model = load(folder_ / (name + ".gguf"));
    ASSERT_NE(model, nullptr);
    const std::vector<float> expected = read_floats(folder_ / (name + ".logits.f32"));
    std::vector<float> logits;
    const auto session = start(*model, DType::kF16);
    ASSERT_TRUE(session->append(ids(entry.at("tokens")), LogitRows::kAll, logits).ok());
    EXPECT_LE(relative_l2(logits, expected), 2e-3);
  });
}

// What is forgotten leaves no trace.
TEST_F(GoldenDecoders, TruncateGoesBack) {
  for_each_decoder([&](const std::string& name, const json::value& entry) {
    const auto model = load(folder_ / (name + ".gguf"));
    ASSERT_NE(model, nullptr);
    const std::vector<int32_t> tokens = ids(entry.at("tokens"));
    const auto session = start(*model);
    std::vector<float> logits;
    std::vector<float> again;
    ASSERT_TRUE(session->append(tokens, LogitRows::kLast, logits).ok());
    session->truncate(7);
    EXPECT_EQ(session->length(), 7u);
    ASSERT_TRUE(session->append(std::span(tokens).subspan(7), LogitRows::kLast, again).ok());
    EXPECT_EQ(again, logits);
  });
}

// Dropping the last tokens is forgetting them; with positions that cannot move it is refused.
TEST_F(GoldenDecoders, DropMovesWhatFollows) {
  for_each_decoder([&](const std::string& name, const json::value& entry) {
    const auto model = load(folder_ / (name + ".gguf"));
    ASSERT_NE(model, nullptr);
    const std::vector<int32_t> tokens = ids(entry.at("tokens"));
    const auto session = start(*model);
    std::vector<float> logits;
    ASSERT_TRUE(session->append(tokens, LogitRows::kLast, logits).ok());
    const Status dropped = session->drop(2, 10);
    if (name == "gpt2" || name == "starcoder") {
      EXPECT_EQ(dropped.error().code, ErrorCode::kUnsupported);
      return;
    }
    ASSERT_TRUE(dropped.ok());
    EXPECT_EQ(session->length(), tokens.size() - 8);
  });
}

// A model of one layer: keys depend on their own token and position alone, so that moving them is
// exact but for rounding.
TEST_F(GoldenDecoders, MovedKeysAreThoseOfTheirNewPositions) {
  const auto folder = shared_data_path("models/golden/given/quant");
  const auto model = load(*folder / "F16.gguf");
  ASSERT_NE(model, nullptr);
  const std::vector<int32_t> all = {5, 9, 33, 80, 7, 21, 100, 3, 64, 2};
  const std::vector<int32_t> kept = {5, 9, 21, 100, 3, 64};
  std::vector<float> moved;
  std::vector<float> fresh;
  const auto session = start(*model);
  ASSERT_TRUE(session->append(std::span(all).first(9), LogitRows::kNone, moved).ok());
  EXPECT_TRUE(moved.empty());
  ASSERT_TRUE(session->drop(2, 5).ok());
  ASSERT_TRUE(session->append(std::span(all).last(1), LogitRows::kLast, moved).ok());
  const auto other = start(*model);
  ASSERT_TRUE(other->append(kept, LogitRows::kNone, fresh).ok());
  ASSERT_TRUE(other->append(std::span(all).last(1), LogitRows::kLast, fresh).ok());
  EXPECT_LE(relative_l2(moved, fresh), kTolerance);
}

TEST_F(GoldenDecoders, EveryWeightType) {
  const auto folder = shared_data_path("models/golden/given/quant");
  const json::value index =
      parse_json(read_file(*folder / "index.json").value(), "index.json").value();
  size_t count = 0;
  for (const json::value& entry : index.at("models").as_array()) {
    const std::string type(entry.at("name").as_string());
    SCOPED_TRACE(type);
    const auto model = load(*folder / (type + ".gguf"), 2);
    ASSERT_NE(model, nullptr);
    std::vector<float> logits;
    ASSERT_TRUE(start(*model)->append(ids(entry.at("tokens")), LogitRows::kAll, logits).ok());
    const std::vector<float> expected = read_floats(*folder / (type + ".logits_dequant.f32"));
    ASSERT_EQ(logits.size(), expected.size());
    EXPECT_LE(worst_row(logits, expected, model->description().vocabulary_size), kTolerance);
    const auto session = start(*model, DType::kQ8_0);
    ASSERT_TRUE(session->append(ids(entry.at("tokens")), LogitRows::kAll, logits).ok());
    // Keys, values, queries and weights of attention in 8 bits.
    EXPECT_LE(relative_l2(logits, expected), 3e-2);
    ++count;
  }
  EXPECT_EQ(count, 15u);
}

// D_KL of the next token's distributions, exact to approximate, the mean over rows, in nats.
double mean_divergence(std::span<const float> exact, std::span<const float> approximate,
                       size_t vocabulary_size) {
  const auto log_sum = [&](std::span<const float> row) {
    double sum = 0;
    for (const float logit : row) sum += std::exp(double{logit});
    return std::log(sum);
  };
  double total = 0;
  for (size_t first = 0; first < exact.size(); first += vocabulary_size) {
    const auto p = exact.subspan(first, vocabulary_size);
    const auto q = approximate.subspan(first, vocabulary_size);
    const double shift = log_sum(p) - log_sum(q);
    for (size_t i = 0; i < vocabulary_size; ++i) {
      const double log_p = p[i] - log_sum(p);
      total += std::exp(log_p) * (double{p[i]} - q[i] - shift);
    }
  }
  return total / static_cast<double>(exact.size() / vocabulary_size);
}

// 8-bit activations: close to float32, and the same bits however the tokens are cut.
TEST_F(GoldenDecoders, EveryWeightTypeInEightBits) {
  const auto folder = shared_data_path("models/golden/given/quant");
  const json::value index =
      parse_json(read_file(*folder / "index.json").value(), "index.json").value();
  for (const json::value& entry : index.at("models").as_array()) {
    const std::string type(entry.at("name").as_string());
    SCOPED_TRACE(type);
    const std::vector<int32_t> tokens = ids(entry.at("tokens"));
    const std::vector<float> expected = read_floats(*folder / (type + ".logits_dequant.f32"));
    const auto model = load(*folder / (type + ".gguf"), 2, Precision::kS8);
    ASSERT_NE(model, nullptr);
    const size_t vocabulary_size = model->description().vocabulary_size;
    std::vector<float> logits;
    ASSERT_TRUE(start(*model)->append(tokens, LogitRows::kAll, logits).ok());
    ASSERT_EQ(logits.size(), expected.size());
    EXPECT_LE(relative_l2(logits, expected), 3e-2);
    const double divergence = mean_divergence(expected, logits, vocabulary_size);
    EXPECT_LE(divergence, 2.5e-3);
    RecordProperty(type, std::to_string(divergence));

    const auto session = start(*model);
    std::vector<float> rows;
    std::vector<float> piece;
    for (size_t first = 0, size = 1; first < tokens.size(); first += size, size = size % 5 + 1) {
      size = std::min(size, tokens.size() - first);
      const auto part = std::span(tokens).subspan(first, size);
      ASSERT_TRUE(session->append(part, LogitRows::kAll, piece).ok());
      rows.insert(rows.end(), piece.begin(), piece.end());
    }
    EXPECT_EQ(rows, logits);
  }
}

TEST_F(GoldenDecoders, AFullContextIsAnErrorAndReadsNothing) {
  const auto model = load(folder_ / "llama_gqa_tied.gguf");
  ASSERT_NE(model, nullptr);
  SessionOptions options;
  options.context_length = 5;
  const auto session = model->start(options).value();
  const std::vector<int32_t> tokens = {1, 2, 3, 4};
  std::vector<float> logits;
  ASSERT_TRUE(session->append(tokens, LogitRows::kLast, logits).ok());
  const Status status = session->append(std::span(tokens).first(2), LogitRows::kLast, logits);
  EXPECT_EQ(status.error().code, ErrorCode::kLimit);
  EXPECT_NE(status.error().message.find("holds 5 tokens"), std::string::npos);
  EXPECT_EQ(session->length(), 4u);
}

}  // namespace
}  // namespace ganglion
