// Reads the keywords that look at one value alone: type, enum, bounds, lengths, pattern, ….
#include <algorithm>
#include <cmath>

#include "grammar/json_schema/compiler.h"
#include "grammar/json_schema/equality.h"
#include "grammar/json_schema/uri.h"

namespace ganglion::json_schema {
namespace {

constexpr std::pair<std::string_view, JsonType> kTypes[] = {
    {"null", kNullType},     {"boolean", kBooleanType}, {"integer", kIntegerType},
    {"number", kNumberType}, {"string", kStringType},   {"array", kArrayType},
    {"object", kObjectType},
};

uint8_t type_bit(const json::value& name) {
  if (!name.is_string()) return 0;
  for (const auto& [known, type] : kTypes) {
    if (known == name.get_string()) return type;
  }
  return 0;
}

}  // namespace

Status Compiler::read_assertions(const Site& site) {
  GANGLION_TRY(read_type(site));
  GANGLION_TRY(read_enum(site, "enum"));
  GANGLION_TRY(read_enum(site, "const"));
  GANGLION_TRY(read_bounds(site));
  GANGLION_TRY(read_multiple_of(site));
  GANGLION_TRY(read_counts(site));
  GANGLION_TRY(read_pattern(site));
  GANGLION_TRY(read_required(site));
  if (site.dialect.is_2020_12()) GANGLION_TRY(read_dependent_required(site));
  const json::value* unique = find(site, "uniqueItems");
  if (unique == nullptr) return {};
  if (!unique->is_bool()) return wrong(site, "uniqueItems", "true or false", *unique);
  if (unique->get_bool()) add_rule(site, "uniqueItems", UniqueItemsRule{});
  return {};
}

Status Compiler::read_type(const Site& site) {
  const json::value* type = find(site, "type");
  if (type == nullptr) return {};
  constexpr std::string_view kExpected =
      "one of the types null, boolean, integer, number, string, array and object";
  const auto bad_type = [&](std::string_view token, const json::value& found) {
    if (!found.is_string()) return wrong(site, token, kExpected, found);
    return fail(ErrorCode::kMalformed, "{}: expected {}, found \"{}\"", place(site, token),
                kExpected, std::string_view(found.get_string()));
  };
  uint8_t allowed = 0;
  if (type->is_array()) {
    for (const json::value& name : type->get_array()) {
      if (type_bit(name) == 0) return bad_type("type", name);
      allowed |= type_bit(name);
    }
  } else {
    allowed = type_bit(*type);
    if (allowed == 0) return bad_type("type", *type);
  }
  add_rule(site, "type", TypeRule{allowed});
  return {};
}

Status Compiler::read_enum(const Site& site, std::string_view keyword) {
  const json::value* value = find(site, keyword);
  if (value == nullptr) return {};
  EnumRule rule;
  if (keyword == "const") {
    rule.values.push_back(*value);
  } else {
    if (!value->is_array()) return wrong(site, keyword, "an array", *value);
    rule.values.assign(value->get_array().begin(), value->get_array().end());
  }
  uint64_t num_steps = 0;
  for (uint32_t i = 0; i < rule.values.size(); ++i) {
    rule.by_hash.emplace_back(hash_of(rule.values[i], num_steps), i);
  }
  std::sort(rule.by_hash.begin(), rule.by_hash.end());
  add_rule(site, keyword == "const" ? "const" : "enum", std::move(rule));
  return {};
}

Status Compiler::read_bounds(const Site& site) {
  constexpr std::pair<std::string_view, Bound> kBounds[] = {
      {"minimum", Bound::kMinimum},
      {"maximum", Bound::kMaximum},
      {"exclusiveMinimum", Bound::kExclusiveMinimum},
      {"exclusiveMaximum", Bound::kExclusiveMaximum},
  };
  const bool is_draft4 = site.dialect.draft == JsonSchemaDraft::kDraft4;
  for (const auto& [keyword, bound] : kBounds) {
    const json::value* limit = find(site, keyword);
    if (limit == nullptr) continue;
    Bound meant = bound;
    if (is_draft4) {
      if (limit->is_bool()) continue;
      // In draft 4 "exclusiveMinimum": true makes "minimum" an exclusive one.
      const json::value* exclusive =
          find(site, bound == Bound::kMinimum ? "exclusiveMinimum" : "exclusiveMaximum");
      if (exclusive != nullptr && *exclusive == true) {
        meant = bound == Bound::kMinimum ? Bound::kExclusiveMinimum : Bound::kExclusiveMaximum;
      }
    }
    if (!limit->is_number()) return wrong(site, keyword, "a number", *limit);
    add_rule(site, keyword, NumberBoundRule{meant, *limit});
  }
  return {};
}

Status Compiler::read_multiple_of(const Site& site) {
  const json::value* divisor = find(site, "multipleOf");
  if (divisor == nullptr) return {};
  if (!divisor->is_number() || compare_numbers(*divisor, 0) != std::partial_ordering::greater) {
    return wrong(site, "multipleOf", "a number above 0", *divisor);
  }
  add_rule(site, "multipleOf", MultipleOfRule{*divisor});
  return {};
}

// 2 and 2.0, but not -1 or 2.5. What no 64-bit integer holds counts as the largest.
Result<uint64_t> Compiler::count_of(const Site& site, std::string_view keyword) const {
  const json::value& value = *find(site, keyword);
  if (!value.is_number() || !is_integer(value) || compare_numbers(value, 0) < 0) {
    return wrong(site, keyword, "an integer of at least 0", value);
  }
  if (compare_numbers(value, 0x1p64) >= 0) return UINT64_MAX;
  return value.is_double() ? static_cast<uint64_t>(value.get_double())
                           : value.to_number<uint64_t>();
}

Status Compiler::read_counts(const Site& site) {
  struct Count {
    std::string_view keyword;
    Counted counted;
    bool is_minimum;
  };
  constexpr Count kCounts[] = {
      {"minLength", Counted::kCodePoints, true},  {"maxLength", Counted::kCodePoints, false},
      {"minItems", Counted::kElements, true},     {"maxItems", Counted::kElements, false},
      {"minProperties", Counted::kMembers, true}, {"maxProperties", Counted::kMembers, false},
  };
  for (const Count& count : kCounts) {
    if (find(site, count.keyword) == nullptr) continue;
    GANGLION_ASSIGN(const uint64_t limit, count_of(site, count.keyword));
    add_rule(site, count.keyword, CountRule{count.counted, count.is_minimum, limit});
  }
  return {};
}

Status Compiler::read_pattern(const Site& site) {
  const json::value* pattern = find(site, "pattern");
  if (pattern == nullptr) return {};
  if (!pattern->is_string()) return wrong(site, "pattern", "a string", *pattern);
  GANGLION_ASSIGN(Regex regex, compile_pattern(site, pattern->get_string(), "pattern"));
  add_rule(site, "pattern", PatternRule{std::move(regex), std::string(pattern->get_string())});
  return {};
}

Status Compiler::read_format(const Site& site) {
  const json::value* format = find(site, "format");
  if (format == nullptr) return {};
  if (!format->is_string()) return wrong(site, "format", "a string", *format);
  if (!options_.asserts_format && !site.dialect.asserts_format) return {};
  if (const FormatCheck check = find_format(format->get_string())) {
    add_rule(site, "format", FormatRule{check, std::string(format->get_string())});
  }
  return {};
}

Status Compiler::read_required(const Site& site) {
  const json::value* required = find(site, "required");
  if (required == nullptr) return {};
  GANGLION_ASSIGN(std::vector<std::string> names, names_of(site, *required, "required"));
  add_rule(site, "required", RequiredRule{std::move(names)});
  return {};
}

Status Compiler::read_dependent_required(const Site& site) {
  constexpr std::string_view kKeyword = "dependentRequired";
  if (find(site, kKeyword) == nullptr) return {};
  GANGLION_ASSIGN(const json::object* members, object_of(site, kKeyword));
  for (const json::key_value_pair& member : *members) {
    GANGLION_ASSIGN(std::vector<std::string> names,
                    names_of(site, member.value(),
                             fmt::format("{}/{}", kKeyword, pointer_token(member.key()))));
    add_rule(site, kKeyword, DependentRequiredRule{std::string(member.key()), std::move(names)});
  }
  return {};
}

}  // namespace ganglion::json_schema
