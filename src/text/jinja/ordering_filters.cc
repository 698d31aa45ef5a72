// Filters that compare elements: sort and its kin.
#include <algorithm>
#include <numeric>
#include <unordered_set>

#include "text/jinja/access.h"
#include "text/jinja/builtins.h"
#include "text/jinja/operators.h"
#include "text/jinja/text_operations.h"

namespace ganglion::jinja {
namespace {

// What an element is ordered by: a member of it, or several ("a,b") as a list; texts in lower case
// unless case counts.
Result<Value> key_of(Runtime& runtime, const Value& item, const Value* attribute,
                     bool case_sensitive) {
  const auto fold = [&](const Value& value) -> Result<Value> {
    if (case_sensitive || value.text() == nullptr) return value;
    return runtime.text(lower_text(*value.text()));
  };
  if (attribute == nullptr || attribute->is_none()) return fold(item);
  const MarkedText* path = attribute->text();
  if (path == nullptr || path->text().find(',') == std::string::npos) {
    GANGLION_ASSIGN(const Value value, get_path(runtime, item, *attribute));
    return fold(value);
  }
  std::vector<Value> keys;
  std::string_view rest = path->text();
  while (true) {
    const size_t comma = std::min(rest.find(','), rest.size());
    GANGLION_ASSIGN(const Value value, get_path(runtime, item, Value(rest.substr(0, comma))));
    GANGLION_ASSIGN(Value key, fold(value));
    keys.push_back(std::move(key));
    if (comma == rest.size()) break;
    rest.remove_prefix(comma + 1);
  }
  return runtime.list(std::move(keys));
}

// Stable, in either direction. Undefined elements are ordered after each other in JavaScript.
Result<std::vector<Value>> sort_by_keys(Runtime& runtime, std::vector<Value> items,
                                        const std::vector<Value>& keys, bool reverse) {
  std::vector<size_t> order(items.size());
  std::iota(order.begin(), order.end(), size_t{0});
  Status status;
  const auto none_or_undefined = [](const Value& value) {
    return value.is_none() || value.is_undefined();
  };
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) {
    if (!status.ok()) return false;
    const Value& left = keys[reverse ? b : a];
    const Value& right = keys[reverse ? a : b];
    if (!runtime.is_python() && none_or_undefined(left) && none_or_undefined(right)) return false;
    const Result<bool> less = is_less(runtime, left, right);
    if (!less.ok()) status = less.error();
    return less.ok() && *less;
  });
  if (!status.ok()) return status.error();
  std::vector<Value> sorted;
  sorted.reserve(items.size());
  for (const size_t i : order) sorted.push_back(std::move(items[i]));
  return sorted;
}

Result<std::vector<Value>> keys_of(Runtime& runtime, const std::vector<Value>& items,
                                   const Value* attribute, bool case_sensitive) {
  std::vector<Value> keys;
  for (const Value& item : items) {
    GANGLION_ASSIGN(Value key, key_of(runtime, item, attribute, case_sensitive));
    keys.push_back(std::move(key));
  }
  return keys;
}

Result<Value> sort(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(std::vector<Value> items, elements_of(runtime, self));
  GANGLION_ASSIGN(const std::vector<Value> keys,
                  keys_of(runtime, items, arguments[2], arguments.flag(1)));
  GANGLION_ASSIGN(std::vector<Value> sorted,
                  sort_by_keys(runtime, std::move(items), keys, arguments.flag(0)));
  return runtime.list(std::move(sorted));
}

Result<Value> dictsort(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  const Dict* dict = self.dict();
  if (dict == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "dictsort needs a dict, found {}", type_name(self));
  }
  GANGLION_ASSIGN(const MarkedText* by, arguments.text(1));
  if (by != nullptr && by->text() != "key" && by->text() != "value") {
    return fail(ErrorCode::kInvalidArgument, "dictsort by \"{}\"; expected key or value",
                by->text());
  }
  const Value place(int64_t{by != nullptr && by->text() == "value"});
  std::vector<Value> pairs;
  for (const Dict::Member& member : dict->members()) {
    GANGLION_ASSIGN(Value pair, runtime.list({member.first, member.second}, ListKind::kTuple));
    pairs.push_back(std::move(pair));
  }
  GANGLION_ASSIGN(const std::vector<Value> keys,
                  keys_of(runtime, pairs, &place, arguments.flag(0)));
  GANGLION_ASSIGN(std::vector<Value> sorted,
                  sort_by_keys(runtime, std::move(pairs), keys, arguments.flag(2)));
  return runtime.list(std::move(sorted));
}

Result<Value> extreme(Runtime& runtime, const Value& self, const BoundArguments& arguments,
                      bool largest) {
  GANGLION_ASSIGN(const std::vector<Value> items, elements_of(runtime, self));
  if (items.empty()) return undefined("the sequence is empty");
  GANGLION_ASSIGN(const std::vector<Value> keys,
                  keys_of(runtime, items, arguments[1], arguments.flag(0)));
  size_t best = 0;
  for (size_t i = 1; i < items.size(); ++i) {
    GANGLION_ASSIGN(const bool better, largest ? is_less(runtime, keys[best], keys[i])
                                               : is_less(runtime, keys[i], keys[best]));
    if (better) best = i;
  }
  return items[best];
}

Result<Value> smallest(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return extreme(runtime, self, arguments, false);
}

Result<Value> largest(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return extreme(runtime, self, arguments, true);
}

Result<Value> unique(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const std::vector<Value> items, elements_of(runtime, self));
  GANGLION_ASSIGN(const std::vector<Value> keys,
                  keys_of(runtime, items, arguments[1], arguments.flag(0)));
  std::unordered_set<std::string> seen;
  std::vector<Value> kept;
  for (size_t i = 0; i < items.size(); ++i) {
    if (!is_hashable(keys[i])) {
      return fail(ErrorCode::kInvalidArgument, "unique of elements of type {}", type_name(keys[i]));
    }
    if (seen.insert(key_text(keys[i])).second) kept.push_back(items[i]);
  }
  return runtime.sequence(std::move(kept));
}

Result<Value> groupby(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(std::vector<Value> items, elements_of(runtime, self));
  const bool case_sensitive = arguments.flag(2);
  GANGLION_ASSIGN(std::vector<Value> keys, keys_of(runtime, items, arguments[0], case_sensitive));
  if (arguments[1] != nullptr) {
    for (Value& key : keys) {
      if (key.is_undefined()) key = *arguments[1];
    }
  }
  GANGLION_ASSIGN(items, sort_by_keys(runtime, std::move(items), keys, false));
  std::vector<Value> groups;
  std::vector<Value> members;
  for (size_t i = 0; i < items.size(); ++i) {
    members.push_back(items[i]);
    GANGLION_ASSIGN(const Value key, key_of(runtime, items[i], arguments[0], case_sensitive));
    if (i + 1 < items.size()) {
      GANGLION_ASSIGN(const Value next,
                      key_of(runtime, items[i + 1], arguments[0], case_sensitive));
      GANGLION_ASSIGN(const bool same, are_equal(runtime, key, next));
      if (same) continue;
    }
    GANGLION_ASSIGN(Value name, get_path(runtime, members.front(), *arguments[0]));
    if (name.is_undefined() && arguments[1] != nullptr) name = *arguments[1];
    GANGLION_ASSIGN(Value list, runtime.list(std::exchange(members, {})));
    GANGLION_ASSIGN(Value group,
                    runtime.list({std::move(name), std::move(list)}, ListKind::kTuple));
    groups.push_back(std::move(group));
  }
  return runtime.list(std::move(groups));
}

constexpr Builtin kFilters[] = {
    {"sort", sort, {"reverse", "case_sensitive", "attribute"}},
    {"dictsort", dictsort, {"case_sensitive", "by", "reverse"}},
    {"min", smallest, {"case_sensitive", "attribute"}},
    {"max", largest, {"case_sensitive", "attribute"}},
    {"unique", unique, {"case_sensitive", "attribute"}},
    {"groupby", groupby, {"attribute", "default", "case_sensitive"}, 1},
};

}  // namespace

std::span<const Builtin> ordering_filters() { return kFilters; }

}  // namespace ganglion::jinja
