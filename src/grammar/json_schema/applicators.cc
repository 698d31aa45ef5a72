// Reads the keywords that hold subschemas.
#include "grammar/json_schema/compiler.h"
#include "grammar/json_schema/uri.h"

namespace ganglion::json_schema {

Status Compiler::read_applicators(const Site& site) {
  GANGLION_TRY(read_properties(site));
  GANGLION_ASSIGN(const NodeId names, optional_child(site, "propertyNames"));
  if (names != kNone) add_rule(site, "propertyNames", PropertyNamesRule{names});
  GANGLION_TRY(read_items(site));
  GANGLION_TRY(read_contains(site));
  GANGLION_TRY(read_combination(site, "allOf", Combination::kAllOf));
  GANGLION_TRY(read_combination(site, "anyOf", Combination::kAnyOf));
  GANGLION_TRY(read_combination(site, "oneOf", Combination::kOneOf));
  GANGLION_ASSIGN(const NodeId negated, optional_child(site, "not"));
  if (negated != kNone) add_rule(site, "not", NotRule{negated});
  GANGLION_TRY(read_condition(site));
  if (site.dialect.is_2020_12()) GANGLION_TRY(read_dependent_schemas(site));
  return read_dependencies(site);
}

Status Compiler::read_properties(const Site& site) {
  PropertiesRule rule;
  if (find(site, "properties") != nullptr) {
    GANGLION_ASSIGN(const json::object* members, object_of(site, "properties"));
    for (const json::key_value_pair& member : *members) {
      const std::string token = fmt::format("properties/{}", pointer_token(member.key()));
      GANGLION_ASSIGN(const NodeId node, child(site, member.value(), token));
      rule.properties.emplace(member.key(), node);
    }
  }
  if (find(site, "patternProperties") != nullptr) {
    GANGLION_ASSIGN(const json::object* members, object_of(site, "patternProperties"));
    for (const json::key_value_pair& member : *members) {
      const std::string token = fmt::format("patternProperties/{}", pointer_token(member.key()));
      GANGLION_ASSIGN(Regex pattern, compile_pattern(site, member.key(), token));
      GANGLION_ASSIGN(const NodeId node, child(site, member.value(), token));
      rule.patterns.push_back({std::move(pattern), node});
    }
  }
  GANGLION_ASSIGN(rule.additional, optional_child(site, "additionalProperties"));
  if (rule.properties.empty() && rule.patterns.empty() && rule.additional == kNone) return {};
  add_rule(site, "properties", std::move(rule));
  return {};
}

Status Compiler::read_items(const Site& site) {
  const bool is_2020_12 = site.dialect.is_2020_12();
  const json::value* items = find(site, "items");
  const bool is_tuple = !is_2020_12 && items != nullptr && items->is_array();
  const std::string_view prefix = is_2020_12 ? "prefixItems" : "items";
  ItemsRule rule;
  if (is_2020_12 ? find(site, prefix) != nullptr : is_tuple) {
    GANGLION_ASSIGN(rule.prefix, child_list(site, prefix));
  }
  GANGLION_ASSIGN(rule.rest, optional_child(site, is_tuple ? "additionalItems" : "items"));
  if (rule.prefix.empty() && rule.rest == kNone) return {};
  add_rule(site, "items", std::move(rule));
  return {};
}

Status Compiler::read_contains(const Site& site) {
  GANGLION_ASSIGN(const NodeId schema, optional_child(site, "contains"));
  if (schema == kNone) return {};
  ContainsRule rule{.schema = schema};
  if (site.dialect.is_2020_12()) {
    if (find(site, "minContains") != nullptr) {
      GANGLION_ASSIGN(rule.min, count_of(site, "minContains"));
    }
    if (find(site, "maxContains") != nullptr) {
      GANGLION_ASSIGN(rule.max, count_of(site, "maxContains"));
    }
  }
  add_rule(site, "contains", rule);
  return {};
}

Status Compiler::read_combination(const Site& site, std::string_view keyword,
                                  Combination combination) {
  if (find(site, keyword) == nullptr) return {};
  GANGLION_ASSIGN(std::vector<NodeId> schemas, child_list(site, keyword));
  if (schemas.empty()) {
    return fail(ErrorCode::kMalformed, "{}: expected at least one schema, found none",
                place(site, keyword));
  }
  add_rule(site, keyword, CombinationRule{combination, std::move(schemas)});
  return {};
}

Status Compiler::read_condition(const Site& site) {
  GANGLION_ASSIGN(const NodeId condition, optional_child(site, "if"));
  if (condition == kNone) return {};
  ConditionRule rule{.condition = condition};
  GANGLION_ASSIGN(rule.then, optional_child(site, "then"));
  GANGLION_ASSIGN(rule.otherwise, optional_child(site, "else"));
  add_rule(site, "if", rule);
  return {};
}

Status Compiler::read_dependent_schemas(const Site& site) {
  constexpr std::string_view kKeyword = "dependentSchemas";
  if (find(site, kKeyword) == nullptr) return {};
  GANGLION_ASSIGN(const json::object* members, object_of(site, kKeyword));
  for (const json::key_value_pair& member : *members) {
    const std::string token = fmt::format("{}/{}", kKeyword, pointer_token(member.key()));
    GANGLION_ASSIGN(const NodeId node, child(site, member.value(), token));
    add_rule(site, kKeyword, DependentSchemaRule{std::string(member.key()), node});
  }
  return {};
}

// Draft 7; 2020-12 no longer has the keyword, but its metaschema still knows it.
Status Compiler::read_dependencies(const Site& site) {
  constexpr std::string_view kKeyword = "dependencies";
  if (find(site, kKeyword) == nullptr || site.dialect.is_2020_12()) return {};
  GANGLION_ASSIGN(const json::object* members, object_of(site, kKeyword));
  for (const json::key_value_pair& member : *members) {
    const std::string token = fmt::format("{}/{}", kKeyword, pointer_token(member.key()));
    std::string name(member.key());
    if (member.value().is_array()) {
      GANGLION_ASSIGN(std::vector<std::string> names, names_of(site, member.value(), token));
      add_rule(site, kKeyword, DependentRequiredRule{std::move(name), std::move(names)});
    } else {
      GANGLION_ASSIGN(const NodeId node, child(site, member.value(), token));
      add_rule(site, kKeyword, DependentSchemaRule{std::move(name), node});
    }
  }
  return {};
}

Status Compiler::read_unevaluated(const Site& site) {
  GANGLION_ASSIGN(const NodeId items, optional_child(site, "unevaluatedItems"));
  if (items != kNone) add_rule(site, "unevaluatedItems", UnevaluatedItemsRule{items});
  GANGLION_ASSIGN(const NodeId members, optional_child(site, "unevaluatedProperties"));
  if (members != kNone) {
    add_rule(site, "unevaluatedProperties", UnevaluatedPropertiesRule{members});
  }
  if (items != kNone || members != kNone) program_.nodes[site.node].has_unevaluated = true;
  return {};
}

}  // namespace ganglion::json_schema
