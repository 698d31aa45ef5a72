#include "engine/classification_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/test_paths.h"
#include "models/hugging_face/convert.h"
#include "text/json.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;
using testing::ElementsAre;
using testing::HasSubstr;

// tests/golden/tiny_encoders: made by tools/reference/make_tiny_encoders.py.
const fs::path kTiny = "tests/golden/tiny_encoders";

struct ExpectedLine {
  std::string text;
  std::string second;
  std::vector<int32_t> ids;
  std::vector<float> logits;
};

std::vector<ExpectedLine> read_expected(const std::string& model) {
  std::vector<ExpectedLine> lines;
  std::ifstream file(kTiny / model / "expected.jsonl");
  for (std::string text; std::getline(file, text);) {
    const json::object line = parse_json(text, "expected.jsonl").value().as_object();
    ExpectedLine& expected = lines.emplace_back();
    expected.text = line.at("text").as_string();
    if (line.contains("second")) expected.second = line.at("second").as_string();
    expected.ids = json::value_to<std::vector<int32_t>>(line.at("ids"));
    expected.logits = json::value_to<std::vector<float>>(line.at("logits"));
  }
  EXPECT_EQ(lines.size(), 6U);
  return lines;
}

// |a - b| / |b|
double relative_l2(std::span<const float> a, std::span<const float> b) {
  EXPECT_EQ(a.size(), b.size());
  double error = 0;
  double norm = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    error += std::pow(static_cast<double>(a[i]) - static_cast<double>(b[i]), 2);
    norm += std::pow(static_cast<double>(b[i]), 2);
  }
  return std::sqrt(error / norm);
}

// The folder itself, and the file that it is converted to.
std::vector<fs::path> both_forms(const std::string& model) {
  const fs::path path = testing::TempDir() + "classification_" + model + ".gguf";
  SilentProgress silent;
  EXPECT_TRUE(write_as_gguf(read_hugging_face_model(kTiny / model).value(), {}, path, silent).ok());
  return {kTiny / model, path};
}

ClassificationModel load(const fs::path& path) {
  auto model = ClassificationModel::load(open_model(path).value(), {.num_threads = 2});
  EXPECT_TRUE(model.ok()) << model.error().message;
  return std::move(model).value();
}

std::string load_error(GgufFile file) {
  const auto model = ClassificationModel::load(std::move(file), {.num_threads = 1});
  return model.ok() ? "loaded" : model.error().message;
}

TEST(ClassificationModel, LabelsTextsAsTheReferenceDoes) {
  for (const std::string model_name : {"roberta_labels", "distilbert_labels"}) {
    for (const fs::path& path : both_forms(model_name)) {
      const ClassificationModel model = load(path);
      EXPECT_THAT(model.labels(), ElementsAre("refund", "track", "other"));
      EXPECT_EQ(model.is_multi_label(), model_name == "distilbert_labels");
      for (const ExpectedLine& line : read_expected(model_name)) {
        const std::string_view text = line.text;
        std::vector<float> logits(3);
        ASSERT_TRUE(model.classify({&text, 1}, logits).ok());
        EXPECT_LE(relative_l2(logits, line.logits), 1e-5) << path << line.text;
      }
    }
  }
}

TEST(ClassificationModel, ScoresPairsAsTheReferenceDoes) {
  for (const std::string model_name : {"bert_rank", "xlm_roberta_rank"}) {
    for (const fs::path& path : both_forms(model_name)) {
      const ClassificationModel model = load(path);
      const auto tokens = BertModel::load(open_model(path).value(), {}).value();
      EXPECT_EQ(model.labels().size(), 1U);
      for (const ExpectedLine& line : read_expected(model_name)) {
        EXPECT_EQ(tokens->encode_pair(line.text, line.second).ids, line.ids);
        const std::string_view second = line.second;
        std::vector<float> logits(1);
        ASSERT_TRUE(model.classify_pairs(line.text, {&second, 1}, logits).ok());
        EXPECT_LE(relative_l2(logits, line.logits), 1e-5) << path << line.text;
      }
    }
  }
}

TEST(ClassificationModel, PairsGiveTheSameBitsTogether) {
  const ClassificationModel model = load(kTiny / "bert_rank");
  std::vector<std::string_view> texts(60, "it slept");
  for (size_t i = 1; i < texts.size(); i += 2) texts[i] = "the red fox jumped";
  std::vector<float> logits(texts.size());
  ASSERT_TRUE(model.classify_pairs("a fox", texts, logits).ok());
  for (size_t i = 2; i < logits.size(); ++i) EXPECT_EQ(logits[i], logits[i - 2]);
  EXPECT_NE(logits[0], logits[1]);
}

TEST(ClassificationModel, LabelsOfTokensComeFromTheHead) {
  for (const fs::path& path : both_forms("bert_tokens")) {
    const auto model = BertModel::load(open_model(path).value(), {}).value();
    ASSERT_TRUE(model->head() && model->head()->labels_tokens());
    EXPECT_THAT(model->head()->labels(), ElementsAre("O", "B-animal", "I-animal"));
    for (const ExpectedLine& line : read_expected("bert_tokens")) {
      const TokenSequence sequence = model->encode(line.text);
      EXPECT_EQ(sequence.ids, line.ids);
      std::vector<float> logits(sequence.ids.size() * 3);
      model->run({&sequence, 1}, [&](size_t, std::span<const float> hidden) {
        model->head()->forward(model->kernels(), hidden, logits);
      });
      EXPECT_LE(relative_l2(logits, line.logits), 1e-5) << path << line.text;
    }
  }
}

TEST(ClassificationModel, ProbabilitiesAddUpUnlessLabelsAreIndependent) {
  std::vector<float> softmax = {1.0F, 1.0F, -100.0F};
  to_probabilities(softmax, false);
  EXPECT_FLOAT_EQ(softmax[0], 0.5F);
  std::vector<float> independent = {0.0F, 0.0F};
  to_probabilities(independent, true);
  EXPECT_THAT(independent, ElementsAre(0.5F, 0.5F));
  std::vector<float> single = {0.0F};
  to_probabilities(single, false);
  EXPECT_THAT(single, ElementsAre(0.5F));
}

TEST(ClassificationModel, OtherModelsAreRefusedWithWhatRunsThem) {
  EXPECT_THAT(load_error(open_model(kTiny / "bert").value()),
              HasSubstr("found an embedding model; `ganglion embed` runs it"));
  EXPECT_THAT(load_error(open_model(kTiny / "bert_tokens").value()),
              HasSubstr("found one of single tokens; `ganglion debug hidden --head`"));
  const auto folder = shared_data_path("models/golden/given/models");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  EXPECT_THAT(load_error(GgufFile::open(*folder / "phi2.gguf").value()),
              HasSubstr("expected an encoder with a classifier (\"bert\", \"nomic-bert\", "
                        "\"jina-bert-v2\"), found \"phi2\"; take a model whose"));
}

// A tiny model's file without its output matrix, or with the first `num_rows` of it.
GgufFile with_output_rows(const std::string& model, size_t num_rows) {
  ModelRecipe recipe = read_hugging_face_model(kTiny / model).value();
  const auto is_output = [](const TensorRecipe& tensor) {
    return tensor.name == "cls.output.weight";
  };
  if (num_rows == 0) {
    std::erase_if(recipe.tensors, is_output);
    return open_as_gguf(std::move(recipe)).value();
  }
  TensorRecipe& output = *std::find_if(recipe.tensors.begin(), recipe.tensors.end(), is_output);
  TensorView& part = output.parts.front();
  part.shape = {static_cast<int64_t>(num_rows), part.shape[1]};
  part.bytes = part.bytes.first(static_cast<size_t>(part.shape.num_elements()) * sizeof(float));
  output.shape = part.shape;
  return open_as_gguf(std::move(recipe)).value();
}

TEST(ClassificationModel, DamagedHeadsNameTensorAndExpectation) {
  EXPECT_THAT(load_error(with_output_rows("bert_rank", 0)),
              HasSubstr("tensor \"cls.output.weight\": expected (pooling is \"rank\"), but it is "
                        "absent; convert the model again"));
  EXPECT_THAT(load_error(with_output_rows("roberta_labels", 2)),
              HasSubstr("\"cls.output.weight\": expected shape [3, 24], found [2, 24]"));
}

TEST(ClassificationModel, LabelsMustBeAsManyAsTheRowsOfTheHead) {
  const fs::path folder = fs::path(testing::TempDir()) / "two_labels";
  fs::remove_all(folder);
  fs::copy(kTiny / "roberta_labels", folder);
  std::string config = read_file(folder / "config.json").value();
  const std::string_view label = "\"2\": \"other\"";
  const size_t at = config.find(label);
  ASSERT_NE(at, std::string::npos);
  config.erase(config.rfind(',', at), at + label.size() - config.rfind(',', at));
  ASSERT_TRUE(write_file_atomic(folder / "config.json", config).ok());
  EXPECT_THAT(open_model(folder).error().message,
              HasSubstr("config.json: \"id2label\": expected 3 labels (the rows of "
                        "\"classifier.out_proj.weight\"), found 2"));
  fs::remove_all(folder);
}

}  // namespace
}  // namespace ganglion
