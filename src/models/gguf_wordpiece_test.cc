#include "models/gguf_wordpiece.h"

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

// The vectors of llama.cpp: texts, and a line of ids for each.
TEST(GgufWordPiece, ReproducesTheBertBgeVectors) {
  const auto path = shared_data_path("models/vocab-gguf/ggml-vocab-bert-bge.gguf");
  if (!path) GTEST_SKIP() << "no shared data: set GANGLION_DATA to run this test";
  const GgufFile file = GgufFile::open(*path).value();
  const Result<WordPiece> tokenizer = read_gguf_wordpiece(file);
  ASSERT_TRUE(tokenizer.ok()) << tokenizer.error().message;
  const std::vector<std::string> texts =
      split(read_file(path->string() + ".inp").value(), "\n__ggml_vocab_test__\n");
  const std::vector<std::string> lines = split(read_file(path->string() + ".out").value(), "\n");
  ASSERT_EQ(texts.size(), lines.size());
  ASSERT_GE(texts.size(), 40U);
  for (size_t i = 0; i < texts.size(); ++i) {
    std::istringstream numbers(lines[i]);
    const std::vector<int32_t> expected{std::istream_iterator<int32_t>(numbers), {}};
    EXPECT_EQ(tokenizer->encode(texts[i], {.add_special_tokens = false}), expected) << texts[i];
  }
}

TEST(GgufWordPiece, WrittenAndReadAgain) {
  WordPieceSpec spec;
  spec.tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]", "the", "##s", "[", "##z", "]"};
  spec.unknown_id = 1;
  spec.prefix_ids = {2};
  spec.suffix_ids = {3};
  spec.lowercase = false;
  spec.max_word_chars = 60;
  GgufWriter writer;
  write_gguf_wordpiece(spec, writer);
  const std::string bytes = writer.serialise().value();
  const GgufFile file =
      GgufFile::parse(std::as_bytes(std::span(bytes.data(), bytes.size())), "t").value();
  const WordPieceSpec read = read_gguf_wordpiece(file).value().spec();
  EXPECT_EQ(read.tokens, spec.tokens);
  EXPECT_EQ(read.unknown_id, 1);
  EXPECT_EQ(read.prefix_ids, spec.prefix_ids);
  EXPECT_EQ(read.suffix_ids, spec.suffix_ids);
  EXPECT_FALSE(read.lowercase);
  EXPECT_TRUE(read.strip_accents);
  EXPECT_EQ(read.max_word_chars, 60U);
}

}  // namespace
}  // namespace ganglion
