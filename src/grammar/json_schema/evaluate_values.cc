// type, enum, bounds, lengths, pattern and format.
#include <algorithm>

#include "grammar/json_schema/describe.h"
#include "grammar/json_schema/equality.h"
#include "grammar/json_schema/evaluator.h"
#include "text/utf8.h"

namespace ganglion::json_schema {
namespace {

uint8_t types_of(const json::value& value) {
  switch (value.kind()) {
    case json::kind::null:
      return kNullType;
    case json::kind::bool_:
      return kBooleanType;
    case json::kind::string:
      return kStringType;
    case json::kind::array:
      return kArrayType;
    case json::kind::object:
      return kObjectType;
    default:
      return is_integer(value) ? kIntegerType | kNumberType : kNumberType;
  }
}

std::string type_names(uint8_t types) {
  constexpr std::pair<JsonType, std::string_view> kNames[] = {
      {kNullType, "null"},        {kBooleanType, "true or false"}, {kIntegerType, "an integer"},
      {kNumberType, "a number"},  {kStringType, "a string"},       {kArrayType, "an array"},
      {kObjectType, "an object"},
  };
  std::string text;
  for (const auto& [type, name] : kNames) {
    if ((types & type) == 0) continue;
    if (!text.empty()) text += " or ";
    text += name;
  }
  return text.empty() ? "no type at all" : text;
}

std::string_view bound_words(Bound bound) {
  switch (bound) {
    case Bound::kMinimum:
      return "a number of at least";
    case Bound::kMaximum:
      return "a number of at most";
    case Bound::kExclusiveMinimum:
      return "a number above";
    case Bound::kExclusiveMaximum:
      return "a number below";
  }
  return "";
}

bool is_inside(std::partial_ordering order, Bound bound) {
  switch (bound) {
    case Bound::kMinimum:
      return order >= 0;
    case Bound::kMaximum:
      return order <= 0;
    case Bound::kExclusiveMinimum:
      return order > 0;
    case Bound::kExclusiveMaximum:
      return order < 0;
  }
  return false;
}

std::string enum_words(const EnumRule& rule) {
  constexpr size_t kMaxShown = 8;
  if (rule.values.empty()) return "nothing: the list of allowed values is empty";
  std::string text = rule.values.size() > 1 ? "one of " : "";
  for (size_t i = 0; i < std::min(rule.values.size(), kMaxShown); ++i) {
    if (i > 0) text += ", ";
    text += describe(rule.values[i]);
  }
  if (rule.values.size() > kMaxShown) {
    text += fmt::format(" and {} more", rule.values.size() - kMaxShown);
  }
  return text;
}

}  // namespace

bool Evaluator::check(const TypeRule& rule, const Site& site) {
  if ((types_of(site.instance.value) & rule.allowed) != 0) return true;
  return refuse(site, [&] {
    return fmt::format("expected {}, found {}", type_names(rule.allowed),
                       describe(site.instance.value));
  });
}

bool Evaluator::check(const EnumRule& rule, const Site& site) {
  const json::value& value = site.instance.value;
  uint64_t num_steps = 0;
  const uint64_t hash = hash_of(value, num_steps);
  bool found = false;
  auto at = std::lower_bound(rule.by_hash.begin(), rule.by_hash.end(), std::pair(hash, 0u));
  for (; !found && at != rule.by_hash.end() && at->first == hash; ++at) {
    if (!spend(std::exchange(num_steps, 0))) return false;
    found = are_equal(value, rule.values[at->second], num_steps);
  }
  if (!spend(num_steps)) return false;
  if (found) return true;
  return refuse(site, [&] {
    return fmt::format("expected {}, found {}", enum_words(rule), describe(value));
  });
}

bool Evaluator::check(const NumberBoundRule& rule, const Site& site) {
  const json::value& value = site.instance.value;
  if (!value.is_number()) return true;
  if (is_inside(compare_numbers(value, rule.limit), rule.bound)) return true;
  return refuse(site, [&] {
    return fmt::format("expected {} {}, found {}", bound_words(rule.bound), describe(rule.limit),
                       describe(value));
  });
}

bool Evaluator::check(const MultipleOfRule& rule, const Site& site) {
  const json::value& value = site.instance.value;
  if (!value.is_number() || is_multiple(value, rule.divisor)) return true;
  return refuse(site, [&] {
    return fmt::format("expected a multiple of {}, found {}", describe(rule.divisor),
                       describe(value));
  });
}

bool Evaluator::check(const CountRule& rule, const Site& site) {
  const json::value& value = site.instance.value;
  uint64_t count = 0;
  std::string_view unit;
  if (rule.counted == Counted::kCodePoints && value.is_string()) {
    if (!spend(value.get_string().size() / 16)) return false;
    count = count_code_points(value.get_string());
    unit = "character";
  } else if (rule.counted == Counted::kElements && value.is_array()) {
    count = value.get_array().size();
    unit = "element";
  } else if (rule.counted == Counted::kMembers && value.is_object()) {
    count = value.get_object().size();
    unit = "member";
  } else {
    return true;
  }
  if (rule.is_minimum ? count >= rule.limit : count <= rule.limit) return true;
  return refuse(site, [&] {
    return fmt::format("expected at {} {}, found {}", rule.is_minimum ? "least" : "most",
                       counted(rule.limit, unit), count);
  });
}

bool Evaluator::check(const PatternRule& rule, const Site& site) {
  const json::string* text = site.instance.value.if_string();
  if (text == nullptr || occurs(rule.pattern, *text)) return true;
  return refuse(site, [&] {
    return fmt::format("expected a string with the pattern {}, found {}", rule.text,
                       describe(site.instance.value));
  });
}

bool Evaluator::check(const FormatRule& rule, const Site& site) {
  const json::string* text = site.instance.value.if_string();
  if (text == nullptr) return true;
  if (!spend(text->size() / 8)) return false;
  if (rule.check(*text)) return true;
  return refuse(site, [&] {
    return fmt::format("expected a string of the format \"{}\", found {}", rule.name,
                       describe(site.instance.value));
  });
}

}  // namespace ganglion::json_schema
