#include "hub/model_source.h"

#include <gtest/gtest.h>

#include <filesystem>

namespace ganglion {
namespace {

std::string canonical(std::string_view text) {
  const auto source = parse_model_source(text);
  return source.ok() ? source->text : "error: " + source.error().message;
}

std::string error_of(std::string_view text) {
  const auto source = parse_model_source(text);
  return source.ok() ? "no error" : source.error().message;
}

TEST(ModelSource, HuggingFaceForms) {
  const auto source = parse_model_source("bartowski/Llama-3.2-1B-Instruct-GGUF@v1:Q4_K_M");
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ(source->kind, SourceKind::kHuggingFace);
  EXPECT_EQ(source->repository, "bartowski/Llama-3.2-1B-Instruct-GGUF");
  EXPECT_EQ(source->revision, "v1");
  EXPECT_EQ(source->selector, "Q4_K_M");
  EXPECT_EQ(source->text, "hf:bartowski/Llama-3.2-1B-Instruct-GGUF@v1:Q4_K_M");
  EXPECT_EQ(canonical("hf:o/n"), "hf:o/n");
  EXPECT_EQ(canonical("o/n@main"), "hf:o/n");
  EXPECT_EQ(canonical("hf:o/n@refs/pr/1"), "hf:o/n@refs/pr/1");
  EXPECT_EQ(canonical("https://huggingface.co/o/n"), "hf:o/n");
  EXPECT_EQ(canonical("https://huggingface.co/o/n/tree/v2"), "hf:o/n@v2");
  EXPECT_EQ(canonical("https://huggingface.co/o/n/blob/main/sub/a.gguf?download=true"),
            "hf:o/n:sub/a.gguf");
  EXPECT_EQ(canonical("https://hf.co/o/n/resolve/main/a.gguf"), "hf:o/n:a.gguf");
}

TEST(ModelSource, OllamaForms) {
  const auto source = parse_model_source("ollama:llama3.2:1b");
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ(source->kind, SourceKind::kOllama);
  EXPECT_EQ(source->repository, "library/llama3.2");
  EXPECT_EQ(source->revision, "1b");
  EXPECT_EQ(canonical("ollama:llama3.2"), "ollama:llama3.2:latest");
  EXPECT_EQ(parse_model_source("ollama:me/mine:v1")->repository, "me/mine");
}

TEST(ModelSource, AddressesAndPaths) {
  const std::string digest(64, 'a');
  const auto source = parse_model_source("https://example.com/m.gguf#sha256=" + digest);
  ASSERT_TRUE(source.ok()) << source.error().message;
  EXPECT_EQ(source->kind, SourceKind::kUrl);
  EXPECT_EQ(source->address, "https://example.com/m.gguf");
  EXPECT_EQ(source->sha256, digest);
  EXPECT_EQ(parse_model_source(testing::TempDir())->kind, SourceKind::kPath);
  EXPECT_EQ(parse_model_source("/nowhere/at/all.gguf").error().code, ErrorCode::kNotFound);
}

TEST(ModelSource, SaysWhatItExpected) {
  EXPECT_NE(error_of("llama3.2:1b").find("ollama:llama3.2:1b"), std::string::npos);
  EXPECT_NE(error_of("hf:justname").find("OWNER/NAME"), std::string::npos);
  for (const char* text : {"",
                           "hf:",
                           "hf:a/b/c",
                           "hf:a/b:",
                           "hf:a/b:../x",
                           "hf:a/b@../x",
                           "hf:../b",
                           "ollama:",
                           "ollama:a/b/c",
                           "ollama:a:b/c",
                           "ollama:..",
                           "ftp://h/x",
                           "https://h/x#md5=1",
                           "https://h/x#sha256=12",
                           "https://huggingface.co/o",
                           "https://huggingface.co/o/n/commits",
                           "https://huggingface.co/o/n/tree/main/sub",
                           "a/b/c/d",
                           "file://x",
                           "x y"}) {
    EXPECT_FALSE(parse_model_source(text).ok()) << text;
  }
}

TEST(ModelSource, DefaultNamesAreShort) {
  const auto name = [](std::string_view text, std::string_view type) {
    return default_model_name(parse_model_source(text).value(), type);
  };
  EXPECT_EQ(name("hf:bartowski/Llama-3.2-1B-Instruct-GGUF", "Q4_K_M"),
            "llama-3.2-1b-instruct:q4_k_m");
  EXPECT_EQ(name("hf:sentence-transformers/all-MiniLM-L6-v2", ""), "all-minilm-l6-v2");
  EXPECT_EQ(name("ollama:llama3.2:1b", ""), "llama3.2:1b");
  EXPECT_EQ(name("https://h/a/My%20Model.gguf?x=1", ""), "my-20model");
  EXPECT_EQ(name("https://h/", ""), "h");
}

TEST(ModelSource, ModelNames) {
  for (const char* name : {"a", "llama3.2:1b", "x_y-z", "0"}) {
    EXPECT_TRUE(check_model_name(name).ok()) << name;
  }
  for (const std::string& name : std::vector<std::string>{"", "A", "../x", ".x", ":x", "_x", "-x",
                                                          "a/b", "a b", std::string(129, 'a')}) {
    EXPECT_FALSE(check_model_name(name).ok()) << name;
  }
}

TEST(ModelSource, SafePaths) {
  for (const char* path : {"a", "a/b.gguf", "1_Pooling/config.json", "a b"}) {
    EXPECT_TRUE(is_safe_relative_path(path)) << path;
  }
  for (const std::string& path : std::vector<std::string>{
           "", "/a", "a/", "a//b", "..", "../a", "a/../b", "a/./b", ".git/config", "a\\b", "a\nb",
           std::string("a\0b", 3), std::string(513, 'a')}) {
    EXPECT_FALSE(is_safe_relative_path(path)) << path;
  }
}

}  // namespace
}  // namespace ganglion
