// Models whose repacked weights come from a file: the same logits, and never a load that fails.
#include "engine/decoder_panels.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <string>

#include "base/file.h"
#include "engine/fake_llama.h"
#include "engine/gguf_language_model.h"
#include "models/quantize_gguf.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;
using testing::IsEmpty;

class DecoderPanelsTest : public testing::Test {
 protected:
  DecoderPanelsTest()
      : folder_(fs::path(testing::TempDir()) /
                (std::string("decoder_panels_") +
                 testing::UnitTest::GetInstance()->current_test_info()->name())),
        model_path_(folder_ / "model.gguf") {
    fs::remove_all(folder_);
    fs::create_directories(folder_);
    EXPECT_TRUE(fake_llama().write(folder_ / "float.gguf").ok());
    ThreadPool pool(1);
    SilentProgress progress;
    QuantizeOptions options;
    options.mix = find_quantization_mix("Q8_0");
    const auto input = GgufFile::open(folder_ / "float.gguf");
    EXPECT_TRUE(quantize_gguf(input.value(), model_path_, options, pool, progress).ok());
  }
  ~DecoderPanelsTest() override { fs::remove_all(folder_); }

  std::unique_ptr<const LanguageModel> load(const fs::path& panels) const {
    LanguageModelOptions options;
    options.num_threads = 2;
    options.panels.folder = panels;
    options.panels.min_bytes = 1;
    return load_language_model(model_path_, options).value();
  }

  static std::vector<float> logits(const LanguageModel& model) {
    std::vector<float> logits;
    const std::vector<int32_t> tokens = {1, 50, 100, 150, 200};
    EXPECT_TRUE(model.start({})->get()->append(tokens, LogitRows::kAll, logits).ok());
    return logits;
  }

  size_t num_kept() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(panels()), {}));
  }
  fs::path panels() const { return folder_ / "a" / "panels"; }

  fs::path folder_;
  fs::path model_path_;
};

TEST_F(DecoderPanelsTest, GiveTheSameLogitsHoweverTheyCame) {
  const auto expected = logits(*load({}));
  EXPECT_FALSE(fs::exists(panels()));
  for (const char* how : {"made", "mapped"}) {
    const auto model = load(panels());
    EXPECT_EQ(logits(*model), expected) << how;
    EXPECT_THAT(model->description().notes, IsEmpty());
    EXPECT_EQ(num_kept(), 1U);
  }
}

TEST_F(DecoderPanelsTest, SmallOnesAreNotKept) {
  LanguageModelOptions options;
  options.panels.folder = panels();
  const auto model = load_language_model(model_path_, options).value();
  EXPECT_FALSE(fs::exists(panels()));
  EXPECT_THAT(model->description().notes, IsEmpty());
}

TEST_F(DecoderPanelsTest, AChangedModelIsNotMistakenForTheOldOne) {
  const auto before = logits(*load(panels()));
  // Other weights in the last matrix; size, time and inode stay.
  const auto time = fs::last_write_time(model_path_);
  std::string bytes = read_file(model_path_).value();
  for (size_t i = bytes.size() - 2000; i < bytes.size(); i += 34) bytes[i + 5] ^= 1;
  std::fstream(model_path_, std::ios::in | std::ios::out | std::ios::binary)
      .write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  fs::last_write_time(model_path_, time);
  const auto changed = logits(*load(panels()));
  EXPECT_NE(changed, before);
  EXPECT_EQ(changed, logits(*load({})));
  EXPECT_EQ(num_kept(), 2U);
  // The same content, written later.
  fs::last_write_time(model_path_, time + std::chrono::seconds(1));
  EXPECT_EQ(logits(*load(panels())), changed);
  EXPECT_EQ(num_kept(), 3U);
}

TEST_F(DecoderPanelsTest, ADamagedFileIsMadeAnew) {
  const auto expected = logits(*load(panels()));
  const fs::path kept = fs::directory_iterator(panels())->path();
  fs::resize_file(kept, fs::file_size(kept) - 1);
  const auto model = load(panels());
  EXPECT_EQ(logits(*model), expected);
  EXPECT_THAT(model->description().notes, IsEmpty());
}

TEST_F(DecoderPanelsTest, WithoutAPlaceTheyAreInMemoryAndANoteSaysWhy) {
  std::ofstream(folder_ / "a") << "no folder";
  const auto model = load(panels());
  EXPECT_EQ(logits(*model), logits(*load({})));
  ASSERT_EQ(model->description().notes.size(), 1U);
  EXPECT_THAT(model->description().notes[0],
              HasSubstr("the repacked weights are not kept for the next load: " +
                        panels().string() + ": cannot create: Not a directory"));
}

TEST_F(DecoderPanelsTest, WhenAllowedNoRoomTheyAreInMemory) {
  LanguageModelOptions options;
  options.panels = {panels(), 100, 1};
  const auto model = load_language_model(model_path_, options).value();
  EXPECT_EQ(logits(*model), logits(*load({})));
  ASSERT_EQ(model->description().notes.size(), 1U);
  EXPECT_THAT(model->description().notes[0], HasSubstr("of the 100 bytes allowed here"));
}

TEST_F(DecoderPanelsTest, BytesThatAreNoFileHaveNothingToKeep) {
  const std::string bytes = read_file(model_path_).value();
  auto file = GgufFile::parse(std::as_bytes(std::span(bytes)), "memory");
  LanguageModelOptions options;
  options.panels = {panels(), 1 << 30, 1};
  const auto model = load_gguf_language_model(std::move(file).value(), options).value();
  EXPECT_EQ(logits(*model), logits(*load({})));
  EXPECT_FALSE(fs::exists(panels()));
}

}  // namespace
}  // namespace ganglion
