#include "hub/pull.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <thread>

#include "base/file.h"
#include "formats/gguf.h"
#include "hub/fake_hub.h"
#include "hub/store_testing.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

// A safetensors file without tensors.
const std::string kSafetensors = std::string("\2\0\0\0\0\0\0\0{}", 10);

class PullTest : public StoreTest {
 protected:
  Result<Pulled> pull(const std::string& source, const std::string& name = "",
                      const std::string& token = "") {
    return pull_with(context(), source, name, token);
  }

  Result<Pulled> pull_with(const DownloadContext& context, const std::string& source,
                           const std::string& name = "", const std::string& token = "") const {
    GANGLION_ASSIGN(const ModelSource parsed, parse_model_source(source));
    return pull_model(context, {hub_.origin() + "/", hub_.origin(), token}, parsed, name);
  }

  std::string error_of(const Result<Pulled>& pulled, ErrorCode code) const {
    EXPECT_FALSE(pulled.ok());
    if (pulled.ok()) return "";
    EXPECT_EQ(pulled.error().code, code) << pulled.error().message;
    EXPECT_TRUE(store_.list()->empty());
    return pulled.error().message;
  }

  FakeHub hub_;
  const std::string gguf_ = make_test_gguf(200'000, 1);
};

TEST_F(PullTest, AHuggingFaceRepositoryGivesItsUsualType) {
  hub_.put_repository("o/Tiny-GGUF", {{"tiny-Q8_0.gguf", make_test_gguf(5'000, 2)},
                                      {"tiny-Q4_K_M.gguf", gguf_},
                                      {"README.md", "x"}});
  const auto pulled = pull("o/Tiny-GGUF");
  ASSERT_TRUE(pulled.ok()) << pulled.error().message;
  EXPECT_EQ(pulled->manifest.name, "tiny:q4_k_m");
  EXPECT_EQ(pulled->manifest.source, "hf:o/Tiny-GGUF");
  EXPECT_EQ(pulled->manifest.revision.size(), 40U);
  EXPECT_EQ(pulled->fetched_bytes, gguf_.size());
  const auto path = resolve_model(store_, "tiny").value();
  EXPECT_EQ(path.filename(), "tiny-Q4_K_M.gguf");
  EXPECT_TRUE(read_file(path).value() == gguf_);
  EXPECT_TRUE(GgufFile::open(path).ok());
  const auto other = pull("o/Tiny-GGUF:Q8_0");
  ASSERT_TRUE(other.ok()) << other.error().message;
  EXPECT_EQ(other->manifest.name, "tiny:q8_0");
  EXPECT_EQ(pull("o/Tiny-GGUF")->fetched_bytes, 0U) << "is there already";
  EXPECT_EQ(store_.list()->size(), 2U);
}

TEST_F(PullTest, TheTokenGoesToTheHub) {
  hub_.put_repository("o/n", {{"n.gguf", gguf_}});
  ASSERT_TRUE(pull("o/n", "", "hf_secret").ok());
  EXPECT_THAT(hub_.last_head("/api/models/o/n/revision/main"),
              HasSubstr("Authorization: Bearer hf_secret"));
}

TEST_F(PullTest, SplitFilesAndFoldersComeWhole) {
  hub_.put_repository("o/split", {{"s-00001-of-00002.gguf", make_test_gguf(5'000, 3)},
                                  {"s-00002-of-00002.gguf", make_test_gguf(5'000, 4)}});
  const auto split = pull("o/split");
  ASSERT_TRUE(split.ok()) << split.error().message;
  const auto first = store_.model_path(split->manifest);
  EXPECT_EQ(first.filename(), "s-00001-of-00002.gguf");
  EXPECT_TRUE(GgufFile::open(first.parent_path() / "s-00002-of-00002.gguf").ok());

  hub_.put_repository("o/Encoder", {{"config.json", "{}"},
                                    {"model.safetensors", kSafetensors},
                                    {"tokenizer.json", "{\"a\":1}"},
                                    {"1_Pooling/config.json", "{\"b\":2}"},
                                    {"pytorch_model.bin", "x"}});
  const auto folder = pull("o/Encoder");
  ASSERT_TRUE(folder.ok()) << folder.error().message;
  EXPECT_EQ(folder->manifest.name, "encoder");
  EXPECT_EQ(folder->manifest.files.size(), 4U);
  const auto path = resolve_model(store_, "encoder").value();
  EXPECT_EQ(read_file(path / "1_Pooling/config.json").value(), "{\"b\":2}");
}

TEST_F(PullTest, AnOllamaNameGivesModelTemplateAndParameters) {
  hub_.put_registry_model("library/tiny", "1b", gguf_);
  const auto pulled = pull("ollama:tiny:1b");
  ASSERT_TRUE(pulled.ok()) << pulled.error().message;
  EXPECT_EQ(pulled->manifest.name, "tiny:1b");
  const auto path = resolve_model(store_, "tiny").value();
  EXPECT_TRUE(GgufFile::open(path).ok());
  EXPECT_EQ(read_file(path.parent_path() / "template.txt").value(), "{{ .Prompt }}");
  EXPECT_EQ(read_file(path.parent_path() / "params.json").value(), "{\"stop\":[\"</s>\"]}");
  EXPECT_THAT(hub_.last_head("/v2/library/tiny/manifests/1b"),
              HasSubstr("application/vnd.docker.distribution.manifest.v2+json"));
}

TEST_F(PullTest, AnAddressGivesAFileWithItsHashChecked) {
  hub_.put("/x/model-Q8_0.gguf", gguf_);
  const std::string address = hub_.origin() + "/x/model-Q8_0.gguf";
  const auto wrong = pull(address + "#sha256=" + std::string(64, '0'));
  EXPECT_THAT(error_of(wrong, ErrorCode::kMalformed), HasSubstr("SHA-256 is wrong"));
  const auto pulled = pull(address);
  ASSERT_TRUE(pulled.ok()) << pulled.error().message;
  EXPECT_EQ(pulled->manifest.name, "model-q8_0");
  EXPECT_EQ(pulled->manifest.type, "Q8_0");
}

TEST_F(PullTest, APathIsLinkedNotCopiedWhereThatIsPossible) {
  const auto source = folder_ / "My Model.gguf";
  ASSERT_TRUE(write_file_atomic(source, gguf_).ok());
  const auto pulled = pull(source.string());
  ASSERT_TRUE(pulled.ok()) << pulled.error().message;
  EXPECT_EQ(pulled->manifest.name, "my-model");
  EXPECT_EQ(observer_.last_done, gguf_.size());
  EXPECT_TRUE(read_file(resolve_model(store_, "my-model").value()).value() == gguf_);
  ASSERT_TRUE(store_.remove(pulled->manifest).ok());
  EXPECT_TRUE(read_file(source).value() == gguf_) << "the source stays";
  EXPECT_TRUE(std::filesystem::is_empty(store_.partial_path("")));

  const auto folder = folder_ / "encoder";
  std::filesystem::create_directories(folder / "1_Pooling");
  for (const char* name : {"config.json", "1_Pooling/config.json"}) {
    ASSERT_TRUE(write_file_atomic(folder / name, "{}").ok());
  }
  EXPECT_THAT(error_of(pull(folder.string()), ErrorCode::kUnsupported), HasSubstr("neither GGUF"));
  ASSERT_TRUE(write_file_atomic(folder / "model.safetensors", kSafetensors).ok());
  const auto imported = pull(folder.string(), "enc");
  ASSERT_TRUE(imported.ok()) << imported.error().message;
  EXPECT_EQ(imported->manifest.files.size(), 3U);
  EXPECT_THAT(pull((folder / "model.safetensors").string()).error().message,
              HasSubstr("name the folder"));
}

TEST_F(PullTest, WhatIsNoModelGetsNoName) {
  hub_.put("/page.gguf", "<html>not a model</html>");
  EXPECT_THAT(error_of(pull(hub_.origin() + "/page.gguf"), ErrorCode::kMalformed),
              HasSubstr("this is not a GGUF file"));
  EXPECT_TRUE(std::filesystem::is_empty(store_.root() / "blobs"));
  std::string cut = gguf_;
  cut.resize(cut.size() - 1'000);
  hub_.put("/cut.gguf", cut);
  EXPECT_THAT(error_of(pull(hub_.origin() + "/cut.gguf"), ErrorCode::kMalformed),
              HasSubstr("not stored"));
}

TEST_F(PullTest, ANameBelongsToItsSource) {
  hub_.put_repository("o/a", {{"a.gguf", gguf_}});
  hub_.put_repository("p/a", {{"a.gguf", gguf_}});
  ASSERT_TRUE(pull("o/a").ok());
  const auto taken = pull("p/a");
  ASSERT_FALSE(taken.ok());
  EXPECT_EQ(taken.error().code, ErrorCode::kConflict);
  EXPECT_THAT(taken.error().message, HasSubstr("belongs to the model from hf:o/a"));
  ASSERT_TRUE(pull("p/a", "b").ok()) << "the blob is shared";
  EXPECT_EQ(store_.find("b")->source, "hf:p/a");
  EXPECT_FALSE(pull("o/a", "Not A Name").ok());
}

TEST_F(PullTest, RefusalsSayWhatToDo) {
  EXPECT_THAT(error_of(pull("o/missing"), ErrorCode::kNotFound), HasSubstr("check the spelling"));
  FakeHub gated([](const FakeRequest&, const std::string&, int) {
    return std::optional<FakeReply>(
        fake_reply(401, "{}", "X-Error-Message: Access to model o/n is restricted\r\n"));
  });
  const ModelSource source = parse_model_source("o/n").value();
  const auto refused = pull_model(context(), {gated.origin(), gated.origin(), ""}, source, "");
  const std::string message = error_of(refused, ErrorCode::kDenied);
  EXPECT_THAT(message, HasSubstr("Access to model o/n is restricted"));
  EXPECT_THAT(message, HasSubstr("https://huggingface.co/o/n and set HF_TOKEN"));
  const auto with_token =
      pull_model(context(), {gated.origin(), gated.origin(), "hf_x"}, source, "");
  EXPECT_THAT(error_of(with_token, ErrorCode::kDenied), HasSubstr("HF_TOKEN does not open it"));
}

TEST_F(PullTest, AHubThatAnswersNonsenseIsNamed) {
  FakeHub odd([](const FakeRequest&, const std::string&, int) {
    return std::optional<FakeReply>(fake_reply(200, "<html>"));
  });
  const auto pulled = pull_model(context(), {odd.origin(), odd.origin(), ""},
                                 parse_model_source("o/n").value(), "");
  EXPECT_THAT(error_of(pulled, ErrorCode::kMalformed), HasSubstr(odd.origin() + "/api/models/o/n"));
}

TEST_F(PullTest, SpaceForAllFilesIsCheckedBeforeTheFirst) {
  hub_.put_repository("o/n", {{"n-00001-of-00002.gguf", gguf_},
                              {"n-00002-of-00002.gguf", make_test_gguf(200'000, 9)}});
  free_bytes_ = (uint64_t{64} << 20) + 300'000;
  EXPECT_THAT(error_of(pull("o/n"), ErrorCode::kLimit), HasSubstr("400 kB are needed"));
  EXPECT_EQ(hub_.body_bytes() < 5'000, true) << "only the lists were asked for";
}

TEST_F(PullTest, SeveralThatPullTheSameDoTheWorkOnce) {
  hub_.put_repository("o/n", {{"n.gguf", gguf_}});
  hub_.slow_down(20'000, 10);
  std::vector<std::thread> threads;
  std::vector<RecordingObserver> observers(4);
  for (RecordingObserver& observer : observers) {
    threads.emplace_back([&] {
      const auto pulled = pull_with(context(observer), "o/n");
      EXPECT_TRUE(pulled.ok()) << pulled.error().message;
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(hub_.count("/cdn/" + store_.find("n")->files[0].sha256), 1);
  std::string notes;
  for (const RecordingObserver& observer : observers) notes += observer.all_notes();
  EXPECT_THAT(notes, HasSubstr("another program is pulling hf:o/n; waiting for it"));
}

TEST_F(PullTest, TwoModelsThatShareAFileFetchItOnce) {
  hub_.put_repository("o/a", {{"a.gguf", gguf_}});
  hub_.put_repository("o/b", {{"b.gguf", gguf_}});
  hub_.slow_down(20'000, 10);
  std::thread other([&] { EXPECT_TRUE(pull_with(context(), "o/a").ok()); });
  RecordingObserver observer;
  EXPECT_TRUE(pull_with(context(observer), "o/b").ok());
  other.join();
  EXPECT_EQ(hub_.count("/cdn/" + store_.find("a")->files[0].sha256), 1);
}

}  // namespace
}  // namespace ganglion
