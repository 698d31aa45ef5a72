#include "engine/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/test_paths.h"
#include "models/hugging_face/convert.h"
#include "text/json.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// tests/golden/tiny_encoders: made by tools/reference/make_tiny_encoders.py.
const fs::path kTiny = "tests/golden/tiny_encoders";
const std::vector<std::string> kModels = {"bert", "distilbert", "roberta", "xlm_roberta",
                                          "nomic_bert"};

struct Expected {
  std::vector<std::string> texts;
  std::vector<float> vectors;
};

Expected read_expected(const fs::path& folder) {
  Expected expected;
  std::ifstream file(folder / "expected.jsonl");
  for (std::string text; std::getline(file, text);) {
    const json::value line = parse_json(text, "expected.jsonl").value();
    expected.texts.emplace_back(line.at("text").as_string());
    for (const json::value& number : line.at("embedding").as_array()) {
      expected.vectors.push_back(number.to_number<float>());
    }
  }
  EXPECT_FALSE(expected.texts.empty()) << folder << " has no expected.jsonl";
  return expected;
}

std::vector<float> embed(const Encoder& encoder, const std::vector<std::string>& texts) {
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  std::vector<float> out(texts.size() * encoder.hidden_size());
  EXPECT_TRUE(encoder.embed(views, out).ok());
  return out;
}

// A copy of a tiny encoder's folder that a test may spoil.
class SpoiltFolder {
 public:
  explicit SpoiltFolder(const std::string& model)
      : path_(fs::path(testing::TempDir()) / ("spoilt_" + model)) {
    fs::remove_all(path_);
    fs::copy(kTiny / model, path_, fs::copy_options::recursive);
  }
  ~SpoiltFolder() { fs::remove_all(path_); }

  void replace(const std::string& file, const std::string& from, const std::string& to) const {
    std::string text = read_file(path_ / file).value();
    const size_t at = text.find(from);
    ASSERT_NE(at, std::string::npos) << from;
    text.replace(at, from.size(), to);
    ASSERT_TRUE(write_file_atomic(path_ / file, text).ok());
  }

  // model.safetensors: the header's length in 8 bytes, the header, the tensors.
  void set_first_value(const std::string& tensor, float value) const {
    std::string file = read_file(path_ / "model.safetensors").value();
    uint64_t header_size = 0;
    std::memcpy(&header_size, file.data(), sizeof header_size);
    const json::value header =
        parse_json(std::string_view(file).substr(8, header_size), "").value();
    const json::value& entry = header.at(tensor);
    ASSERT_EQ(entry.at("dtype").as_string(), "F32");
    const size_t offset = entry.at("data_offsets").at(0).to_number<size_t>();
    std::memcpy(file.data() + 8 + header_size + offset, &value, sizeof value);
    ASSERT_TRUE(write_file_atomic(path_ / "model.safetensors", file).ok());
  }

  std::string error() const {
    const auto encoder = load_encoder(path_);
    return encoder.ok() ? "loaded" : encoder.error().message;
  }

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST(Encoder, FoldersGiveTheReferenceVectors) {
  for (const std::string& model : kModels) {
    const Expected expected = read_expected(kTiny / model);
    for (const Precision precision : {Precision::kF32, Precision::kS8}) {
      const auto encoder = load_encoder(kTiny / model, {.precision = precision, .num_threads = 2});
      ASSERT_TRUE(encoder.ok()) << encoder.error().message;
      const std::vector<float> actual = embed(**encoder, expected.texts);
      ASSERT_EQ(actual.size(), expected.vectors.size());
      // float32 differs by rounding alone; 8 bits by a little more than half a step a value.
      const float tolerance = precision == Precision::kF32 ? 2e-6F : 3e-2F;
      for (size_t i = 0; i < actual.size(); ++i) {
        ASSERT_NEAR(actual[i], expected.vectors[i], tolerance) << model << " at " << i;
      }
    }
  }
}

TEST(Encoder, AGgufFileGivesTheBitsOfTheFolder) {
  for (const std::string& model : kModels) {
    const std::string path = testing::TempDir() + model + ".gguf";
    SilentProgress silent;
    ASSERT_TRUE(
        write_as_gguf(read_hugging_face_model(kTiny / model).value(), {}, path, silent).ok());
    const Expected expected = read_expected(kTiny / model);
    const auto from_gguf = load_encoder(path);
    ASSERT_TRUE(from_gguf.ok()) << from_gguf.error().message;
    const auto from_folder = load_encoder(kTiny / model).value();
    EXPECT_EQ(embed(**from_gguf, expected.texts), embed(*from_folder, expected.texts)) << model;
  }
}

TEST(Encoder, ErrorsNameFileAndField) {
  const SpoiltFolder heads("bert");
  heads.replace("config.json", "\"num_attention_heads\": 3", "\"num_attention_heads\": 5");
  EXPECT_THAT(heads.error(),
              HasSubstr("attention.head_count\": expected a divisor of embedding_length 24"));
  const SpoiltFolder shape("bert");
  shape.replace("config.json", "\"intermediate_size\": 40", "\"intermediate_size\": 41");
  EXPECT_THAT(shape.error(),
              HasSubstr("expected rows of 41 values (by the metadata), found shape"));
  const SpoiltFolder layers("distilbert");
  layers.replace("config.json", "\"n_layers\": 2", "\"n_layers\": 3");
  EXPECT_THAT(layers.error(),
              HasSubstr("transformer.layer.2.attention.q_lin.weight\": expected (by config.json)"));
  const SpoiltFolder activation("distilbert");
  activation.replace("config.json", "\"gelu\"", "\"relu\"");
  EXPECT_THAT(activation.error(), HasSubstr("\"activation\": expected \"gelu\", found \"relu\""));
  const SpoiltFolder pooling("bert");
  pooling.replace("1_Pooling/config.json", "\"pooling_mode_cls_token\": true",
                  "\"pooling_mode_cls_token\": false");
  EXPECT_THAT(pooling.error(), HasSubstr("found neither"));
  const SpoiltFolder words("bert");
  words.replace("vocab.txt", "##z\n", "##z\nmore\n");
  EXPECT_THAT(words.error(), HasSubstr("tokenizer: expected at most 25 tokens"));
  const SpoiltFolder cut("bert");
  fs::resize_file(cut.path() / "model.safetensors", 30000);
  EXPECT_THAT(cut.error(), HasSubstr("model.safetensors: tensor"));
}

TEST(Encoder, OtherFilesAreRefused) {
  EXPECT_EQ(load_encoder("/nowhere/model.gguf").error().code, ErrorCode::kNotFound);
  EXPECT_THAT(load_encoder("/nowhere/model.gguf").error().message,
              HasSubstr("/nowhere/model.gguf"));
  const auto folder = shared_data_path("models/golden/given/models");
  if (!folder) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  EXPECT_THAT(load_encoder(*folder / "phi2.gguf").error().message,
              HasSubstr("expected an encoder"));
  EXPECT_THAT(load_encoder(*folder).error().message, HasSubstr("config.json"));
}

TEST(Encoder, VectorsThatAreNotFiniteAreRefused) {
  const SpoiltFolder folder("bert");
  folder.set_first_value("bert.embeddings.LayerNorm.beta", INFINITY);
  for (const Precision precision : {Precision::kF32, Precision::kS8}) {
    const auto encoder = load_encoder(folder.path(), {.precision = precision}).value();
    std::vector<float> out(encoder->hidden_size());
    const std::vector<std::string_view> texts = {"the fox"};
    const Status status = encoder->embed(texts, out);
    ASSERT_FALSE(status.ok()) << precision_name(precision);
    EXPECT_EQ(status.error().code, ErrorCode::kMalformed);
    EXPECT_THAT(status.error().message, HasSubstr("vectors hold NaN or infinity"));
  }
}

}  // namespace
}  // namespace ganglion
