// JSON Schema (2020-12, draft 7): says whether a JSON value fits a schema, and if not, where and
// why. Schemas and values are hostile text: limits bound time, memory and stack.
//
// Sources: the specifications of 2020-12 (Core and Validation) and of draft 7; checked against the
// required tests of the JSON Schema Test Suite (json_schema_suite_test.cc).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "base/result.h"
#include "text/json.h"

namespace ganglion {

namespace json_schema {
struct Program;
}

enum class JsonSchemaDraft : uint8_t {
  kDraft4,  // read as draft 7, with "id" and with true and false for exclusiveMinimum
  kDraft7,  // draft 6 is read so too
  k2020_12,
};

// Schemas that a $ref may lead to, by their URI without fragment. Nothing is ever fetched.
using JsonSchemaRegistry = std::map<std::string, json::value, std::less<>>;

struct JsonSchemaLimits {
  uint32_t subschemas = 100'000;         // of the schema and of the documents it refers to
  uint64_t pattern_bytes = 64ull << 20;  // of memory, for all compiled patterns
  uint32_t depth = 300;                  // of subschemas inside each other while validating
  uint64_t steps = 50'000'000;           // of one validation: subschemas, members, pattern steps
};

struct JsonSchemaOptions {
  JsonSchemaDraft default_draft = JsonSchemaDraft::k2020_12;  // without a $schema
  // Whether "format" refuses values: date-time, date, time, email, hostname, ipv4, ipv6, uri,
  // uri-reference, uuid, json-pointer, relative-json-pointer and regex. Every other name fits all.
  bool asserts_format = false;
  const JsonSchemaRegistry* registry = nullptr;  // borrowed by compile()
  JsonSchemaLimits limits;
};

struct JsonSchemaFailure {
  std::string
      instance_location;         // JSON pointer into the value: "/customer/email", "" for all of it
  std::string keyword_location;  // "#/properties/customer/required", with the URI of its schema
  std::string message;           // "expected a string, found an integer"
};

// Immutable, thread-safe, cheap to copy.
class JsonSchema {
 public:
  // `schema` is not kept. Read is what the root leads to; definitions that nothing refers to are
  // not looked at, and unknown keywords are ignored. kMalformed: the error begins with the place,
  // "#/properties/age/minimum: expected a number, found a string". kNotFound: a $ref leads nowhere.
  // kUnsupported: an unknown $schema or vocabulary, or a pattern that grammar/regex.h refuses.
  // kLimit. Neither `schema` nor the registry may nest much deeper than parse_json allows.
  static Result<JsonSchema> compile(const json::value& schema,
                                    const JsonSchemaOptions& options = {});

  // Nothing when `instance` fits; else the failure that says most: of alternatives the one that
  // came farthest. Integers and doubles compare by their mathematical value. kLimit.
  Result<std::optional<JsonSchemaFailure>> validate(const json::value& instance) const;

 private:
  explicit JsonSchema(std::shared_ptr<const json_schema::Program> program);

  std::shared_ptr<const json_schema::Program> program_;
};

}  // namespace ganglion
