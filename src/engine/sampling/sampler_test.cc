#include "engine/sampling/sampler.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <map>
#include <set>

#include "base/file.h"
#include "base/rng.h"
#include "engine/fake_model.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr float kInfinity = std::numeric_limits<float>::infinity();

// Everything off.
SamplingOptions plain() {
  SamplingOptions options;
  options.temperature = 1;
  options.top_k = 0;
  options.top_p = 1;
  options.min_p = 0;
  return options;
}

float number(const json::object& object, std::string_view key, double fallback) {
  const json::value* const found = object.if_contains(key);
  return static_cast<float>(found == nullptr ? fallback : found->to_number<double>());
}

SamplingOptions options_of(const json::object& object) {
  SamplingOptions options = plain();
  options.temperature = number(object, "temperature", 1);
  options.top_k = static_cast<size_t>(number(object, "top_k", 0));
  options.top_p = number(object, "top_p", 1);
  options.min_p = number(object, "min_p", 0);
  options.typical_p = number(object, "typical_p", 1);
  options.penalties.window = static_cast<size_t>(number(object, "penalty_window", 64));
  options.penalties.repetition = number(object, "repetition", 1);
  options.penalties.presence = number(object, "presence", 0);
  options.penalties.frequency = number(object, "frequency", 0);
  options.dry.multiplier = number(object, "dry_multiplier", 0);
  options.dry.base = number(object, "dry_base", 1.75);
  options.dry.allowed_length = static_cast<size_t>(number(object, "dry_allowed_length", 2));
  if (object.contains("dry_window")) {
    options.dry.window = static_cast<size_t>(number(object, "dry_window", 0));
  }
  options.xtc.probability = object.contains("xtc") ? 1 : 0;
  options.xtc.threshold = number(object, "xtc_threshold", 0.1);
  options.mirostat.is_on = object.contains("mirostat_tau");
  options.mirostat.tau = number(object, "mirostat_tau", 5);
  if (const json::value* const bias = object.if_contains("logit_bias")) {
    for (const auto& [id, value] : bias->as_object()) {
      options.logit_bias.push_back(
          {std::stoi(std::string(id)), static_cast<float>(value.to_number<double>())});
    }
  }
  return options;
}

// tests/golden/sampling.json: made by tools/reference/make_sampling_reference.py.
TEST(Sampler, LeavesTheDistributionsOfTheReference) {
  const json::value golden =
      parse_json(read_file("tests/golden/sampling.json").value(), "golden").value();
  for (const json::value& entry : golden.at("cases").as_array()) {
    SCOPED_TRACE(entry.at("name").as_string().c_str());
    const auto logits = json::value_to<std::vector<float>>(
        golden.at("logits").at(entry.at("logits").to_number<size_t>()));
    Sampler sampler =
        Sampler::create(options_of(entry.at("options").as_object()), nullptr, logits.size())
            .value();
    for (const json::value& token : golden.at("history").as_array()) {
      sampler.accept(token.to_number<int32_t>());
    }
    const Candidates left = sampler.remaining(logits).value();
    const json::array& expected = entry.at("expected").as_array();
    ASSERT_EQ(left.size(), expected.size());
    std::vector<float> weights;
    const double total = softmax_weights(left, weights);
    for (size_t i = 0; i < left.size(); ++i) {
      EXPECT_EQ(left[i].id, expected[i].at(0).to_number<int32_t>());
      const auto probability = expected[i].at(1).to_number<double>();
      EXPECT_NEAR(weights[i] / total, probability, 2e-6 * probability + 1e-12);
    }
  }
}

// 0.999 quantile of chi-square with up to 7 degrees of freedom.
constexpr double kChiSquareLimit[] = {0, 10.83, 13.82, 16.27, 18.47, 20.52, 22.46, 24.32};

void expect_frequencies(SamplingOptions options, const std::vector<float>& logits) {
  constexpr int kDraws = 40'000;
  options.seed = 42;
  Sampler sampler = Sampler::create(options, nullptr, logits.size()).value();
  const Candidates left = sampler.remaining(logits).value();
  std::vector<float> weights;
  const double total = softmax_weights(left, weights);
  std::map<int32_t, int> counts;
  for (int i = 0; i < kDraws; ++i) ++counts[sampler.sample(logits).value()];
  double chi_square = 0;
  int counted = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    const double expected = kDraws * weights[i] / total;
    const double difference = counts[left[i].id] - expected;
    chi_square += difference * difference / expected;
    counted += counts[left[i].id];
  }
  EXPECT_EQ(counted, kDraws) << "a token was drawn that the chain does not leave";
  ASSERT_LE(left.size(), 8U);
  EXPECT_LT(chi_square, kChiSquareLimit[left.size() - 1]);
}

TEST(Sampler, DrawsInProportionToTheProbabilities) {
  const std::vector<float> logits = {0, 1, 2, 0.5F, -1, 1.5F, -0.5F, 2.5F};
  expect_frequencies(plain(), logits);
  SamplingOptions options = plain();
  options.top_k = 5;
  expect_frequencies(options, logits);
  options.temperature = 0.5F;
  expect_frequencies(options, logits);
  options = plain();
  options.top_p = 0.8F;
  expect_frequencies(options, logits);
  options = plain();
  options.min_p = 0.1F;
  expect_frequencies(options, logits);
  options = plain();
  options.typical_p = 0.6F;
  expect_frequencies(options, logits);
}

TEST(Sampler, XtcActsAsOftenAsItShould) {
  SamplingOptions options = plain();
  options.xtc = {0.3F, 0.2F};
  const std::vector<float> logits = {10, 9.9F, 0};  // about 0.52 and 0.47; only the second may stay
  Sampler sampler = Sampler::create(options, nullptr, 3).value();
  int firsts = 0;
  for (int i = 0; i < 20'000; ++i) firsts += sampler.sample(logits).value() == 0 ? 1 : 0;
  const double expected = 0.7 / (1 + std::exp(-0.1));
  EXPECT_NEAR(firsts / 20'000.0, expected, 4 * 0.5 / std::sqrt(20'000));
}

TEST(Sampler, MirostatHoldsTheSurprise) {
  Rng rng(3);
  std::vector<float> logits(2000);
  for (float& logit : logits) logit = static_cast<float>(rng.normal() * 4);
  std::vector<float> weights;
  const double total = softmax_weights(all_candidates(logits), weights);
  for (const float tau : {1.0F, 3.0F}) {
    SamplingOptions options = plain();
    options.mirostat = {true, tau, 0.05F};
    Sampler sampler = Sampler::create(options, nullptr, logits.size()).value();
    double surprise = 0;
    for (int i = 0; i < 4000; ++i) {
      // Against what was left to draw from, which is what the algorithm steers.
      Candidates left = sampler.remaining(logits).value();
      double mass = 0;
      for (const TokenCandidate& each : left) mass += weights[static_cast<size_t>(each.id)] / total;
      const auto token = static_cast<size_t>(sampler.sample(logits).value());
      if (i >= 1000) surprise -= std::log2(weights[token] / total / mass) / 3000;
    }
    EXPECT_NEAR(surprise, tau, 0.1);
  }
}

TEST(Sampler, SameSeedSameTokens) {
  const std::vector<float> logits(100, 0);
  const auto tokens = [&](uint64_t seed) {
    SamplingOptions options = plain();
    options.seed = seed;
    Sampler sampler = Sampler::create(options, nullptr, logits.size()).value();
    std::vector<int32_t> drawn;
    for (int i = 0; i < 8; ++i) drawn.push_back(sampler.sample(logits).value());
    return drawn;
  };
  EXPECT_EQ(tokens(1), tokens(1));
  EXPECT_NE(tokens(1), tokens(2));
  // Written down: every machine draws these.
  EXPECT_THAT(tokens(7), testing::ElementsAre(95, 40, 0, 39, 28, 33, 80, 27));
}

TEST(Sampler, GreedyTakesTheFirstOfEquals) {
  SamplingOptions options;
  options.temperature = 0;
  Sampler sampler = Sampler::create(options, nullptr, 4).value();
  EXPECT_EQ(sampler.sample(std::vector<float>{1, 3, 3, 2}).value(), 1);
}

TEST(Sampler, TinyTemperaturesStayFinite) {
  SamplingOptions options = plain();
  options.temperature = 1e-38F;
  Sampler sampler = Sampler::create(options, nullptr, 3).value();
  EXPECT_EQ(sampler.sample(std::vector<float>{-100, 300, 299.9F}).value(), 1);
}

TEST(Sampler, MaskAndBansLeaveOnlyTheirTokens) {
  const std::vector<float> logits(130, 0);
  std::vector<uint64_t> mask = {uint64_t{1} << 63, 0, 0b10};  // 63 and 129
  Sampler sampler = Sampler::create(plain(), nullptr, logits.size()).value();
  std::set<int32_t> drawn;
  for (int i = 0; i < 100; ++i) drawn.insert(sampler.sample(logits, mask).value());
  EXPECT_EQ(drawn, (std::set<int32_t>{63, 129}));

  SamplingOptions options = plain();
  options.logit_bias = {{63, -kInfinity}};
  Sampler banning = Sampler::create(options, nullptr, logits.size()).value();
  for (int i = 0; i < 100; ++i) EXPECT_EQ(banning.sample(logits, mask).value(), 129);
  mask[2] = 0;
  const auto none = banning.sample(logits, mask);
  ASSERT_FALSE(none.ok());
  EXPECT_EQ(none.error().code, ErrorCode::kConflict);
  EXPECT_EQ(none.error().message,
            "no token is left to choose: the token mask and the logit bias ban all 130");
}

TEST(Sampler, RefusesLogitsThatAreNoNumbers) {
  Sampler sampler = Sampler::create(SamplingOptions{}, nullptr, 2).value();
  for (const float bad : {std::nanf(""), kInfinity}) {
    const auto result = sampler.sample(std::vector<float>{0, bad});
    ASSERT_FALSE(result.ok());
    EXPECT_EQ(result.error().code, ErrorCode::kMalformed);
  }
}

TEST(Sampler, DryStopsAtBreakersOfTheText) {
  const FakeTokenizer tokenizer;
  SamplingOptions options = plain();
  options.temperature = 0;
  options.dry.multiplier = 5;
  std::vector<float> logits(tokenizer.vocabulary_size(), 0);
  logits[static_cast<size_t>(tokenizer.ids("c")[0])] = 3;
  logits[static_cast<size_t>(tokenizer.ids("d")[0])] = 2;
  const auto next = [&](std::string_view text) {
    Sampler sampler = Sampler::create(options, &tokenizer, logits.size()).value();
    for (const int32_t id : tokenizer.ids(text)) sampler.accept(id);
    return std::string(tokenizer.token(sampler.sample(logits).value()));
  };
  EXPECT_EQ(next("xabc yab"), "d");
  EXPECT_EQ(next("xabc y:b"), "c");
  EXPECT_EQ(next("a:bc a:b"), "c");  // the break is inside the repetition
}

TEST(SamplingOptions, ErrorsNameParameterRangeAndValue) {
  const auto message = [](auto change) {
    SamplingOptions options;
    change(options);
    const Status status = check_sampling_options(options, 100);
    return status.ok() ? "ok" : status.error().message;
  };
  using O = SamplingOptions;
  EXPECT_EQ(message([](O&) {}), "ok");
  EXPECT_EQ(message([](O& o) { o.temperature = -1; }),
            "temperature is -1; it must be at least 0 and at most 100");
  EXPECT_EQ(message([](O& o) { o.top_p = 1.5F; }),
            "top-p is 1.5; it must be at least 0 and at most 1");
  EXPECT_EQ(message([](O& o) { o.min_p = std::nanf(""); }),
            "min-p is nan; it must be at least 0 and at most 1");
  EXPECT_EQ(message([](O& o) { o.typical_p = 0; }),
            "typical-p is 0; it must be above 0 and at most 1");
  EXPECT_EQ(message([](O& o) { o.penalties.repetition = 0; }),
            "the repetition penalty is 0; it must be above 0 and at most 10");
  EXPECT_EQ(message([](O& o) { o.penalties.presence = 3; }),
            "the presence penalty is 3; it must be at least -2 and at most 2");
  EXPECT_EQ(message([](O& o) { o.dry.base = 0.5F; }),
            "the DRY base is 0.5; it must be at least 1 and at most 10");
  EXPECT_EQ(message([](O& o) { o.dry.allowed_length = 0; }),
            "the DRY allowed length is 0; it must be at least 1 and at most 1000000");
  EXPECT_EQ(message([](O& o) { o.dry.breakers = {""}; }),
            "a DRY sequence breaker of 0 bytes; it must have 1 to 64");
  EXPECT_EQ(message([](O& o) {
              o.mirostat = {true, 0, 0.1F};
            }),
            "the Mirostat target tau is 0; it must be above 0 and at most 100");
  EXPECT_EQ(message([](O& o) { o.mirostat.is_on = true, o.temperature = 0; }),
            "Mirostat with the temperature 0: it needs candidates to choose from; set the "
            "temperature above 0 or turn Mirostat off");
  EXPECT_EQ(message([](O& o) {
              o.logit_bias = {{100, 1}};
            }),
            "the logit bias is for token 100; this vocabulary has the tokens 0 to 99");
  EXPECT_EQ(message([](O& o) {
              o.logit_bias = {{1, kInfinity}};
            }),
            "the logit bias of token 1 is inf; it must be a number of at most 1000000, or "
            "-infinity to ban the token");
}

}  // namespace
}  // namespace ganglion
