#include "skills/extract.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/progress.h"
#include "base/rng.h"
#include "text/utf8.h"
#include "training/tagger.h"

namespace ganglion {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;

Result<Extractor> make_extractor(std::string_view properties, std::string_view rest = "",
                                 std::shared_ptr<const TaggerModel> tagger = nullptr) {
  const std::string schema =
      fmt::format(R"({{"type": "object", "properties": {{{}}}{}}})", properties, rest);
  auto parsed = parse_json(schema, "schema.json");
  if (!parsed.ok()) return parsed.error();
  return Extractor::create(*parsed, "schema.json", std::move(tagger));
}

Extraction extract(std::string_view properties, std::string_view text, std::string_view rest = "") {
  const auto extractor = make_extractor(properties, rest);
  EXPECT_TRUE(extractor.ok()) << extractor.error().message;
  auto extraction = extractor->extract(text);
  EXPECT_TRUE(extraction.ok()) << extraction.error().message;
  return std::move(extraction).value();
}

std::string fields(std::string_view properties, std::string_view text) {
  return to_json_text(extract(properties, text).fields);
}

TEST(Extract, FindsEachKindOfField) {
  struct Case {
    const char* property;
    const char* text;
    const char* expected;  // the value of "a", or "" when there is none
  };
  const Case cases[] = {
      {R"({"type":"string","format":"email"})", "write to ann@example.com.",
       R"("ann@example.com")"},
      {R"({"type":"string","format":"phone"})", "call +49 (30) 901-820", R"("+4930901820")"},
      {R"({"type":"string","format":"phone"})", "IBAN DE89 3704 0044 0532 0130 00", ""},
      {R"({"type":"string","format":"iban"})", "DE89 3704 0044 0532 0130 00",
       R"("DE89370400440532013000")"},
      {R"({"type":"string","format":"iban"})", "DE88 3704 0044 0532 0130 00", ""},
      {R"({"type":"string","format":"ipv4"})", "from 192.168.1.10", R"("192.168.1.10")"},
      {R"({"type":"string","format":"ipv6"})", "from 192.168.1.10", ""},
      {R"({"type":"string","format":"uri"})", "see https://a.example/x?y=1.",
       "\"https://a.example/x?y=1\""},
      {R"({"type":"string","format":"uuid"})", "id 550E8400-E29B-41D4-A716-446655440000",
       R"("550e8400-e29b-41d4-a716-446655440000")"},
      {R"({"type":"string","format":"date"})", "on 2025-02-29 or 2025-02-28", R"("2025-02-28")"},
      {R"({"type":"string","pattern":"^[A-Z]{2}\\d{4}$"})", "codes XAB1234, AB1234", R"("AB1234")"},
      {R"({"type":"string","pattern":"^LB-\\d{7}$","x-checksum":"luhn"})",
       "orders LB-2983402 and LB-2983401, please", R"("LB-2983401")"},
      {R"({"type":"string","pattern":"^\\d{8,19}$","x-checksum":"luhn"})",
       "4111111111111112 then 4111111111111111", R"("4111111111111111")"},
      {R"({"type":"string","pattern":"\\d+","minLength":3,"maxLength":4})", "12 12345 678",
       R"("678")"},
      {R"({"type":"string","enum":["New York","York"]})", "in new  york", R"("New York")"},
      {R"({"type":"string","enum":["high","low"],"x-synonyms":{"high":["asap"]}})", "ASAP!",
       R"("high")"},
      {R"({"type":"string","const":"yes"})", "oh Yes", R"("yes")"},
      {R"({"type":"boolean","x-true":["with parking"],"x-false":["no parking"]})",
       "a room, no parking", "false"},
      {R"({"type":"integer","minimum":10})", "3 of 20.5 and 12", "12"},
      {R"({"type":"number","exclusiveMaximum":0})", "5 then -3,5", "-3.5"},
      {R"({"type":"number","multipleOf":0.25})", "0.3 0.75", "0.75"},
      {R"({"type":"integer","x-cue":["items"]})", "$5, 12 items", "12"},
      {R"({"type":"integer","x-cue":["items"]})", "items:\n12", ""},
      {R"({"type":"object","format":"amount"})", "pay 1.299,00 \u20ac now",
       R"({"value":1299,"currency":"EUR"})"},
      {R"({"type":"object","properties":{"value":{"type":"number","minimum":10},)"
       R"("currency":{"type":"string","enum":["USD"]}}})",
       "$5, EUR 20 and $20", R"({"value":20,"currency":"USD"})"},
      {R"({"type":"array","items":{"type":"integer"},"uniqueItems":true,"maxItems":2})",
       "1, 1, 2, 3", "[1,2]"},
      {R"({"type":"array","items":{"type":"integer"},"minItems":2})", "only 1", ""},
  };
  for (const Case& test : cases) {
    const std::string property = fmt::format("\"a\":{}", test.property);
    const std::string expected =
        *test.expected == '\0' ? "{}" : fmt::format("{{\"a\":{}}}", test.expected);
    EXPECT_EQ(json::value(extract(property, test.text).fields), *parse_json(expected, "expected"))
        << test.property << " in " << test.text;
  }
}

TEST(Extract, DatesFollowTheDocumentedRule) {
  const std::string any = R"("a":{"type":"string","format":"date"})";
  const std::string dmy = R"("a":{"type":"string","format":"date","x-date-order":"dmy"})";
  const std::string mdy = R"("a":{"type":"string","format":"date","x-date-order":"mdy"})";
  EXPECT_EQ(fields(any, "31/12/2024"), R"({"a":"2024-12-31"})");
  EXPECT_EQ(fields(any, "12/31/2024"), R"({"a":"2024-12-31"})");
  EXPECT_EQ(fields(any, "05/05/2024"), R"({"a":"2024-05-05"})");
  EXPECT_EQ(fields(any, "3.4.2025"), R"({"a":"2025-04-03"})");
  EXPECT_EQ(fields(any, "31.12.24"), R"({"a":"2024-12-31"})");
  EXPECT_EQ(fields(any, "31 December 1969"), R"({"a":"1969-12-31"})");
  EXPECT_EQ(fields(any, "Sept. 3rd, 2018"), R"({"a":"2018-09-03"})");
  EXPECT_EQ(fields(any, "1. März 2025"), R"({"a":"2025-03-01"})");
  EXPECT_EQ(fields(any, "le 14 juillet 2025"), R"({"a":"2025-07-14"})");
  EXPECT_EQ(fields(any, "2025-03-04T10:00:00Z"), R"({"a":"2025-03-04"})");
  EXPECT_EQ(fields(dmy, "03/04/2025"), R"({"a":"2025-04-03"})");
  EXPECT_EQ(fields(mdy, "03/04/2025"), R"({"a":"2025-03-04"})");
  for (const char* none : {"1.2.3.2024", "30.02.2025", "AB-12-03-2025", "13/13/2024", "may be",
                           "12/05/2024/7", "March 10:30", "10.0.0.1"}) {
    EXPECT_EQ(fields(any, none), "{}") << none;
  }
  const Extraction open = extract(any, "on 03/04/2025");
  ASSERT_EQ(open.ambiguous.size(), 1U);
  EXPECT_THAT(open.ambiguous[0].readings, ElementsAre("2025-04-03", "2025-03-04"));
  EXPECT_EQ(open.ambiguous[0].source, "03/04/2025");
  EXPECT_THAT(open.missing, ElementsAre("/a"));
  EXPECT_THAT(extract(any, "on 3 May at noon").ambiguous[0].readings, ElementsAre("--05-03"));
}

TEST(Extract, AmountsInTheFormsPeopleWrite) {
  struct Case {
    const char* text;
    double value;
    const char* currency;
  };
  const Case cases[] = {
      {"$1,299.50", 1299.5, "USD"},
      {"1.299,50 \u20ac", 1299.5, "EUR"},
      {"EUR 1.299", 1299, "EUR"},
      {"1 299,00 EUR", 1299, "EUR"},
      {"CHF 1'299.50", 1299.5, "CHF"},
      {"-\u20ac5", -5, "EUR"},
      {"$5 CAD", 5, "CAD"},
      {"20 euros", 20, "EUR"},
      {"3,5 Euro", 3.5, "EUR"},
      {"\u00a30.99", 0.99, "GBP"},
  };
  for (const Case& test : cases) {
    const Extraction found = extract(R"("a":{"type":"object","format":"amount"})", test.text);
    ASSERT_TRUE(found.fields.contains("a")) << test.text;
    const json::object& amount = found.fields.at("a").get_object();
    EXPECT_DOUBLE_EQ(amount.at("value").to_number<double>(), test.value) << test.text;
    EXPECT_EQ(amount.at("currency").get_string(), test.currency) << test.text;
    EXPECT_EQ(found.values[0].source, test.text);
  }
  for (const char* none : {"$5k", "5 million dollars", "EURO 5000 cup", "5", "1.2.3 EUR"}) {
    EXPECT_EQ(fields(R"("a":{"type":"object","format":"amount"})", none), "{}") << none;
  }
}

TEST(Extract, FieldsOfOneKindTakeTheValuesInOrder) {
  EXPECT_EQ(
      fields(R"("from":{"type":"string","format":"date"},"to":{"type":"string","format":"date"})",
             "2025-01-02 to 2025-01-05"),
      R"({"from":"2025-01-02","to":"2025-01-05"})");
  EXPECT_EQ(fields(R"("from":{"type":"string","format":"date"},)"
                   R"("due":{"type":"string","format":"date","x-cue":["due"]})",
                   "due 2025-01-02, ordered 2025-01-05"),
            R"({"from":"2025-01-05","due":"2025-01-02"})");
}

TEST(Extract, MissingRequiredFieldsAreSaid) {
  const char* const properties =
      R"("a":{"type":"integer"},"b":{"type":["string","null"],"format":"email"},)"
      R"("c":{"type":"object","properties":{"d":{"type":"string","format":"iban"},)"
      R"("e":{"type":"string","format":"uuid"}},"required":["d"]})";
  const Extraction found =
      extract(properties, "id 550E8400-E29B-41D4-A716-446655440000", R"(,"required":["a","b"])");
  EXPECT_FALSE(found.valid);
  // c.e was found, but c is not valid without c.d.
  EXPECT_EQ(to_json_text(found.fields), R"({"b":null})");
  EXPECT_TRUE(found.values.empty());
  EXPECT_THAT(found.missing, ElementsAre("/a", "/b", "/c/d", "/c"));
  EXPECT_TRUE(extract(properties, "7", R"(,"required":["a","b"])").valid);
}

TEST(Extract, OffsetsAreCodePoints) {
  const Extraction found = extract(R"("a":{"type":"integer"})", "größe 42");
  ASSERT_EQ(found.values.size(), 1U);
  EXPECT_EQ(found.values[0].start, 6U);
  EXPECT_EQ(found.values[0].end, 8U);
}

TEST(Extract, SchemasThatCannotBeServedAreRefused) {
  struct Case {
    const char* properties;
    const char* message;
  };
  const Case cases[] = {
      {"", "schema.json: #/properties: expected an object of fields"},
      {R"("a":5)", "#/properties/a: expected an object, found an integer"},
      {R"("a":{})", "#/properties/a/type: expected a type"},
      {R"("a":{"type":"text"})", "found \"text\""},
      {R"("a":{"type":["string","integer"]})", "expected one type besides null"},
      {R"("a":{"type":"string"})", "nothing can find \"a\""},
      {R"("a":{"type":"string","format":"hostname"})", "\"hostname\" is not known"},
      {R"("a":{"type":"string","pattern":"(?=a)y"})",
       "#/properties/a/pattern: byte 3: look-around"},
      {R"("a":{"type":"string","pattern":5})", "#/properties/a/pattern: expected a string"},
      {R"("a":{"type":"string","pattern":"a","x-checksum":"crc"})", "expected luhn, mod97"},
      {R"("a":{"type":"string","enum":[]})", "nothing can find"},
      {R"("a":{"type":"string","enum":["x"],"x-synonyms":{"y":["z"]}})",
       "#/properties/a/x-synonyms/y: this keyword is not supported here"},
      {R"("a":{"type":"string","format":"date","x-date-order":"ymd"})", "expected dmy or mdy"},
      {R"("a":{"type":"string","format":"email","x-tag":"mail"})", "no tagger was given"},
      {R"("a":{"type":"integer","oneOf":[]})",
       "#/properties/a/oneOf: this keyword is not supported"},
      {R"("a/b":{"type":"integer","minimum":"0"})", "#/properties/a~1b/minimum: expected a number"},
      {R"("a":{"type":"integer","multipleOf":0})", "above 0"},
      {R"("a":{"type":"boolean"})", "a boolean needs x-true or x-false"},
      {R"("a":{"type":"array"})", "#/properties/a/items: expected the type"},
      {R"("a":{"type":"array","items":{"type":"array","items":{"type":"integer"}}})",
       "expected items of a simple type"},
      {R"("a":{"type":"array","items":{"type":"integer"},"minItems":-1})", "a whole number from 0"},
      {R"("a":{"type":"object","format":"amount","properties":{"x":{"type":"integer"}}})",
       "exactly the properties value and currency"},
  };
  for (const Case& test : cases) {
    const auto extractor = make_extractor(test.properties);
    ASSERT_FALSE(extractor.ok()) << test.properties;
    EXPECT_THAT(extractor.error().message, HasSubstr(test.message));
  }
  const auto required = make_extractor(R"("a":{"type":"integer"})", R"(,"required":["b"])");
  ASSERT_FALSE(required.ok());
  EXPECT_THAT(required.error().message, HasSubstr("\"b\" is not among the properties"));
}

TEST(Extract, TextThatIsNotUtf8IsRefused) {
  const auto extractor = make_extractor(R"("a":{"type":"integer"})");
  const auto found = extractor->extract("abc\xFF");
  ASSERT_FALSE(found.ok());
  EXPECT_THAT(found.error().message, HasSubstr("invalid UTF-8 at byte 3"));
}

TEST(Extract, TaggedFields) {
  std::vector<TaggedText> texts;
  for (const std::string place : {"Rome", "Paris", "Oslo", "Lima", "Bern"}) {
    for (const std::string count : {"two", "five", "3"}) {
      TaggedText text;
      text.text = fmt::format("{} people to {} please", count, place);
      const size_t begin = count.size() + 11;
      text.spans = {{0, count.size() + 7, "party"}, {begin, begin + place.size(), "city"}};
      texts.push_back(std::move(text));
    }
  }
  SilentProgress progress;
  auto model = train_tagger(texts, {}, progress);
  ASSERT_TRUE(model.ok());
  const auto tagger = std::make_shared<const TaggerModel>(std::move(model).value());
  const auto extractor = make_extractor(
      R"("city":{"type":"string"},"guests":{"type":"integer","x-tag":"party"})", "", tagger);
  ASSERT_TRUE(extractor.ok()) << extractor.error().message;
  const auto found = extractor->extract("two people to Quito please");
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(to_json_text(found->fields), R"({"city":"Quito","guests":2})");
  EXPECT_EQ(found->values[1].source, "two");
  EXPECT_EQ(found->values[1].found_by, "tagger");
  const auto refused = make_extractor(R"("town":{"type":"string"})", "", tagger);
  ASSERT_FALSE(refused.ok());
  EXPECT_THAT(refused.error().message, HasSubstr("it has city, party"));
}

// Whatever the text, each value's source is the text at its offsets, and single values that claim
// text do not overlap.
TEST(Extract, RandomTextsKeepThePromises) {
  const char* const pieces[] = {"03/04/2025",
                                "31.12.24",
                                "$",
                                "5",
                                "1.299,00",
                                "\u20ac",
                                "EUR",
                                " ",
                                " ",
                                "\n",
                                "ORD-12",
                                "a@b.co",
                                "+49 30 901820",
                                "due",
                                "May 3",
                                "é",
                                "-",
                                "12",
                                ":",
                                "http://x.io/",
                                "DE89370400440532013000",
                                "3 May 2025",
                                "1'000",
                                "\u00a0",
                                "😀",
                                "4111111111111111",
                                "k",
                                "."};
  const auto extractor = make_extractor(
      R"("d":{"type":"array","items":{"type":"string","format":"date"}},)"
      R"("n":{"type":"array","items":{"type":"number"},"maxItems":3},)"
      R"("m":{"type":"object","format":"amount"},)"
      R"("e":{"type":"string","format":"email"},"p":{"type":"string","format":"phone"},)"
      R"("i":{"type":"string","format":"iban"},"o":{"type":"string","pattern":"^ORD-\\d+$"},)"
      R"("u":{"type":"string","format":"uri"},)"
      R"("due":{"type":"string","format":"date","x-cue":["due"]})");
  ASSERT_TRUE(extractor.ok()) << extractor.error().message;
  Rng rng(23);
  for (int round = 0; round < 2000; ++round) {
    std::string text;
    for (size_t i = rng.below(25); i > 0; --i) text += pieces[rng.below(std::size(pieces))];
    const auto found = extractor->extract(text);
    ASSERT_TRUE(found.ok()) << found.error().message;
    const CodePointIndex positions(text);
    std::vector<std::pair<size_t, size_t>> taken;
    for (const ExtractedValue& value : found->values) {
      ASSERT_LT(value.start, value.end);
      const size_t begin = positions.byte_at(value.start);
      const size_t end = positions.byte_at(value.end);
      EXPECT_EQ(value.source, text.substr(begin, end - begin));
      for (const auto& [other_begin, other_end] : taken) {
        EXPECT_TRUE(end <= other_begin || begin >= other_end) << text;
      }
      taken.emplace_back(begin, end);
    }
  }
}

}  // namespace
}  // namespace ganglion
