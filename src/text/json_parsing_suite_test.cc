// parse_json against JSONTestSuite (nst): files named y_… are JSON, n_… are not, i_… may be either.
#include <gtest/gtest.h>

#include <filesystem>

#include "base/file.h"
#include "base/test_paths.h"
#include "text/json.h"

namespace ganglion {
namespace {

TEST(JsonParsingSuite, AcceptsWhatIsJsonAndNothingElse) {
  const auto folder = shared_data_path("schema/json-test-suite-nst/test_parsing");
  if (!folder) GTEST_SKIP() << "no ../shared/data/schema; set GANGLION_DATA";
  size_t num_accepted = 0;
  size_t num_refused = 0;
  for (const auto& entry : std::filesystem::directory_iterator(*folder)) {
    const std::string name = entry.path().filename().string();
    const auto text = read_file(entry.path());
    ASSERT_TRUE(text.ok()) << name;
    const auto parsed = parse_json(*text, name);
    if (name.starts_with("y_")) {
      EXPECT_TRUE(parsed.ok()) << parsed.error().message;
      ++num_accepted;
    } else if (name.starts_with("n_")) {
      EXPECT_FALSE(parsed.ok()) << name;
      ++num_refused;
    }
    if (!parsed.ok()) {
      EXPECT_TRUE(parsed.error().message.starts_with(name + ":")) << parsed.error().message;
    }
  }
  EXPECT_EQ(num_accepted, 95);
  EXPECT_EQ(num_refused, 188);
}

}  // namespace
}  // namespace ganglion
