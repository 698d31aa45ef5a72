// required, dependent…, properties and their kin.
#include "grammar/json_schema/describe.h"
#include "grammar/json_schema/evaluator.h"

namespace ganglion::json_schema {
namespace {

Instance member_of(const Instance& object, const json::key_value_pair& member) {
  return {member.value(), &object, member.key(), 0, object.depth + 1};
}

// The first of `names` that the object lacks, or null.
const std::string* find_missing(const json::object& object, const std::vector<std::string>& names) {
  for (const std::string& name : names) {
    if (!object.contains(name)) return &name;
  }
  return nullptr;
}

}  // namespace

bool Evaluator::check(const RequiredRule& rule, const Site& site) {
  const json::object* object = site.instance.value.if_object();
  if (object == nullptr) return true;
  if (!spend(rule.names.size())) return false;
  const std::string* missing = find_missing(*object, rule.names);
  if (missing == nullptr) return true;
  return refuse(site, [&] { return fmt::format("the member \"{}\" is missing", *missing); });
}

bool Evaluator::check(const DependentRequiredRule& rule, const Site& site) {
  const json::object* object = site.instance.value.if_object();
  if (object == nullptr || !object->contains(rule.name)) return true;
  if (!spend(rule.names.size())) return false;
  const std::string* missing = find_missing(*object, rule.names);
  if (missing == nullptr) return true;
  return refuse(site, [&] {
    return fmt::format("the member \"{}\" is missing, which \"{}\" requires", *missing, rule.name);
  });
}

bool Evaluator::check(const DependentSchemaRule& rule, const Site& site) {
  const json::object* object = site.instance.value.if_object();
  if (object == nullptr || !object->contains(rule.name)) return true;
  return evaluate(rule.schema, site.instance, site.marks);
}

bool Evaluator::check(const PropertiesRule& rule, const Site& site) {
  const json::object* object = site.instance.value.if_object();
  if (object == nullptr) return true;
  size_t place = 0;
  for (const json::key_value_pair& member : *object) {
    if (!spend(1)) return false;
    if (!check_member(rule, site, member_of(site.instance, member), place++)) return false;
  }
  return true;
}

bool Evaluator::check_member(const PropertiesRule& rule, const Site& site, const Instance& member,
                             size_t place) {
  bool is_known = false;
  const auto fits = [&](NodeId schema) {
    is_known = true;
    if (is_false(schema)) return refuse_member(rule, site, member);
    return evaluate(schema, member, nullptr);
  };
  const auto property = rule.properties.find(member.name);
  if (property != rule.properties.end() && !fits(property->second)) return false;
  for (const PatternSchema& pattern : rule.patterns) {
    if (occurs(pattern.pattern, member.name) && !fits(pattern.schema)) return false;
  }
  if (!is_known && rule.additional != kNone && !fits(rule.additional)) return false;
  if (is_known && site.marks != nullptr) (*site.marks)[place] = true;
  return true;
}

// A member whose schema is false.
bool Evaluator::refuse_member(const PropertiesRule& rule, const Site& site,
                              const Instance& member) {
  const bool is_listed = rule.properties.contains(member.name);
  const std::string_view keyword = is_listed                  ? "properties"
                                   : rule.additional == kNone ? "patternProperties"
                                                              : "additionalProperties";
  return refuse_at(site, keyword, site.instance, [&] {
    std::string text = fmt::format("the member \"{}\" is not allowed", member.name);
    if (is_listed || rule.properties.empty()) return text;
    std::vector<std::string> names;
    for (const auto& [name, schema] : rule.properties) {
      if (!is_false(schema)) names.push_back(name);
    }
    return text + "; known are " + quoted_list(names);
  });
}

bool Evaluator::check(const PropertyNamesRule& rule, const Site& site) {
  const json::object* object = site.instance.value.if_object();
  if (object == nullptr) return true;
  for (const json::key_value_pair& member : *object) {
    if (!spend(1 + member.key().size() / 16)) return false;
    const json::value name(member.key());
    const Instance instance{name, &site.instance, member.key(), 0, site.instance.depth + 1};
    std::optional<Noted> outer = std::exchange(noted_, std::nullopt);
    const bool fits = evaluate(rule.schema, instance, nullptr);
    const std::optional<Noted> inner = std::exchange(noted_, std::move(outer));
    if (fits) continue;
    return refuse(site, [&] {
      return fmt::format("the member name {} is not allowed: {}", describe(name),
                         inner ? inner->failure.message : "");
    });
  }
  return true;
}

bool Evaluator::check(const UnevaluatedPropertiesRule& rule, const Site& site) {
  const json::object* object = site.instance.value.if_object();
  if (object == nullptr) return true;
  size_t place = 0;
  for (const json::key_value_pair& member : *object) {
    if (!spend(1)) return false;
    const size_t own_place = place++;
    if ((*site.marks)[own_place]) continue;
    (*site.marks)[own_place] = true;
    if (is_false(rule.schema)) {
      return refuse(site, [&] {
        return fmt::format("the member \"{}\" is not allowed: no part of the schema knows it",
                           std::string_view(member.key()));
      });
    }
    if (!evaluate(rule.schema, member_of(site.instance, member), nullptr)) return false;
  }
  return true;
}

}  // namespace ganglion::json_schema
