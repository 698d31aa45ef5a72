#include "hub/model_store.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <map>

#include "base/file.h"
#include "base/hash.h"
#include "hub/store_testing.h"

namespace ganglion {
namespace {

using testing::HasSubstr;

class ModelStoreTest : public StoreTest {
 protected:
  StoredFile put_blob(const std::string& path, const std::string& bytes) {
    const std::string digest = to_hex(sha256(bytes));
    EXPECT_TRUE(write_file_atomic(store_.blob_path(digest), bytes).ok());
    return {path, bytes.size(), digest};
  }

  Manifest publish(const std::string& name, std::vector<StoredFile> files,
                   const std::string& main = "") {
    Manifest manifest{name, "hf:o/" + name, "", "", main, 1, std::move(files)};
    const Status published = store_.publish(manifest);
    EXPECT_TRUE(published.ok()) << published.error().message;
    return manifest;
  }
};

TEST_F(ModelStoreTest, AModelHasItsFilesNamesAndGoesWithItsBlobs) {
  const StoredFile shared = put_blob("config.json", "{}");
  const StoredFile own = put_blob("sub/deep/a.txt", "own");
  const Manifest first = publish("first", {shared, own});
  const Manifest second = publish("second", {{"other.json", shared.size, shared.sha256}});
  EXPECT_EQ(read_file(store_.model_path(first) / "sub/deep/a.txt").value(), "own");
  EXPECT_EQ(store_.list()->size(), 2U);
  EXPECT_EQ(store_.remove(first).value(), own.size) << "the other is still in use";
  EXPECT_FALSE(std::filesystem::exists(store_.model_path(first)));
  EXPECT_EQ(read_file(store_.model_path(second) / "other.json").value(), "{}");
  EXPECT_EQ(store_.remove(second).value(), shared.size);
  EXPECT_TRUE(std::filesystem::is_empty(store_.root() / "blobs"));
  EXPECT_TRUE(std::filesystem::is_empty(store_.root() / "files"));
  EXPECT_TRUE(store_.list()->empty());
}

TEST_F(ModelStoreTest, ANameThatIsGivenAgainLeavesNothingBehind) {
  const StoredFile old_file = put_blob("a", "old");
  const StoredFile new_file = put_blob("a", "new");
  const Manifest old_manifest = publish("m", {old_file});
  const Manifest replaced = publish("m", {new_file});
  EXPECT_FALSE(std::filesystem::exists(store_.blob_path(old_file.sha256)));
  EXPECT_FALSE(std::filesystem::exists(store_.model_path(old_manifest)));
  EXPECT_EQ(read_file(store_.model_path(replaced) / "a").value(), "new");
  publish("m", {new_file});
  EXPECT_TRUE(std::filesystem::exists(store_.blob_path(new_file.sha256)));
}

TEST_F(ModelStoreTest, AMissingBlobIsNotPublished) {
  const Manifest manifest{"m", "hf:o/m", "", "", "", 1, {{"a", 3, std::string(64, 'a')}}};
  const Status published = store_.publish(manifest);
  ASSERT_FALSE(published.ok());
  EXPECT_EQ(published.error().code, ErrorCode::kConflict);
  EXPECT_TRUE(store_.list()->empty());
}

TEST_F(ModelStoreTest, ShortNames) {
  const StoredFile file = put_blob("a", "x");
  publish("llama3.2:1b", {file});
  publish("qwen:q4_0", {file});
  publish("qwen:q8_0", {file});
  EXPECT_EQ(store_.find("llama3.2:1b")->name, "llama3.2:1b");
  EXPECT_EQ(store_.find("LLaMA3.2")->name, "llama3.2:1b");
  EXPECT_THAT(store_.find("qwen").error().message, HasSubstr("qwen:q4_0 qwen:q8_0"));
  EXPECT_THAT(store_.find("lama3.2").error().message, HasSubstr("did you mean \"llama3.2\"?"));
  EXPECT_THAT(store_.find("zebra").error().message, HasSubstr("`ganglion list`"));
  EXPECT_THAT(store_.find("../../etc").error().message, HasSubstr("no stored model"));
}

TEST_F(ModelStoreTest, ResolvesPathsBeforeNames) {
  const StoredFile file = put_blob("m.gguf", "x");
  const Manifest manifest = publish("m:q4_0", {file}, "m.gguf");
  EXPECT_EQ(resolve_model(store_, "m").value(), store_.model_path(manifest));
  EXPECT_EQ(store_.model_path(manifest).filename(), "m.gguf");
  EXPECT_EQ(resolve_model(store_, "/nowhere/m.gguf").value(), "/nowhere/m.gguf");
  EXPECT_EQ(resolve_model(store_, "missing.gguf").value(), "missing.gguf");
  EXPECT_EQ(resolve_model(store_, folder_.string()).value(), folder_);
  EXPECT_THAT(resolve_model(store_, "n").error().message,
              HasSubstr("n: no such file or folder, and no stored model"));
  std::filesystem::remove(store_.blob_path(file.sha256));
  EXPECT_THAT(resolve_model(store_, "m").error().message, HasSubstr("pull it again"));
}

TEST_F(ModelStoreTest, ADamagedManifestIsNamed) {
  publish("m", {put_blob("a", "x")});
  ASSERT_TRUE(write_file_atomic(store_.root() / "manifests" / "bad.json", "{").ok());
  const auto list = store_.list();
  ASSERT_FALSE(list.ok());
  EXPECT_THAT(list.error().message, HasSubstr("bad.json"));
  EXPECT_THAT(list.error().message, HasSubstr("delete this file"));
}

TEST_F(ModelStoreTest, TheStoreIsItsOwnersAlone) {
  const ModelStore store(folder_ / "a" / "b");
  EXPECT_TRUE(store.list()->empty()) << "not there yet";
  ASSERT_TRUE(store.create_folders().ok());
  EXPECT_EQ(std::filesystem::status(store.root()).permissions(), std::filesystem::perms::owner_all);
}

TEST(ModelStoreRoot, FollowsTheEnvironment) {
  std::map<std::string, std::string> environment;
  const auto variable = [&](const char* name) { return environment[name]; };
  EXPECT_FALSE(model_store_root(variable).ok());
  environment["HOME"] = "/home/a";
  EXPECT_EQ(model_store_root(variable).value(), "/home/a/.local/share/ganglion");
  environment["XDG_DATA_HOME"] = "relative";
  EXPECT_EQ(model_store_root(variable).value(), "/home/a/.local/share/ganglion");
  environment["XDG_DATA_HOME"] = "/data";
  EXPECT_EQ(model_store_root(variable).value(), "/data/ganglion");
  environment["GANGLION_HOME"] = "/models";
  EXPECT_EQ(model_store_root(variable).value(), "/models");
}

}  // namespace
}  // namespace ganglion
