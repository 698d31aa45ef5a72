#include "models/gguf_tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sstream>

#include "base/file.h"
#include "base/test_paths.h"

namespace ganglion {
namespace {

std::vector<std::string> split(const std::string& text, const std::string& separator) {
  std::vector<std::string> parts;
  size_t begin = 0;
  for (size_t end = text.find(separator); end != std::string::npos;
       end = text.find(separator, begin)) {
    parts.push_back(text.substr(begin, end - begin));
    begin = end + separator.size();
  }
  return parts;
}

class GgufTokenizerVectors : public testing::TestWithParam<std::string> {};

// The vectors of llama.cpp: texts, and a line of ids for each, made with the original tokenizers.
TEST_P(GgufTokenizerVectors, AreReproduced) {
  const auto path = shared_data_path("models/vocab-gguf/ggml-vocab-" + GetParam() + ".gguf");
  if (!path) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  const GgufFile file = GgufFile::open(*path).value();
  const Result<std::unique_ptr<Tokenizer>> tokenizer = load_gguf_tokenizer(file);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const std::vector<std::string> texts =
      split(read_file(path->string() + ".inp").value(), "\n__ggml_vocab_test__\n");
  const std::vector<std::string> lines = split(read_file(path->string() + ".out").value(), "\n");
  ASSERT_EQ(texts.size(), lines.size());
  ASSERT_GE(texts.size(), 40U);
  for (size_t i = 0; i < texts.size(); ++i) {
    std::istringstream numbers(lines[i]);
    const std::vector<int32_t> expected{std::istream_iterator<int32_t>(numbers), {}};
    std::vector<int32_t> ids;
    std::vector<TokenSpan> spans;
    tokenizer.value()->encode(texts[i], {.add_special_tokens = false}, ids, &spans);
    EXPECT_EQ(ids, expected) << texts[i];
    ASSERT_EQ(spans.size(), ids.size());
    if (GetParam() == "bert-bge") continue;  // it cleans the text
    EXPECT_EQ(tokenizer.value()->decode(ids), texts[i]);
    for (size_t j = 0; j < ids.size(); ++j) {
      std::string bytes;
      tokenizer.value()->append_bytes(ids[j], bytes);
      const std::string source = texts[i].substr(spans[j].begin, spans[j].end - spans[j].begin);
      // The space in front is of the model's making.
      EXPECT_TRUE(bytes == source || (j == 0 && bytes == " " + source)) << bytes << "|" << source;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(LlamaCpp, GgufTokenizerVectors,
                         testing::Values("bert-bge", "deepseek-llm", "falcon", "gpt-2", "llama-spm",
                                         "phi-3", "refact", "starcoder"),
                         [](const auto& tested) {
                           std::string name = tested.param;
                           std::replace(name.begin(), name.end(), '-', '_');
                           return name;
                         });

}  // namespace
}  // namespace ganglion
