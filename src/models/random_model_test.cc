#include "models/random_model.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cmath>
#include <set>

#include "base/file.h"
#include "formats/gguf.h"
#include "kernels/to_float.h"
#include "models/gguf_architecture.h"
#include "models/random_vocabulary.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

class RandomModel : public testing::Test {
 protected:
  RandomModel()
      : path_(std::filesystem::temp_directory_path() /
              fmt::format("ganglion-random-{}.gguf", ::getpid())) {}
  ~RandomModel() override { std::filesystem::remove(path_); }

  Status write(std::string_view preset, std::string_view type, uint64_t seed) const {
    SilentProgress silent;
    return write_random_model({.preset = preset, .mix = find_quantization_mix(type), .seed = seed},
                              path_, silent);
  }

  std::filesystem::path path_;
};

TEST_F(RandomModel, HasTheShapesAndScaleOfARealOne) {
  ASSERT_TRUE(write("minilm-l6", "Q8_0", 1).ok());
  const GgufFile file = GgufFile::open(path_).value();
  EXPECT_TRUE(check_gguf_architecture(file).ok());
  const TensorView up = file.get_tensor("blk.5.ffn_up.weight", {1536, 384}).value();
  EXPECT_EQ(up.dtype, DType::kQ8_0);
  const AlignedVector<float> values = copy_as_f32(up).value();
  double squares = 0;
  for (const float value : values) squares += static_cast<double>(value) * value;
  EXPECT_NEAR(squares / static_cast<double>(values.size()), 1.0 / 384, 1e-4);
  const AlignedVector<float> norm =
      copy_as_f32(file.get_tensor("token_embd_norm.weight", {384}).value()).value();
  EXPECT_EQ(std::set<float>(norm.begin(), norm.end()), std::set<float>{1.0F});
}

TEST_F(RandomModel, IsTheSameForTheSameSeedOnly) {
  ASSERT_TRUE(write("minilm-l6", "Q4_0", 1).ok());
  const std::string first = read_file(path_).value();
  ASSERT_TRUE(write("minilm-l6", "Q4_0", 1).ok());
  EXPECT_TRUE(read_file(path_).value() == first);
  ASSERT_TRUE(write("minilm-l6", "Q4_0", 2).ok());
  EXPECT_FALSE(read_file(path_).value() == first);
}

TEST_F(RandomModel, RefusesUnknownPresets) {
  EXPECT_THAT(write("gpt-9", "Q8_0", 1).error().message,
              HasSubstr("expected one of tinyllama-1.1b, qwen2.5-0.5b"));
}

TEST(RandomVocabulary, HasEveryTokenOnce) {
  for (const VocabularyKind kind :
       {VocabularyKind::kSentencePiece, VocabularyKind::kByteLevel, VocabularyKind::kWordPiece}) {
    constexpr uint64_t kSize = 5000;
    GgufWriter writer;
    Rng rng(1);
    add_random_vocabulary({.kind = kind, .size = kSize}, rng, writer);
    const std::string bytes = writer.header().value();
    const GgufFile file = GgufFile::parse(std::as_bytes(std::span(bytes)), "v").value();
    const auto tokens = file.get_strings("tokenizer.ggml.tokens").value();
    EXPECT_EQ(tokens.size(), kSize);
    EXPECT_EQ(std::set<std::string_view>(tokens.begin(), tokens.end()).size(), kSize);
    EXPECT_EQ(file.get_integers("tokenizer.ggml.token_type").value().size(), kSize);
  }
}

}  // namespace
}  // namespace ganglion
