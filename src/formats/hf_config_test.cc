#include "formats/hf_config.h"

#include <gtest/gtest.h>

namespace ganglion {
namespace {

TEST(HfConfig, TypedValuesAliasesAndErrors) {
  const HfConfig config =
      HfConfig::parse(R"({"dim": 768, "eps": 1e-12, "act": "gelu", "flag": true, "none": null,
                          "minus": -3})",
                      "config.json")
          .value();
  EXPECT_EQ(config.get_unsigned("hidden_size", "dim").value(), 768U);
  EXPECT_DOUBLE_EQ(config.get_number("eps").value(), 1e-12);
  EXPECT_DOUBLE_EQ(config.get_number("dim").value(), 768.0);
  EXPECT_EQ(config.get_string_or("act", "relu").value(), "gelu");
  EXPECT_EQ(config.get_string_or("none", "relu").value(), "relu");
  EXPECT_TRUE(config.get_bool_or("flag", false).value());
  EXPECT_EQ(config.get_unsigned("hidden_size").error().message,
            "config.json: \"hidden_size\": expected, but it is absent");
  EXPECT_EQ(config.get_unsigned("minus").error().message,
            "config.json: \"minus\": expected an integer of at least 0, found -3");
  EXPECT_EQ(config.get_bool_or("act", false).error().message,
            "config.json: \"act\": expected true or false, found a string");
  EXPECT_EQ(HfConfig::parse("[]", "config.json").error().message,
            "config.json: expected an object, found an array");
}

}  // namespace
}  // namespace ganglion
