#include "models/hugging_face/convert.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <unistd.h>
#include <fstream>
#include <map>
#include <numeric>
#include <string>
#include <vector>

#include "base/file.h"
#include "models/gguf_tokenizer.h"
#include "text/json.h"
#include "tokenizer/model_proto_testing.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

// A model folder that the test fills; removed at the end.
class HuggingFaceFolder : public testing::Test {
 protected:
  HuggingFaceFolder()
      : folder_(std::filesystem::temp_directory_path() /
                fmt::format("ganglion-hf-{}-{}", ::getpid(),
                            testing::UnitTest::GetInstance()->current_test_info()->name())) {
    std::filesystem::create_directories(folder_);
  }
  ~HuggingFaceFolder() override { std::filesystem::remove_all(folder_); }

  void write(const std::string& name, std::string_view text) const {
    std::ofstream(folder_ / name, std::ios::binary) << text;
  }

  void add(const std::string& name, std::vector<int64_t> shape) {
    int64_t count = 1;
    for (const int64_t size : shape) count *= size;
    std::vector<float> values(static_cast<size_t>(count));
    std::iota(values.begin(), values.end(), static_cast<float>(tensors_.size() * 1000));
    tensors_[name] = {std::move(shape), std::move(values)};
  }

  // The tensors that were added so far, as one safetensors file.
  void write_tensors(const std::string& file) {
    json::object header;
    std::string bytes;
    for (const auto& [name, tensor] : tensors_) {
      const size_t size = tensor.second.size() * sizeof(float);
      header[name] = {{"dtype", "F32"},
                      {"shape", json::array(tensor.first.begin(), tensor.first.end())},
                      {"data_offsets", {bytes.size(), bytes.size() + size}}};
      bytes.append(reinterpret_cast<const char*>(tensor.second.data()), size);
    }
    std::string text = json::serialize(header);
    text.append((8 - text.size() % 8) % 8, ' ');
    const uint64_t size = text.size();
    write(file, std::string(reinterpret_cast<const char*>(&size), sizeof size) + text + bytes);
    tensors_.clear();
  }

  void add_layer(bool is_tied) {
    add("model.embed_tokens.weight", {8, 4});
    add("model.norm.weight", {4});
    if (!is_tied) add("lm_head.weight", {8, 4});
    const std::string layer = "model.layers.0.";
    for (const char* norm : {"input_layernorm", "post_attention_layernorm"}) {
      add(layer + norm + ".weight", {4});
    }
    add(layer + "self_attn.q_proj.weight", {8, 4});
    add(layer + "self_attn.k_proj.weight", {4, 4});
    add(layer + "self_attn.v_proj.weight", {4, 4});
    add(layer + "self_attn.o_proj.weight", {4, 8});
    for (const char* part : {"gate_proj", "up_proj"})
      add(layer + "mlp." + part + ".weight", {6, 4});
    add(layer + "mlp.down_proj.weight", {4, 6});
  }

  // Two heads of four on one head of keys and values.
  void write_llama(std::string_view more = "") {
    write(
        "config.json",
        fmt::format(
            R"({{"model_type":"llama","hidden_size":4,"intermediate_size":6,"num_hidden_layers":1,)"
            R"("num_attention_heads":2,"num_key_value_heads":1,"head_dim":4,"vocab_size":8,)"
            R"("max_position_embeddings":32,"rms_norm_eps":1e-5,"tie_word_embeddings":true{}}})",
            more));
    add_layer(true);
  }

  Result<GgufFile> open() const { return open_model(folder_); }

  std::string error() const {
    const Result<GgufFile> file = open();
    return file.ok() ? "accepted" : file.error().message;
  }

  std::vector<float> floats(const GgufFile& file, std::string_view name) const {
    const GgufTensor* tensor = file.find_tensor(name);
    if (tensor == nullptr) return {};
    const std::span<const float> values = tensor->view.as<float>();
    return {values.begin(), values.end()};
  }

  std::filesystem::path folder_;
  std::map<std::string, std::pair<std::vector<int64_t>, std::vector<float>>> tensors_;
};

TEST_F(HuggingFaceFolder, PutsRotatedPairsOfLlamaSideBySide) {
  write_llama(R"(,"sliding_window":16)");
  const std::vector<float> keys = tensors_["model.layers.0.self_attn.k_proj.weight"].second;
  write_tensors("model.safetensors");
  const Result<GgufFile> file = open();
  ASSERT_TRUE(file.ok()) << file.error().message;
  const std::vector<float> turned = floats(*file, "blk.0.attn_k.weight");
  for (const auto& [row, source] : {std::pair{0, 0}, {1, 2}, {2, 1}, {3, 3}}) {
    EXPECT_EQ(turned[static_cast<size_t>(row) * 4], keys[static_cast<size_t>(source) * 4]) << row;
  }
  EXPECT_EQ(file->get_unsigned("llama.attention.sliding_window").value(), 16U);
  EXPECT_EQ(file->get_unsigned("llama.rope.dimension_count").value(), 4U);
  EXPECT_EQ(file->get_string("tokenizer.ggml.model").value(), "none");
  EXPECT_EQ(file->find_tensor("output.weight"), nullptr);  // tied
}

TEST_F(HuggingFaceFolder, WritesTheFileThatItOpensWithout) {
  write_llama();
  write_tensors("model.safetensors");
  const ModelRecipe recipe = read_hugging_face_model(folder_).value();
  SilentProgress silent;
  ASSERT_TRUE(write_as_gguf(recipe, std::nullopt, folder_ / "out.gguf", silent).ok());
  const GgufFile written = GgufFile::open(folder_ / "out.gguf").value();
  const GgufFile opened = open().value();
  ASSERT_EQ(written.tensors().size(), opened.tensors().size());
  for (const GgufTensor& tensor : opened.tensors()) {
    const GgufTensor* other = written.find_tensor(tensor.name);
    ASSERT_NE(other, nullptr) << tensor.name;
    EXPECT_EQ(other->view.shape, tensor.view.shape) << tensor.name;
    EXPECT_EQ(floats(written, tensor.name), floats(opened, tensor.name)) << tensor.name;
  }
  ASSERT_TRUE(write_as_gguf(recipe, DType::kF16, folder_ / "half.gguf", silent).ok());
  const GgufFile half = GgufFile::open(folder_ / "half.gguf").value();
  EXPECT_EQ(half.find_tensor("blk.0.attn_q.weight")->view.dtype, DType::kF16);
  EXPECT_EQ(half.find_tensor("blk.0.attn_norm.weight")->view.dtype, DType::kF32);
}

TEST_F(HuggingFaceFolder, TakesTokenizerModelAlone) {
  write_llama();
  write_tensors("model.safetensors");
  write("tokenizer.model", model_proto(kBpeProto));
  const auto ids = [&](const GgufFile& file) {
    std::vector<int32_t> found;
    load_gguf_tokenizer(file).value()->encode("a a", {}, found);
    return found;
  };
  const Result<GgufFile> bpe = open();
  ASSERT_TRUE(bpe.ok()) << bpe.error().message;
  EXPECT_EQ(bpe->get_unsigned("tokenizer.ggml.eos_token_id").value(), 2U);
  EXPECT_EQ(ids(*bpe), (std::vector<int32_t>{1, 4, 4}));
  write("tokenizer.model", model_proto(kUnigramProto));
  const Result<GgufFile> unigram = open();
  ASSERT_TRUE(unigram.ok()) << unigram.error().message;
  EXPECT_EQ(ids(*unigram), (std::vector<int32_t>{4, 4, 2}));
  write("tokenizer_config.json", R"({"add_bos_token":true,"add_eos_token":false})");
  EXPECT_EQ(ids(open().value()), (std::vector<int32_t>{1, 4, 4}));
  write("tokenizer.model", "broken");
  EXPECT_THAT(error(), HasSubstr("tokenizer.model: "));
}

TEST_F(HuggingFaceFolder, KeepsTheTemplateForTools) {
  write_llama();
  write_tensors("model.safetensors");
  write("tokenizer.model", model_proto(kBpeProto));
  write("tokenizer_config.json", R"({"chat_template":[{"name":"default","template":"one"},)"
                                 R"({"name":"tool_use","template":"two"}]})");
  EXPECT_EQ(open()->get_string("tokenizer.chat_template.tool_use").value(), "two");
  write("chat_template.jinja", "three");
  EXPECT_FALSE(open()->get_string("tokenizer.chat_template.tool_use").ok());
  std::filesystem::create_directories(folder_ / "additional_chat_templates");
  write("additional_chat_templates/tool_use.jinja", "four");
  const GgufFile file = open().value();
  EXPECT_EQ(file.get_string("tokenizer.chat_template").value(), "three");
  EXPECT_EQ(file.get_string("tokenizer.chat_template.tool_use").value(), "four");
}

TEST_F(HuggingFaceFolder, ReadsShards) {
  write_llama();
  auto first = tensors_;
  decltype(tensors_) second;
  second.insert(first.extract("model.norm.weight"));
  tensors_ = first;
  write_tensors("a.safetensors");
  tensors_ = second;
  write_tensors("b.safetensors");
  const std::string index = R"({"weight_map":{"model.norm.weight":"b.safetensors",)"
                            R"("model.embed_tokens.weight":"a.safetensors")";
  write("model.safetensors.index.json", index + "}}");
  EXPECT_TRUE(open().ok());
  write("model.safetensors.index.json", index + R"(,"lost.weight":"a.safetensors"}})");
  EXPECT_THAT(error(), HasSubstr(R"("lost.weight": expected the tensor in "a.safetensors")"));
  write("model.safetensors.index.json", R"({"weight_map":{"x":"../a.safetensors"}})");
  EXPECT_THAT(error(), HasSubstr("expected the name of a file in the same folder"));
}

TEST_F(HuggingFaceFolder, ComputesTheRopeOfLlama3) {
  write_llama(R"(,"rope_theta":10000,"rope_scaling":{"rope_type":"llama3","factor":8,)"
              R"("low_freq_factor":1,"high_freq_factor":4,"original_max_position_embeddings":16})");
  write_tensors("model.safetensors");
  const Result<GgufFile> file = open();
  ASSERT_TRUE(file.ok()) << file.error().message;
  // Pair 0 has a wavelength of 2 pi, between 16 / 4 and 16; pair 1 one of 200 pi.
  const double smooth = (16 / (2 * 3.14159265358979) - 1) / 3;
  const std::vector<float> divisors = floats(*file, "rope_freqs.weight");
  ASSERT_EQ(divisors.size(), 2U);
  EXPECT_NEAR(divisors[0], 1 / ((1 - smooth) / 8 + smooth), 1e-6);
  EXPECT_EQ(divisors[1], 8.0F);
}

TEST_F(HuggingFaceFolder, RefusesWhatGgufCannotSay) {
  write_llama(R"(,"hidden_act":"gelu")");
  write_tensors("model.safetensors");
  EXPECT_THAT(error(), HasSubstr(R"("hidden_act": expected silu, found "gelu")"));
  write_llama(R"(,"rope_scaling":{"type":"dynamic","factor":2})");
  write_tensors("model.safetensors");
  EXPECT_THAT(error(),
              HasSubstr("expected default, linear, llama3, longrope or yarn, found \"dynamic\""));
  write_llama();
  add("model.layers.0.self_attn.sinks", {2});
  write_tensors("model.safetensors");
  EXPECT_THAT(error(), HasSubstr("\"model.layers.0.self_attn.sinks\" of shape [2]"));
  write("config.json", R"({"model_type":"mamba"})");
  EXPECT_THAT(error(), HasSubstr("expected one of bert, "));
  EXPECT_THAT(error(), HasSubstr("found \"mamba\""));
}

TEST_F(HuggingFaceFolder, SaysWhatIsMissing) {
  EXPECT_THAT(error(), HasSubstr("found no config.json in it; give the folder"));
  write_llama();
  EXPECT_THAT(error(), HasSubstr("expected model.safetensors or model.safetensors.index.json"));
  write("pytorch_model.bin", "x");
  EXPECT_THAT(error(), HasSubstr("found only pytorch_model.bin"));
  tensors_.erase("model.norm.weight");
  write_tensors("model.safetensors");
  EXPECT_THAT(error(), HasSubstr("tensor \"model.norm.weight\": expected (by config.json)"));
  write_llama(R"(,"quantization_config":{"bits":4})");
  EXPECT_THAT(error(), HasSubstr("use `ganglion quantize`"));
}

TEST_F(HuggingFaceFolder, StacksExpertsInOrder) {
  write_llama(R"(,"num_local_experts":2,"num_experts_per_tok":1)");
  for (const char* part : {"gate_proj", "up_proj", "down_proj"}) {
    tensors_.erase(fmt::format("model.layers.0.mlp.{}.weight", part));
  }
  add("model.layers.0.block_sparse_moe.gate.weight", {2, 4});
  for (const int expert : {0, 1}) {
    const std::string name = fmt::format("model.layers.0.block_sparse_moe.experts.{}.", expert);
    add(name + "w1.weight", {6, 4});
    add(name + "w2.weight", {4, 6});
    add(name + "w3.weight", {6, 4});
  }
  const std::vector<float> second =
      tensors_["model.layers.0.block_sparse_moe.experts.1.w2.weight"].second;
  write_tensors("model.safetensors");
  std::string text = read_file(folder_ / "config.json").value();
  text.replace(text.find("\"llama\""), 7, "\"mixtral\"");
  write("config.json", text);
  const Result<GgufFile> file = open();
  ASSERT_TRUE(file.ok()) << file.error().message;
  const std::vector<float> stacked = floats(*file, "blk.0.ffn_down_exps.weight");
  ASSERT_EQ(stacked.size(), 48U);
  EXPECT_EQ(std::vector<float>(stacked.begin() + 24, stacked.end()), second);
}

}  // namespace
}  // namespace ganglion
