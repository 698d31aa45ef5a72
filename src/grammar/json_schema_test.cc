#include "grammar/json_schema.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace ganglion {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

json::value parse(std::string_view text) {
  auto value = parse_json(text, "test", {.max_depth = 2000});
  EXPECT_TRUE(value.ok()) << value.error().message;
  return *std::move(value);
}

// "instance location | keyword location | message", or "" when the value fits.
std::string failure_of(const JsonSchema& schema, const json::value& instance) {
  const auto result = schema.validate(instance);
  if (!result.ok()) return "error: " + result.error().message;
  if (!*result) return "";
  return fmt::format("{} | {} | {}", (*result)->instance_location, (*result)->keyword_location,
                     (*result)->message);
}

std::string failure_of(std::string_view schema_text, std::string_view instance,
                       const JsonSchemaOptions& options = {}) {
  const auto schema = JsonSchema::compile(parse(schema_text), options);
  EXPECT_TRUE(schema.ok()) << schema_text << ": " << schema.error().message;
  return schema.ok() ? failure_of(*schema, parse(instance)) : "no schema";
}

Error error_of(std::string_view schema_text, const JsonSchemaOptions& options = {}) {
  const auto schema = JsonSchema::compile(parse(schema_text), options);
  EXPECT_FALSE(schema.ok()) << schema_text;
  return schema.ok() ? Error{} : schema.error();
}

struct Case {
  const char* schema;
  const char* fits;
  const char* instance;  // which does not
  const char* failure;
};

void check_cases(const std::vector<Case>& cases, const JsonSchemaOptions& options = {}) {
  for (const Case& c : cases) {
    EXPECT_EQ(failure_of(c.schema, c.fits, options), "") << c.schema;
    EXPECT_EQ(failure_of(c.schema, c.instance, options), c.failure) << c.schema;
  }
}

TEST(JsonSchema, ValuesAlone) {
  check_cases({
      {R"({"type":"string"})", R"("a")", "5", " | #/type | expected a string, found 5"},
      {R"({"type":["integer","null"]})", "1.0", "1.5",
       " | #/type | expected null or an integer, found 1.5"},
      {R"({"enum":["low","high",1]})", "1.0", R"("mid")",
       R"( | #/enum | expected one of "low", "high", 1, found "mid")"},
      {R"({"const":{"a":[1,2]}})", R"({"a":[1.0,2]})", R"({"a":[2,1]})",
       " | #/const | expected an object with 1 member, found an object with 1 member"},
      {R"({"minimum":3})", "3", "2.5", " | #/minimum | expected a number of at least 3, found 2.5"},
      {R"({"maximum":3})", "3.0", "9007199254740993",
       " | #/maximum | expected a number of at most 3, found 9007199254740993"},
      {R"({"exclusiveMinimum":0})", "1e-300", "0",
       " | #/exclusiveMinimum | expected a number above 0, found 0"},
      {R"({"exclusiveMaximum":1})", "0.5", "1.0",
       " | #/exclusiveMaximum | expected a number below 1, found 1"},
      {R"({"multipleOf":0.01})", "19.99", "0.015",
       " | #/multipleOf | expected a multiple of 0.01, found 0.015"},
      {R"({"minLength":2})", R"("é😀")", R"("😀")",
       " | #/minLength | expected at least 2 characters, found 1"},
      {R"({"maxLength":1})", R"("😀")", R"("ab")",
       " | #/maxLength | expected at most 1 character, found 2"},
      {R"({"pattern":"^\\d+$"})", R"("12")", R"("x")",
       R"( | #/pattern | expected a string with the pattern ^\d+$, found "x")"},
  });
}

TEST(JsonSchema, Objects) {
  check_cases({
      {R"({"required":["a","b"]})", R"({"b":1,"a":2})", R"({"a":1})",
       " | #/required | the member \"b\" is missing"},
      {R"({"properties":{"a/b":{"type":"null"}}})", R"({"a/b":null})", R"({"a/b":0})",
       "/a~1b | #/properties/a~1b/type | expected null, found 0"},
      {R"({"properties":{"a":true,"b":true},"additionalProperties":false})", R"({"a":1})",
       R"({"a":1,"c":2})",
       " | #/additionalProperties | the member \"c\" is not allowed; known are \"a\" and \"b\""},
      {R"({"patternProperties":{"^x":{"type":"integer"}},"additionalProperties":{"type":"null"}})",
       R"({"x1":1,"y":null})", R"({"x1":1,"y":2})",
       "/y | #/additionalProperties/type | expected null, found 2"},
      {R"({"propertyNames":{"maxLength":2}})", R"({"ab":1})", R"({"abc":1})",
       " | #/propertyNames | the member name \"abc\" is not allowed: expected at most 2 "
       "characters, found 3"},
      {R"({"minProperties":1})", R"({"a":1})", "{}",
       " | #/minProperties | expected at least 1 member, found 0"},
      {R"({"maxProperties":1})", R"({"a":1})", R"({"a":1,"b":2})",
       " | #/maxProperties | expected at most 1 member, found 2"},
      {R"({"dependentRequired":{"card":["address"]}})", R"({"address":1})", R"({"card":1})",
       " | #/dependentRequired | the member \"address\" is missing, which \"card\" requires"},
      {R"({"dependentSchemas":{"a":{"maxProperties":1}}})", R"({"a":1})", R"({"a":1,"b":1})",
       " | #/dependentSchemas/a/maxProperties | expected at most 1 member, found 2"},
      {R"({"allOf":[{"properties":{"a":true}}],"unevaluatedProperties":false})", R"({"a":1})",
       R"({"a":1,"b":1})",
       " | #/unevaluatedProperties | the member \"b\" is not allowed: no part of the schema knows "
       "it"},
  });
}

TEST(JsonSchema, Arrays) {
  check_cases({
      {R"({"items":{"type":"integer"}})", "[1,2]", R"([1,"x"])",
       R"(/1 | #/items/type | expected an integer, found "x")"},
      {R"({"prefixItems":[true,{"const":2}],"items":false})", "[1,2]", "[1,2,3]",
       " | #/items | expected at most 2 elements, found 3"},
      {R"({"minItems":1,"maxItems":2})", "[1]", "[]",
       " | #/minItems | expected at least 1 element, found 0"},
      {R"({"uniqueItems":true})", R"([1,true,"1",{"a":1,"b":2},{"a":1}])",
       R"([{"a":1,"b":2},0,{"b":2.0,"a":1}])",
       " | #/uniqueItems | expected elements that differ; element 0 and element 2 are equal: an "
       "object with 2 members"},
      {R"({"contains":{"const":1},"minContains":2,"maxContains":2})", "[1,0,1]", "[1,0]",
       " | #/contains | expected at least 2 elements that fit the schema of contains, found 1"},
      {R"({"prefixItems":[true],"contains":{"const":1},"unevaluatedItems":false})", "[0,1]",
       "[1,0]", " | #/unevaluatedItems | element 1 is not allowed: no part of the schema knows it"},
  });
}

TEST(JsonSchema, Combinations) {
  check_cases({
      {R"({"allOf":[{"minimum":1},{"maximum":3}]})", "2", "4",
       " | #/allOf/1/maximum | expected a number of at most 3, found 4"},
      {R"({"anyOf":[{"type":"string"},{"type":"null"}]})", "null", "4",
       " | #/anyOf | fits none of the 2 alternatives; the first that fails: expected a string, "
       "found 4"},
      // The alternative that came farthest says most.
      {R"({"anyOf":[{"type":"string"},{"properties":{"a":{"type":"integer"}},"type":"object"}]})",
       R"({"a":1})", R"({"a":"x"})",
       R"(/a | #/anyOf/1/properties/a/type | expected an integer, found "x")"},
      {R"({"oneOf":[{"minimum":1},{"maximum":3}]})", "0", "2",
       " | #/oneOf | expected to fit one alternative only, found that it fits 1 and 2 (of 2)"},
      {R"({"not":{"type":"null"}})", "1", "null",
       " | #/not | expected not to fit the schema of not"},
      {R"({"if":{"type":"string"},"then":{"minLength":1},"else":{"minimum":0}})", "0", "-1",
       " | #/else/minimum | expected a number of at least 0, found -1"},
      {"true", "1", "1", ""},
      {R"({"properties":{"a":false}})", "{}", R"({"a":1})",
       " | #/properties | the member \"a\" is not allowed"},
  });
  EXPECT_EQ(failure_of("false", "1"), " | # | no value is allowed here: the schema is false");
}

TEST(JsonSchema, References) {
  check_cases({
      {R"({"$ref":"#/$defs/a~1b%25","$defs":{"a/b%":{"type":"null"}}})", "null", "1",
       " | #/$defs/a~1b%/type | expected null, found 1"},
      {R"({"$id":"https://a.test/x/root.json","$ref":"item.json#n",
           "$defs":{"i":{"$id":"item.json","$defs":{"n":{"$anchor":"n","minimum":1}}}}})",
       "1", "0",
       " | https://a.test/x/item.json#/$defs/n/minimum | expected a number of at least 1, found "
       "0"},
      {R"({"type":"object","properties":{"next":{"$ref":"#"}},"additionalProperties":false})",
       R"({"next":{"next":{}}})", R"({"next":{"next":{"last":1}}})",
       "/next/next | #/additionalProperties | the member \"last\" is not allowed; known are "
       "\"next\""},
      {R"({"$ref":"https://json-schema.org/draft/2020-12/schema"})", R"({"minLength":1})",
       R"({"properties":{"a":{"minLength":-1}}})",
       "/properties/a/minLength | "
       "https://json-schema.org/draft/2020-12/schema#/$defs/count/minimum "
       "| expected a number of at least 0, found -1"},
  });
}

TEST(JsonSchema, TheRegistryAnswersReferences) {
  const JsonSchemaRegistry registry = {{"https://a.test/name.json", parse(R"({"minLength":1})")}};
  JsonSchemaOptions options;
  options.registry = &registry;
  check_cases({{R"({"$id":"https://a.test/b","$ref":"name.json"})", R"("x")", R"("")",
                " | https://a.test/name.json#/minLength | expected at least 1 character, found 0"}},
              options);
}

TEST(JsonSchema, OlderDrafts) {
  check_cases({
      {R"({"$schema":"http://json-schema.org/draft-07/schema#","items":[{"const":1}],
           "additionalItems":{"type":"null"}})",
       "[1,null]", "[1,2]", "/1 | #/additionalItems/type | expected null, found 2"},
      {R"({"$schema":"http://json-schema.org/draft-07/schema#","dependencies":{"a":["b"]}})",
       R"({"b":1})", R"({"a":1})",
       " | #/dependencies | the member \"b\" is missing, which \"a\" requires"},
      // A $ref hides what stands beside it.
      {R"({"$schema":"http://json-schema.org/draft-07/schema#","$ref":"#/definitions/a",
           "minimum":9,"definitions":{"a":{"maximum":5}}})",
       "1", "6", " | #/definitions/a/maximum | expected a number of at most 5, found 6"},
      {R"({"$schema":"http://json-schema.org/draft-04/schema#","minimum":1,
           "exclusiveMinimum":true})",
       "2", "1", " | #/minimum | expected a number above 1, found 1"},
  });
}

TEST(JsonSchema, FormatIsCheckedOnRequestOnly) {
  EXPECT_EQ(failure_of(R"({"format":"date"})", R"("2023-02-29")"), "");
  JsonSchemaOptions options;
  options.asserts_format = true;
  EXPECT_EQ(failure_of(R"({"format":"date"})", R"("2023-02-29")", options),
            R"( | #/format | expected a string of the format "date", found "2023-02-29")");
  const std::pair<const char*, std::pair<const char*, const char*>> cases[] = {
      {"date", {"2024-02-29", "2024-2-29"}},
      {"time", {"23:59:60Z", "22:59:60Z"}},
      {"time", {"01:02:03.5+05:30", "01:02:03"}},
      {"date-time", {"1990-12-31T15:59:60-08:00", "1990-12-31 15:59:59Z"}},
      {"email", {"joe.bloggs@example.com", ".a@example.com"}},
      {"hostname", {"www.example.com", "-a.com"}},
      {"ipv4", {"192.168.0.1", "256.1.1.1"}},
      {"ipv4", {"0.0.0.0", "01.1.1.1"}},
      {"ipv6", {"::ffff:192.168.0.1", "1::2::3"}},
      {"ipv6", {"1:2:3:4:5:6:7:8", "1:2:3:4:5:6:7"}},
      {"uri", {"http://foo.bar/?q=%20#f", "//foo.bar"}},
      {"uri", {"urn:isbn:1", "http://a b"}},
      {"uri-reference", {"../a?b", "\\\\\\\\host"}},
      {"uuid", {"2EB8AA08-AA98-11EA-B4AA-73B441D16380", "2eb8aa08-aa98-11ea-b4aa73b441d16380"}},
      {"json-pointer", {"/a~1b", "a"}},
      {"relative-json-pointer", {"1/a", "01"}},
      {"regex", {"^(?=a)b", "a)"}},
      {"no-such-format", {"x", nullptr}},
  };
  for (const auto& [name, texts] : cases) {
    const std::string schema = fmt::format(R"({{"format":"{}"}})", name);
    EXPECT_EQ(failure_of(schema, fmt::format("\"{}\"", texts.first), options), "") << name;
    if (texts.second == nullptr) continue;
    EXPECT_NE(failure_of(schema, fmt::format("\"{}\"", texts.second), options), "")
        << name << " " << texts.second;
  }
}

TEST(JsonSchema, NumbersCompareByValue) {
  check_cases({
      {R"({"const":9007199254740993})", "9007199254740993", "9007199254740992.0",
       " | #/const | expected 9007199254740993, found 9007199254740992"},
      {R"({"maximum":18446744073709551615})", "18446744073709551615", "18446744073709551616",
       " | #/maximum | expected a number of at most 18446744073709551615, found "
       "1.8446744073709552e+19"},
      {R"({"minimum":-9223372036854775808})", "-9223372036854775808", "-9223372036854777856.0",
       " | #/minimum | expected a number of at least -9223372036854775808, found "
       "-9.223372036854778e+18"},
      {R"({"exclusiveMinimum":-2.5})", "-2", "-3",
       " | #/exclusiveMinimum | expected a number above -2.5, found -3"},
      {R"({"multipleOf":3})", "9007199254740993", "9007199254740994",
       " | #/multipleOf | expected a multiple of 3, found 9007199254740994"},
      {R"({"enum":[-0.0]})", "0", "1", " | #/enum | expected -0, found 1"},
  });
}

TEST(JsonSchema, ErrorsOfSchemasNameThePlace) {
  const std::pair<const char*, const char*> cases[] = {
      {"5", "#: expected a schema (an object, true or false), found an integer"},
      {R"({"properties":{"a":{"minimum":"3"}}})",
       "#/properties/a/minimum: expected a number, found a string"},
      {R"({"items":{"type":"text"}})",
       "#/items/type: expected one of the types null, boolean, integer, number, string, array and "
       "object, found \"text\""},
      {R"({"maxLength":-1})", "#/maxLength: expected an integer of at least 0, found -1"},
      {R"({"multipleOf":0})", "#/multipleOf: expected a number above 0, found 0"},
      {R"({"required":["a",1]})", "#/required/1: expected a string, found 1"},
      {R"({"allOf":{}})", "#/allOf: expected an array of schemas, found an object"},
      {R"({"anyOf":[]})", "#/anyOf: expected at least one schema, found none"},
      {R"({"properties":{"a":5}})",
       "#/properties/a: expected a schema (an object, true or false), found 5"},
      {R"({"pattern":"a("})", "#/pattern: byte 1: '(' is never closed"},
      {R"({"$ref":"#/$defs/a"})", "#/$ref: leads to \"#/$defs/a\", which does not exist"},
      {R"({"$ref":"https://a.test/b"})",
       "#/$ref: leads to \"https://a.test/b\", which is no schema of this document or of the "
       "registry"},
      {R"({"$ref":"#a"})", "#/$ref: leads to the anchor \"a\" of \"\", which does not exist"},
      {R"({"$schema":"http://json-schema.org/draft-03/schema"})",
       "#/$schema: expected draft 2020-12, 7, 6 or 4, or a metaschema of the registry, found "
       "\"http://json-schema.org/draft-03/schema\""},
      {R"({"properties":{"a":{"anyOf":[{"$ref":"#/properties/a"}]}}})",
       "#/properties/a: the schema refers back to itself without going into a member or an "
       "element, so it says nothing about a value"},
  };
  for (const auto& [schema, message] : cases) {
    EXPECT_THAT(error_of(schema).message, StartsWith(message)) << schema;
  }
}

TEST(JsonSchema, HostileSchemasMeetLimits) {
  JsonSchemaOptions options;
  options.limits.subschemas = 100;
  json::object properties;
  for (int i = 0; i < 100; ++i) properties[std::to_string(i)] = true;
  const auto many = JsonSchema::compile(json::object{{"properties", properties}}, options);
  EXPECT_EQ(many.error().code, ErrorCode::kLimit);

  options = {};
  options.limits.pattern_bytes = 100'000;
  json::object patterns;
  for (int i = 0; i < 100; ++i) patterns[fmt::format("(a{{1000}}){}", i)] = true;
  const auto large = JsonSchema::compile(json::object{{"patternProperties", patterns}}, options);
  EXPECT_EQ(large.error().code, ErrorCode::kLimit);

  std::string deep;
  for (int i = 0; i < 900; ++i) deep += R"({"not":)";
  deep += "true" + std::string(900, '}');
  EXPECT_THAT(failure_of(deep, "1"), HasSubstr("more than 300 schemas lie inside each other"));
}

TEST(JsonSchema, DynamicCyclesEnd) {
  EXPECT_THAT(failure_of(R"({"$dynamicAnchor":"a","$dynamicRef":"#a"})", "1"),
              HasSubstr("more than 300 schemas lie inside each other"));
}

TEST(JsonSchema, DeepInstancesEnd) {
  const auto list = JsonSchema::compile(parse(R"({"anyOf":[{"items":{"$ref":"#"}}]})"));
  ASSERT_TRUE(list.ok());
  EXPECT_EQ(failure_of(*list, parse(std::string(60, '[') + std::string(60, ']'))), "");
  EXPECT_THAT(failure_of(*list, parse(std::string(900, '[') + std::string(900, ']'))),
              HasSubstr("more than 300 schemas"));
}

// Every level doubles the work.
TEST(JsonSchema, ExponentialSchemasMeetTheLimitOfSteps) {
  json::object definitions;
  for (int i = 0; i < 60; ++i) {
    const json::object next = {{"$ref", fmt::format("#/$defs/{}", i + 1)}};
    definitions[std::to_string(i)] = json::object{{"allOf", json::array{next, next}}};
  }
  definitions["60"] = true;
  JsonSchemaOptions options;
  options.limits.steps = 1'000'000;
  const auto schema =
      JsonSchema::compile(json::object{{"$ref", "#/$defs/0"}, {"$defs", definitions}}, options);
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(schema->validate(1).error().code, ErrorCode::kLimit);
}

TEST(JsonSchema, LargeArraysOfDifferentElementsAreNotCompared) {
  json::array array;
  for (int i = 0; i < 300'000; ++i) array.push_back(json::array{i});
  const auto schema = JsonSchema::compile(json::object{{"uniqueItems", true}});
  EXPECT_EQ(failure_of(*schema, array), "");
  array.push_back(json::array{12});
  EXPECT_THAT(failure_of(*schema, array), HasSubstr("element 12 and element 300000 are equal"));
}

TEST(JsonSchema, PatternsSpendTheStepsOfTheValidation) {
  JsonSchemaOptions options;
  options.limits.steps = 10'000;
  const auto schema = JsonSchema::compile(json::object{{"pattern", "(x?){900}y"}}, options);
  ASSERT_TRUE(schema.ok());
  EXPECT_EQ(schema->validate(json::value(std::string(100'000, 'x'))).error().code,
            ErrorCode::kLimit);
}

}  // namespace
}  // namespace ganglion
