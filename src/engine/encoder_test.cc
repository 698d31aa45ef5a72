#include "engine/encoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <cmath>
#include <filesystem>
#include <fstream>

#include "base/file.h"
#include "base/test_paths.h"
#include "formats/gguf_writer.h"
#include "formats/safetensors.h"
#include "models/bert.h"
#include "models/gguf_wordpiece.h"
#include "text/json.h"
#include "tokenizer/wordpiece_files.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

// tests/golden/tiny_encoders: made by tools/reference/make_tiny_encoders.py.
const fs::path kTiny = "tests/golden/tiny_encoders";

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

  std::string error() const {
    const auto encoder = load_encoder(path_);
    return encoder.ok() ? "loaded" : encoder.error().message;
  }

  const fs::path& path() const { return path_; }

 private:
  fs::path path_;
};

TEST(Encoder, BertAndDistilBertFoldersGiveTheReferenceVectors) {
  for (const std::string model : {"bert", "distilbert"}) {
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

// The weights and the tokenizer of a folder as llama.cpp would write them.
std::string as_gguf(const fs::path& folder) {
  const SafetensorsFile weights = SafetensorsFile::open(folder / "model.safetensors").value();
  const WordPiece tokenizer = load_wordpiece(folder).value();
  GgufWriter writer;
  writer.set_string("general.architecture", "bert");
  writer.set_u32("bert.embedding_length", 24);
  writer.set_u32("bert.block_count", 2);
  writer.set_u32("bert.attention.head_count", 3);
  writer.set_u32("bert.feed_forward_length", 40);
  writer.set_u32("bert.context_length", 20);
  writer.set_f32("bert.attention.layer_norm_epsilon", 1e-12F);
  writer.set_u32("bert.pooling_type", 2);
  write_gguf_wordpiece(tokenizer.spec(), writer);
  const BertTensorNames& from = BertTensorNames::hugging_face("bert");
  const BertTensorNames& to = BertTensorNames::gguf();
  const auto add = [&](std::string_view old_name, std::string_view new_name, const char* part) {
    const std::string source = fmt::format("bert.{}.{}", old_name, part);
    const TensorView* view = weights.find_tensor(source);
    ASSERT_NE(view, nullptr) << source;
    const std::string_view new_part = std::string_view(part) == "gamma"  ? "weight"
                                      : std::string_view(part) == "beta" ? "bias"
                                                                         : part;
    writer.add_tensor(fmt::format("{}.{}", new_name, new_part), *view);
  };
  add(from.word_embedding, to.word_embedding, "weight");
  add(from.position_embedding, to.position_embedding, "weight");
  add(from.token_type_embedding, to.token_type_embedding, "weight");
  add(from.embedding_norm, to.embedding_norm, "gamma");
  add(from.embedding_norm, to.embedding_norm, "beta");
  for (size_t layer = 0; layer < 2; ++layer) {
    const auto named = [&](std::string_view pattern) {
      return fmt::format(fmt::runtime(pattern), layer);
    };
    for (const auto member :
         {&BertTensorNames::query, &BertTensorNames::key, &BertTensorNames::value,
          &BertTensorNames::attention_output, &BertTensorNames::up, &BertTensorNames::down}) {
      add(named(from.*member), named(to.*member), "weight");
      add(named(from.*member), named(to.*member), "bias");
    }
    for (const auto member : {&BertTensorNames::attention_norm, &BertTensorNames::output_norm}) {
      add(named(from.*member), named(to.*member), "gamma");
      add(named(from.*member), named(to.*member), "beta");
    }
  }
  return writer.serialise().value();
}

TEST(Encoder, AGgufFileGivesTheBitsOfTheFolder) {
  const std::string path = testing::TempDir() + "tiny_bert.gguf";
  ASSERT_TRUE(write_file_atomic(path, as_gguf(kTiny / "bert")).ok());
  const Expected expected = read_expected(kTiny / "bert");
  const auto from_gguf = load_encoder(path);
  ASSERT_TRUE(from_gguf.ok()) << from_gguf.error().message;
  const auto from_folder = load_encoder(kTiny / "bert").value();
  EXPECT_EQ(embed(**from_gguf, expected.texts), embed(*from_folder, expected.texts));
}

TEST(Encoder, ErrorsNameFileAndField) {
  const SpoiltFolder heads("bert");
  heads.replace("config.json", "\"num_attention_heads\": 3", "\"num_attention_heads\": 5");
  EXPECT_THAT(heads.error(),
              HasSubstr("config.json: number of attention heads: expected a divisor"));
  const SpoiltFolder shape("bert");
  shape.replace("config.json", "\"intermediate_size\": 40", "\"intermediate_size\": 41");
  EXPECT_THAT(shape.error(),
              HasSubstr("intermediate.dense.weight\": expected shape [41, 24], found"));
  const SpoiltFolder layers("distilbert");
  layers.replace("config.json", "\"n_layers\": 2", "\"n_layers\": 3");
  EXPECT_THAT(layers.error(),
              HasSubstr("transformer.layer.2.attention.q_lin.weight\": expected with"));
  const SpoiltFolder activation("distilbert");
  activation.replace("config.json", "\"gelu\"", "\"relu\"");
  EXPECT_THAT(activation.error(), HasSubstr("\"activation\": expected \"gelu\", found \"relu\""));
  const SpoiltFolder pooling("bert");
  pooling.replace("1_Pooling/config.json", "\"pooling_mode_cls_token\": true",
                  "\"pooling_mode_cls_token\": false");
  EXPECT_THAT(pooling.error(), HasSubstr("found neither"));
  const SpoiltFolder words("bert");
  words.replace("vocab.txt", "##z\n", "##z\nmore\n");
  EXPECT_THAT(words.error(), HasSubstr("tokenizer: expected at most the 25 tokens"));
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

}  // namespace
}  // namespace ganglion
