#include "training/distill_static.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/hash.h"
#include "base/rng.h"

namespace ganglion {
namespace {

constexpr size_t kTeacherSize = 16;

// Words of three topics; the teacher sees the topic and a little of the word.
const std::vector<std::vector<std::string>> kTopics = {{"refund", "money", "payment", "invoice"},
                                                       {"parcel", "delivery", "courier", "late"},
                                                       {"password", "login", "account", "locked"}};

void teacher_vector(std::string_view text, std::span<float> out) {
  std::fill(out.begin(), out.end(), 0.0F);
  out[0] = 1;
  size_t begin = 0;
  while (begin < text.size()) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    const std::string word(text.substr(begin, end - begin));
    for (size_t topic = 0; topic < kTopics.size(); ++topic) {
      const auto& words = kTopics[topic];
      if (std::find(words.begin(), words.end(), word) != words.end()) out[1 + topic] += 2;
    }
    out[4 + fnv1a64(word) % (kTeacherSize - 4)] += 0.2F;
    begin = end + 1;
  }
  double squares = 0;
  for (const float value : out) squares += static_cast<double>(value) * value;
  for (float& value : out) value = static_cast<float>(value / std::sqrt(squares));
}

Status teacher(std::span<const std::string_view> texts, std::span<float> out) {
  for (size_t i = 0; i < texts.size(); ++i) {
    teacher_vector(texts[i], out.subspan(i * kTeacherSize, kTeacherSize));
  }
  return {};
}

std::vector<std::string> topic_texts() {
  Rng rng(11);
  std::vector<std::string> texts;
  for (int i = 0; i < 600; ++i) {
    const auto& topic = kTopics[rng.below(kTopics.size())];
    texts.push_back("my " + topic[rng.below(topic.size())] + " and the " +
                    topic[rng.below(topic.size())] + " number" + std::to_string(i % 7));
  }
  return texts;
}

StaticDistillOptions small_options() {
  StaticDistillOptions options;
  options.vocabulary = {.vocabulary_size = 150, .num_pieces = 10};
  options.dimension = 8;
  options.regression.num_epochs = 20;
  options.regression.batch_size = 16;
  options.regression.learning_rate = 0.01;
  return options;
}

std::string distill(const StaticDistillOptions& options) {
  SilentProgress progress;
  const std::vector<std::string> vocabulary = {"the", "my", "and"};
  auto plan = plan_static_distillation(topic_texts(), vocabulary, options).value();
  const auto texts = embed_all(teacher, kTeacherSize, plan.texts, progress).value();
  const auto tokens = embed_all(teacher, kTeacherSize, plan.token_texts, progress).value();
  const auto result = fit_static_embedding(std::move(plan), texts, tokens, options, progress);
  EXPECT_LT(result.loss, 0.1);
  EXPECT_GT(result.kept_variance, 0.5);
  return serialise_static_embedding(result.weights, {"small", "", "Apache-2.0"}).value();
}

double cosine(const StaticEmbedding& model, std::string_view a, std::string_view b) {
  std::vector<float> x(model.hidden_size());
  std::vector<float> y(model.hidden_size());
  model.embed(a, x);
  model.embed(b, y);
  double sum = 0;
  for (size_t i = 0; i < x.size(); ++i) sum += x[i] * y[i];
  return sum;
}

TEST(DistillStatic, TheStudentGroupsTextsAsItsTeacherDoes) {
  const std::string bytes = distill(small_options());
  std::vector<uint64_t> aligned(bytes.size() / sizeof(uint64_t) + 1);
  std::copy(bytes.begin(), bytes.end(), reinterpret_cast<char*>(aligned.data()));
  auto file = GgufFile::parse({reinterpret_cast<const std::byte*>(aligned.data()), bytes.size()},
                              "student");
  const StaticEmbedding student = StaticEmbedding::load(std::move(file).value()).value();
  EXPECT_EQ(student.hidden_size(), 8U);
  EXPECT_GT(cosine(student, "refund my money", "the invoice and the payment"), 0.8);
  EXPECT_LT(cosine(student, "refund my money", "my password is locked"), 0.3);
}

TEST(DistillStatic, TheSameSeedGivesTheSameBytes) {
  const std::string bytes = distill(small_options());
  EXPECT_EQ(distill(small_options()), bytes);
  StaticDistillOptions other = small_options();
  other.regression.seed = 2;
  EXPECT_NE(distill(other), bytes);
}

TEST(DistillStatic, DropsRepeatedAndShortTexts) {
  StaticDistillOptions options = small_options();
  const auto plan =
      plan_static_distillation({"late parcel", "late parcel", "late", "", "no refund"}, {}, options)
          .value();
  EXPECT_EQ(plan.texts.size(), 2U);
  EXPECT_EQ(plan.regression.text_begin.size(), 3U);
  EXPECT_EQ(plan.token_texts.size(), plan.tokens.size());
  options.max_texts = 1;
  const auto sample = plan_static_distillation({"late parcel", "no refund"}, {}, options).value();
  EXPECT_EQ(sample.texts.size(), 1U);
}

TEST(DistillStatic, SaysWhatIsWrongWithTheText) {
  const auto plan = plan_static_distillation({"late", "parcel"}, {}, small_options());
  ASSERT_FALSE(plan.ok());
  EXPECT_EQ(plan.error().message,
            "the text has no line of at least 2 words: give one sentence a line");
}

TEST(EmbedAll, KeepsTheOrderAndPassesAnErrorOn) {
  SilentProgress progress;
  std::vector<std::string> texts;
  for (int i = 0; i < 600; ++i) texts.push_back(std::string(static_cast<size_t>(599 - i), 'x'));
  const auto vectors = embed_all(teacher, kTeacherSize, texts, progress).value();
  std::vector<float> expected(kTeacherSize);
  teacher_vector(texts[17], expected);
  EXPECT_TRUE(std::equal(expected.begin(), expected.end(), vectors.begin() + 17 * kTeacherSize));
  const TeacherFunction failing = [](auto, auto) -> Status {
    return fail(ErrorCode::kMalformed, "broken");
  };
  EXPECT_EQ(embed_all(failing, kTeacherSize, texts, progress).error().message, "broken");
}

}  // namespace
}  // namespace ganglion
