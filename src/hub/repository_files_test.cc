#include "hub/repository_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

std::vector<RepositoryFile> files_of(std::initializer_list<const char*> paths) {
  std::vector<RepositoryFile> files;
  for (const char* path : paths) files.push_back({path, 1'000'000, ""});
  return files;
}

std::string chosen(const std::vector<RepositoryFile>& files, std::string_view selector = "") {
  const auto selection = choose_model_files(files, selector, "o/n");
  return selection.ok() ? selection->main : "error: " + selection.error().message;
}

std::vector<std::string> chosen_paths(const std::vector<RepositoryFile>& files,
                                      std::string_view selector = "") {
  std::vector<std::string> paths;
  const auto selection = choose_model_files(files, selector, "o/n");
  EXPECT_TRUE(selection.ok()) << selection.error().message;
  if (!selection.ok()) return paths;
  for (const RepositoryFile& file : selection->files) paths.push_back(file.path);
  return paths;
}

TEST(RepositoryFiles, TypesAreReadFromNames) {
  EXPECT_EQ(type_in_file_name("Llama-3.2-1B-Instruct-Q4_K_M.gguf"), "Q4_K_M");
  EXPECT_EQ(type_in_file_name("llama-2-7b.Q4_0.gguf"), "Q4_0");
  EXPECT_EQ(type_in_file_name("qwen2.5-0.5b-instruct-q8_0.gguf"), "Q8_0");
  EXPECT_EQ(type_in_file_name("Phi-3-mini-4k-instruct-fp16.gguf"), "F16");
  EXPECT_EQ(type_in_file_name("Phi-3-mini-4k-instruct-q4.gguf"), "Q4");
  EXPECT_EQ(type_in_file_name("my_model_iq4_xs.gguf"), "IQ4_XS");
  EXPECT_EQ(type_in_file_name("Qwen3-UD-Q2_K_XL.gguf"), "UD-Q2_K_XL");
  EXPECT_EQ(type_in_file_name("Q4_K_M/m-BF16-00001-of-00002.gguf"), "BF16");
  EXPECT_EQ(type_in_file_name("stories260K.gguf"), "");
  EXPECT_EQ(type_in_file_name("Q4_K_M/model.gguf"), "");
}

TEST(RepositoryFiles, TheUsualTypeIsTakenUnlessAskedOtherwise) {
  const auto files = files_of({"m-Q8_0.gguf", "m-Q4_K_M.gguf", "m-f16.gguf", "README.md"});
  EXPECT_EQ(chosen(files), "m-Q4_K_M.gguf");
  EXPECT_EQ(chosen(files, "q8_0"), "m-Q8_0.gguf");
  EXPECT_EQ(chosen(files, "FP16"), "m-f16.gguf");
  EXPECT_EQ(chosen(files, "m-f16.gguf"), "m-f16.gguf");
  EXPECT_THAT(chosen(files, "Q5_K_M"), HasSubstr("m-Q8_0.gguf (1 MB)"));
  EXPECT_EQ(chosen(files_of({"m-Q8_0.gguf", "m-Q2_K.gguf"})), "m-Q8_0.gguf");
  EXPECT_EQ(chosen(files_of({"odd.gguf", "mmproj-m-f16.gguf", "imatrix.gguf"})), "odd.gguf");
}

TEST(RepositoryFiles, SeveralThatFitAreAnErrorWithTheList) {
  const auto files = files_of({"a-Q4_K_M.gguf", "b-Q4_K_M.gguf"});
  EXPECT_THAT(chosen(files), HasSubstr("several files have the type Q4_K_M"));
  EXPECT_THAT(chosen(files), HasSubstr("b-Q4_K_M.gguf"));
  EXPECT_EQ(chosen(files, "b-Q4_K_M.gguf"), "b-Q4_K_M.gguf");
  EXPECT_THAT(chosen(files_of({"a.gguf", "b.gguf"})), HasSubstr("name one behind ':'"));
}

TEST(RepositoryFiles, AllPartsOfASplitFileBelongTogether) {
  const auto files = files_of({"q/m-Q4_K_M-00002-of-00002.gguf", "q/m-Q4_K_M-00001-of-00002.gguf",
                               "m-Q8_0-00001-of-00003.gguf"});
  EXPECT_EQ(chosen(files), "q/m-Q4_K_M-00001-of-00002.gguf");
  EXPECT_THAT(chosen_paths(files),
              ElementsAre("q/m-Q4_K_M-00001-of-00002.gguf", "q/m-Q4_K_M-00002-of-00002.gguf"));
  EXPECT_EQ(chosen(files, "m-Q4_K_M-00002-of-00002.gguf"), "q/m-Q4_K_M-00001-of-00002.gguf");
  EXPECT_THAT(chosen(files, "Q8_0"), HasSubstr("1 of its 3 parts"));
}

TEST(RepositoryFiles, AFolderOfSafetensorsHasItsConfigAndTokenizer) {
  EXPECT_THAT(chosen_paths(files_of({"config.json", "model.safetensors", "tokenizer.json",
                                     "README.md", "1_Pooling/config.json", "onnx/model.onnx",
                                     "pytorch_model.bin", "consolidated.safetensors", "vocab.txt",
                                     "tokenizer.model", ".gitattributes", "openvino/config.json"})),
              ElementsAre("config.json", "model.safetensors", "tokenizer.json",
                          "1_Pooling/config.json", "vocab.txt", "tokenizer.model"));
  EXPECT_THAT(chosen(files_of({"pytorch_model.bin", "config.json"})), HasSubstr("can run code"));
  EXPECT_THAT(chosen(files_of({"model.safetensors"})), HasSubstr("no config.json"));
  EXPECT_THAT(chosen({}), HasSubstr("neither GGUF nor safetensors"));
}

TEST(RepositoryFiles, ReadsTheHubsAnswers) {
  const std::string oid(64, 'a');
  std::vector<RepositoryFile> files;
  const std::string tree = R"([{"type":"directory","path":"d"},
      {"type":"file","path":"config.json","size":12,"oid":"x"},
      {"type":"file","path":"../../evil","size":1},
      {"type":"file","path":"m.gguf","size":134,"lfs":{"oid":")" +
                           oid + R"(","size":99}}])";
  ASSERT_TRUE(parse_repository_tree(tree, "tree", files).ok());
  ASSERT_EQ(files.size(), 2U);
  EXPECT_EQ(files[1].path, "m.gguf");
  EXPECT_EQ(files[1].size, 99U);
  EXPECT_EQ(files[1].sha256, oid);
  const std::string commit(40, 'b');
  EXPECT_EQ(parse_repository_commit(R"({"sha":")" + commit + R"("})", "r").value(), commit);
  for (const char* text : {"", "[]", "{}", R"({"sha":1})", R"({"sha":"main"})"}) {
    EXPECT_FALSE(parse_repository_commit(text, "r").ok()) << text;
  }
  for (const char* text : {"{}", "[1]", R"([{"type":"file"}])", R"([{"type":"file","path":"a"}])",
                           R"([{"type":"file","path":"a","size":-1}])",
                           R"([{"type":"file","path":"a","size":1,"lfs":{"oid":"zz","size":1}}])",
                           R"([{"type":"file","path":"a","size":1,"lfs":7}])"}) {
    EXPECT_FALSE(parse_repository_tree(text, "tree", files).ok()) << text;
  }
}

}  // namespace
}  // namespace ganglion
