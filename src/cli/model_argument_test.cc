#include "cli/model_argument.h"

#include <gtest/gtest.h>

#include <map>
#include <string>

#include "cli/exit.h"

namespace ganglion {
namespace {

PanelOptions options_of(const std::map<std::string, std::string>& environment) {
  return panel_options([&](const char* name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  });
}

TEST(PanelOptions, AreWhereTheEnvironmentSays) {
  std::map<std::string, std::string> environment;
  EXPECT_EQ(options_of(environment).folder, "");
  environment["HOME"] = "/home/a";
  EXPECT_EQ(options_of(environment).folder, "/home/a/.cache/ganglion/panels");
  environment["XDG_CACHE_HOME"] = "relative";
  EXPECT_EQ(options_of(environment).folder, "/home/a/.cache/ganglion/panels");
  environment["XDG_CACHE_HOME"] = "/cache";
  EXPECT_EQ(options_of(environment).folder, "/cache/ganglion/panels");
  environment["GANGLION_HOME"] = "/models";
  EXPECT_EQ(options_of(environment).folder, "/models/panels");
  environment["GANGLION_PANELS"] = "/fast/disk";
  EXPECT_EQ(options_of(environment).folder, "/fast/disk");
  environment["GANGLION_PANELS"] = "off";
  EXPECT_EQ(options_of(environment).folder, "");
}

TEST(PanelOptions, TakeAWholeNumberOfGib) {
  EXPECT_EQ(options_of({}).max_bytes, uint64_t{32} << 30);
  EXPECT_EQ(options_of({{"GANGLION_PANELS_GIB", "3"}}).max_bytes, uint64_t{3} << 30);
  EXPECT_EQ(options_of({{"GANGLION_PANELS_GIB", "0"}}).max_bytes, 0U);
  for (const std::string value : {"x", "-1", "1.5", "2 ", "99999999999999999999", "1048577"}) {
    try {
      options_of({{"GANGLION_PANELS_GIB", value}});
      ADD_FAILURE() << value;
    } catch (const CommandFailure& failure) {
      EXPECT_EQ(failure.error.message,
                "GANGLION_PANELS_GIB: expected a whole number from 0 to 1048576, found \"" + value +
                    "\"");
    }
  }
}

}  // namespace
}  // namespace ganglion
