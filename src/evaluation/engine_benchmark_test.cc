#include "evaluation/engine_benchmark.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "engine/fake_model.h"

namespace ganglion {
namespace {

using testing::DoubleNear;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Optional;

// Counts the updates and keeps the last.
class LastProgress final : public ProgressSink {
 public:
  void update(uint64_t done, uint64_t total, std::string_view) override {
    EXPECT_GE(done, done_);
    done_ = done;
    total_ = total;
  }
  uint64_t done() const { return done_; }
  uint64_t total() const { return total_; }

 private:
  uint64_t done_ = 0;
  uint64_t total_ = 0;
};

// Pseudo-time: the pass that ends at context length n takes n milliseconds.
struct TimedModel {
  FakeClock clock;
  std::vector<size_t> lengths;
  FakeModel model{[this](std::span<const int32_t> context, std::span<float>) {
    lengths.push_back(context.size());
    clock.advance_us(static_cast<int64_t>(context.size()) * 1000);
  }};
};

TEST(EngineBenchmark, ReadsThePromptAndStepsFromTheSameDepth) {
  TimedModel timed;
  LastProgress progress;
  const auto times = measure_engine(
      timed.model, {.prompt_tokens = 20, .generate_tokens = 2, .depth = 10, .repetitions = 2},
      timed.clock, progress);
  ASSERT_TRUE(times.ok()) << times.error().message;
  // The first pass, the unmeasured repetition and two others.
  EXPECT_THAT(timed.lengths, ElementsAre(1, 30, 11, 12, 30, 11, 12, 30, 11, 12));
  EXPECT_DOUBLE_EQ(times->first_pass_s, 0.001);
  EXPECT_THAT(times->prefill_s, ElementsAre(DoubleNear(0.030, 1e-12), DoubleNear(0.030, 1e-12)));
  EXPECT_THAT(times->generation_s, ElementsAre(DoubleNear(0.023, 1e-12), DoubleNear(0.023, 1e-12)));
  EXPECT_EQ(progress.total(), 10 + 3 * 22);
  EXPECT_EQ(progress.done(), progress.total());
}

TEST(EngineBenchmark, StreamsStepTogetherAndOneReadsThePrompt) {
  TimedModel timed;
  LastProgress progress;
  const auto times = measure_engine(
      timed.model,
      {.prompt_tokens = 20, .generate_tokens = 2, .depth = 10, .num_streams = 3, .repetitions = 1},
      timed.clock, progress);
  ASSERT_TRUE(times.ok()) << times.error().message;
  EXPECT_THAT(timed.lengths,
              ElementsAre(1, 30, 11, 11, 11, 12, 12, 12, 30, 11, 11, 11, 12, 12, 12));
  EXPECT_THAT(times->prefill_s, ElementsAre(DoubleNear(0.030, 1e-12)));
  EXPECT_THAT(times->generation_s, ElementsAre(DoubleNear(3 * 0.023, 1e-12)));
  EXPECT_EQ(progress.total(), 3 * 10 + 2 * (20 + 3 * 2));
  EXPECT_EQ(progress.done(), progress.total());
}

TEST(EngineBenchmark, RefusesToMeasureNothing) {
  TimedModel timed;
  SilentProgress progress;
  for (const EngineBenchmarkOptions& options :
       {EngineBenchmarkOptions{.prompt_tokens = 0}, EngineBenchmarkOptions{.generate_tokens = 0},
        EngineBenchmarkOptions{.repetitions = 0}, EngineBenchmarkOptions{.num_streams = 0}}) {
    const auto times = measure_engine(timed.model, options, timed.clock, progress);
    ASSERT_FALSE(times.ok());
    EXPECT_EQ(times.error().code, ErrorCode::kInvalidArgument);
    EXPECT_THAT(times.error().message, HasSubstr("at least one token of prompt"));
  }
}

TEST(EngineBenchmark, SpreadHasTheMiddleOfSortedValues) {
  const Spread odd = spread_of({5, 1, 3});
  EXPECT_EQ(odd.min, 1);
  EXPECT_EQ(odd.median, 3);
  EXPECT_EQ(odd.max, 5);
  EXPECT_EQ(spread_of({4, 1, 2, 9}).median, 3);
}

TEST(EngineBenchmark, ChoosesThePeakByTheWeights) {
  const MachinePeaks peaks = {.int8_gops = 8, .f32_gflops = 2};
  EXPECT_THAT(peak_for(DType::kQ4_K, peaks).gops, Optional(8));
  EXPECT_EQ(peak_for(DType::kF16, peaks).gops, std::nullopt);
  EXPECT_EQ(peak_for(DType::kBF16, peaks).name, "bf16");
  EXPECT_THAT(peak_for(DType::kF32, peaks).gops, Optional(2));
}

DecoderWork small_work() {
  DecoderWork work;
  work.weight_type = DType::kQ8_0;
  work.layer_weights = 1'000'000;
  work.layer_bytes = 1'000'000;
  work.head_weights = 500'000;
  work.head_bytes = 500'000;
  work.num_layers = 1;
  work.query_size = 10;
  work.cache_size = 20;
  return work;
}

TEST(EngineBenchmark, FiguresAreSharesOfTheMedians) {
  const EngineBenchmarkOptions options = {
      .prompt_tokens = 100, .generate_tokens = 2, .depth = 3, .cache_type = DType::kF32};
  const EngineTimes times = {0.5, {0.2, 0.1, 0.4}, {0.01, 0.02, 0.04}};
  const MachinePeaks peaks = {.int8_gops = 4, .read_gb_per_s = 2};
  const EngineFigures figures = engine_figures(times, options, small_work(), peaks);
  EXPECT_DOUBLE_EQ(figures.prefill_tokens_per_s.min, 250);
  EXPECT_DOUBLE_EQ(figures.prefill_tokens_per_s.median, 500);
  EXPECT_DOUBLE_EQ(figures.prefill_tokens_per_s.max, 1000);
  EXPECT_DOUBLE_EQ(figures.decode_tokens_per_s.median, 100);
  EXPECT_DOUBLE_EQ(figures.time_to_first_token_s.median, 0.2);
  // Behind 3 tokens: 4 + … + 103 seen, 10 query elements, scores and values.
  const double operations = 2e6 * 100 + 2 * 5e5 + 4 * 5350.0 * 10;
  EXPECT_DOUBLE_EQ(figures.prefill_operations, operations);
  EXPECT_THAT(figures.prefill_fraction_of_peak, Optional(DoubleNear(operations / 0.2 / 4e9, 1e-9)));
  // Steps that see 4 and 5 tokens of 20 floats.
  const double bytes = 1'500'000 + 4.5 * 80;
  EXPECT_DOUBLE_EQ(figures.decode_bytes_per_token, bytes);
  EXPECT_THAT(figures.decode_fraction_of_bandwidth, Optional(DoubleNear(bytes * 100 / 2e9, 1e-9)));
}

TEST(EngineBenchmark, StreamsShareTheWeights) {
  const EngineBenchmarkOptions options = {
      .prompt_tokens = 100, .generate_tokens = 1, .num_streams = 5, .cache_type = DType::kF32};
  const EngineFigures figures = engine_figures({0.5, {0.2}, {0.01}}, options, small_work(), {});
  EXPECT_DOUBLE_EQ(figures.decode_tokens_per_s.median, 500);
  EXPECT_DOUBLE_EQ(figures.decode_bytes_per_token, 1'500'000 / 5.0 + 80);
}

TEST(EngineBenchmark, NoFractionWithoutAPeak) {
  DecoderWork work = small_work();
  work.weight_type = DType::kBF16;
  const EngineFigures figures = engine_figures({0.5, {0.2}, {0.01}}, {}, work, {.int8_gops = 4});
  EXPECT_EQ(figures.peak.name, "bf16");
  EXPECT_EQ(figures.prefill_fraction_of_peak, std::nullopt);
  EXPECT_EQ(figures.decode_fraction_of_bandwidth, std::nullopt);
}

}  // namespace
}  // namespace ganglion
