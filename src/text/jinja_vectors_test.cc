// The language-feature cases of @huggingface/jinja, and chat templates in the manner of each model
// family, whose expected renderings Jinja made (tools/reference/compare_jinja.py --write).
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "base/file.h"
#include "base/test_paths.h"
#include "text/jinja.h"

namespace ganglion {
namespace {

TEST(JinjaVectors, RenderAsExpected) {
  const auto path = shared_data_path("api/jinja/jinja_vectors.jsonl");
  if (!path) GTEST_SKIP() << "no ../shared/data/api/jinja; set GANGLION_DATA";
  std::ifstream file(*path);
  std::string line;
  size_t num_cases = 0;
  while (std::getline(file, line)) {
    const json::object one = parse_json_line(line, "jinja_vectors.jsonl", ++num_cases)->as_object();
    SCOPED_TRACE(std::string_view(one.at("name").as_string()));
    const auto parsed =
        JinjaTemplate::parse(std::string_view(one.at("template").as_string()), "case");
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    JinjaOptions options;
    options.dialect = JinjaDialect::kJavaScript;
    const auto text = parsed->render(one.at("context").as_object(), options);
    EXPECT_TRUE(text.ok()) << text.error().message;
    if (text.ok()) {
      EXPECT_EQ(text->text(), std::string_view(one.at("expected").as_string()));
    }
  }
  EXPECT_EQ(num_cases, 157u);
}

json::object read_golden(const std::string& name) {
  const auto bytes = read_file("tests/golden/chat_templates/" + name);
  EXPECT_TRUE(bytes.ok()) << bytes.error().message;
  return parse_json(*bytes, name)->as_object();
}

TEST(ChatTemplates, RenderAsTransformersDoes) {
  const json::object contexts = read_golden("contexts.json");
  const json::object expected = read_golden("expected.json");
  JinjaOptions options;
  ASSERT_NE(strptime("2025-07-10T12:00:00", "%Y-%m-%dT%H:%M:%S", &options.now), nullptr);
  size_t num_rendered = 0;
  for (const auto& entry : expected) {
    SCOPED_TRACE(std::string_view(entry.key()));
    const std::string key(entry.key());
    const size_t slash = key.find('/');
    const auto source = read_file("tests/golden/chat_templates/" + key.substr(0, slash) + ".jinja");
    ASSERT_TRUE(source.ok());
    const auto parsed = JinjaTemplate::parse(*source, key);
    ASSERT_TRUE(parsed.ok()) << parsed.error().message;
    const auto text = parsed->render(contexts.at(key.substr(slash + 1)).as_object(), options);
    ASSERT_EQ(text.ok(), entry.value().is_string()) << (text.ok() ? "" : text.error().message);
    if (!text.ok()) continue;
    EXPECT_EQ(text->text(), std::string_view(entry.value().as_string()));
    ++num_rendered;
  }
  EXPECT_GT(num_rendered, 70u);
}

}  // namespace
}  // namespace ganglion
