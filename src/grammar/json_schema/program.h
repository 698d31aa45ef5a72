// A compiled schema: subschemas as nodes, the keywords of each as rules. Nodes refer to each other
// by index, so that a $ref may lead anywhere; nothing points into the JSON it was compiled from.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "grammar/json_schema.h"
#include "grammar/json_schema/formats.h"
#include "grammar/regex.h"

namespace ganglion::json_schema {

using NodeId = uint32_t;
inline constexpr uint32_t kNone = UINT32_MAX;

enum JsonType : uint8_t {
  kNullType = 1,
  kBooleanType = 2,
  kIntegerType = 4,
  kNumberType = 8,
  kStringType = 16,
  kArrayType = 32,
  kObjectType = 64,
};

struct TypeRule {
  uint8_t allowed;  // of JsonType
};

// enum, and const as an enum of one.
struct EnumRule {
  std::vector<json::value> values;
  std::vector<std::pair<uint64_t, uint32_t>> by_hash;  // of values; sorted
};

enum class Bound : uint8_t { kMinimum, kMaximum, kExclusiveMinimum, kExclusiveMaximum };

struct NumberBoundRule {
  Bound bound;
  json::value limit;
};

struct MultipleOfRule {
  json::value divisor;
};

enum class Counted : uint8_t { kCodePoints, kElements, kMembers };

struct CountRule {
  Counted counted;
  bool is_minimum;
  uint64_t limit;
};

struct PatternRule {
  Regex pattern;
  std::string text;
};

struct FormatRule {
  FormatCheck check;
  std::string name;
};

struct UniqueItemsRule {};

struct RequiredRule {
  std::vector<std::string> names;
};

// Where `name` is there, `names` have to be.
struct DependentRequiredRule {
  std::string name;
  std::vector<std::string> names;
};

// Where `name` is there, the whole object has to fit.
struct DependentSchemaRule {
  std::string name;
  NodeId schema;
};

struct PatternSchema {
  Regex pattern;
  NodeId schema;
};

// properties, patternProperties and additionalProperties.
struct PropertiesRule {
  std::map<std::string, NodeId, std::less<>> properties;
  std::vector<PatternSchema> patterns;
  NodeId additional = kNone;
};

struct PropertyNamesRule {
  NodeId schema;
};

// prefixItems and items; in draft 7 items and additionalItems.
struct ItemsRule {
  std::vector<NodeId> prefix;
  NodeId rest = kNone;
};

struct ContainsRule {
  NodeId schema;
  uint64_t min = 1;
  uint64_t max = UINT64_MAX;
};

struct RefRule {
  NodeId target;
};

struct DynamicRefRule {
  NodeId target;       // where it leads when no scope around has the anchor
  std::string anchor;  // empty: it always leads to `target`
};

enum class Combination : uint8_t { kAllOf, kAnyOf, kOneOf };

struct CombinationRule {
  Combination combination;
  std::vector<NodeId> schemas;
};

struct NotRule {
  NodeId schema;
};

struct ConditionRule {
  NodeId condition;
  NodeId then = kNone;
  NodeId otherwise = kNone;
};

struct UnevaluatedPropertiesRule {
  NodeId schema;
};

struct UnevaluatedItemsRule {
  NodeId schema;
};

struct Rule {
  std::string_view keyword;  // a literal
  std::variant<TypeRule, EnumRule, NumberBoundRule, MultipleOfRule, CountRule, PatternRule,
               FormatRule, UniqueItemsRule, RequiredRule, DependentRequiredRule,
               DependentSchemaRule, PropertiesRule, PropertyNamesRule, ItemsRule, ContainsRule,
               RefRule, DynamicRefRule, CombinationRule, NotRule, ConditionRule,
               UnevaluatedPropertiesRule, UnevaluatedItemsRule>
      check;
};

// Where a subschema stands; its location is written only when somebody asks.
struct Place {
  uint32_t parent = kNone;  // kNone: the root of a schema resource
  std::string token;        // "properties/name", escaped
  uint32_t resource = 0;
};

struct Node {
  std::optional<bool> verdict;  // the schemas true and false
  std::vector<Rule> rules;      // in order; those of unevaluated… last
  uint32_t place = 0;
  uint32_t resource = 0;
  bool has_unevaluated = false;
};

// A schema with a URI of its own.
struct ResourceScope {
  std::string uri;
  std::map<std::string, NodeId, std::less<>>
      dynamic_anchors;  // those that some $dynamicRef asks for
};

struct Program {
  std::vector<Node> nodes;
  std::vector<Place> places;
  std::vector<ResourceScope> resources;
  NodeId root = 0;
  JsonSchemaLimits limits;
};

// "https://example.com/a#/properties/name".
std::string location_of(const std::vector<Place>& places, std::string_view resource_uri,
                        uint32_t place);

}  // namespace ganglion::json_schema
