// The required tests of the JSON Schema Test Suite (json-schema-org/JSON-Schema-Test-Suite).
#include <gtest/gtest.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "base/file.h"
#include "base/test_paths.h"
#include "grammar/json_schema.h"

namespace ganglion {
namespace {

json::value load(const std::filesystem::path& path) {
  const auto text = read_file(path);
  EXPECT_TRUE(text.ok()) << path;
  const auto value = parse_json(*text, path.string());
  EXPECT_TRUE(value.ok()) << value.error().message;
  return *value;
}

JsonSchemaRegistry load_remotes(const std::filesystem::path& folder) {
  JsonSchemaRegistry registry;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder)) {
    if (entry.path().extension() != ".json") continue;
    const std::string name = std::filesystem::relative(entry.path(), folder).generic_string();
    registry.emplace("http://localhost:1234/" + name, load(entry.path()));
  }
  return registry;
}

std::vector<std::filesystem::path> json_files(const std::filesystem::path& folder) {
  std::vector<std::filesystem::path> files;
  for (const auto& entry : std::filesystem::directory_iterator(folder)) {
    if (entry.path().extension() == ".json") files.push_back(entry.path());
  }
  std::sort(files.begin(), files.end());
  return files;
}

// How many tests of the group give the expected verdict.
size_t count_passing(const json::object& group, const JsonSchemaOptions& options,
                     const std::string& place) {
  const auto schema = JsonSchema::compile(group.at("schema"), options);
  if (!schema.ok()) {
    ADD_FAILURE() << place << ": " << schema.error().message;
    return 0;
  }
  size_t num_passing = 0;
  for (const json::value& test : group.at("tests").as_array()) {
    const auto failure = schema->validate(test.at("data"));
    const std::string name = place + " / " + std::string(test.at("description").as_string());
    if (!failure.ok()) {
      ADD_FAILURE() << name << ": " << failure.error().message;
    } else if (failure->has_value() == test.at("valid").as_bool()) {
      ADD_FAILURE() << name << ": "
                    << (failure->has_value() ? (*failure)->message : "expected a failure");
    } else {
      ++num_passing;
    }
  }
  return num_passing;
}

void run_draft(const char* folder, JsonSchemaDraft draft, size_t num_expected) {
  const auto suite = shared_data_path("schema/json-schema-test-suite");
  if (!suite) GTEST_SKIP() << "the test suite is not here";
  const JsonSchemaRegistry registry = load_remotes(*suite / "remotes");
  JsonSchemaOptions options;
  options.default_draft = draft;
  options.registry = &registry;
  size_t num_passing = 0;
  for (const std::filesystem::path& file : json_files(*suite / "tests" / folder)) {
    const json::value groups = load(file);
    for (const json::value& group : groups.as_array()) {
      const std::string place =
          file.stem().string() + " / " + std::string(group.at("description").as_string());
      num_passing += count_passing(group.as_object(), options, place);
    }
  }
  EXPECT_EQ(num_passing, num_expected);
}

TEST(JsonSchemaSuite, Draft2020_12) { run_draft("draft2020-12", JsonSchemaDraft::k2020_12, 1299); }

TEST(JsonSchemaSuite, Draft7) { run_draft("draft7", JsonSchemaDraft::kDraft7, 927); }

}  // namespace
}  // namespace ganglion
