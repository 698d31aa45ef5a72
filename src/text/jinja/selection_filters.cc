// map, select and their kin: filters that apply filters and tests.
#include "text/jinja/access.h"
#include "text/jinja/builtins.h"
#include "text/jinja/operators.h"

namespace ganglion::jinja {
namespace {

// The first `count` positional arguments less.
CallArguments rest_of(const CallArguments& all, size_t count) {
  CallArguments rest;
  rest.positional.assign(all.positional.begin() + static_cast<ptrdiff_t>(count),
                         all.positional.end());
  rest.named = all.named;
  return rest;
}

Result<std::string> name_of(const Value& value, std::string_view what) {
  if (const MarkedText* text = value.text()) return text->text();
  return fail(ErrorCode::kInvalidArgument, "expected the name of a {}, found {}", what,
              type_name(value));
}

Result<Value> map_attribute(Runtime& runtime, const std::vector<Value>& items,
                            const CallArguments& all) {
  const Value* attribute = nullptr;
  const Value* otherwise = nullptr;
  for (const auto& [name, value] : all.named) {
    if (name != "attribute" && name != "default") {
      return fail(ErrorCode::kInvalidArgument, "map has no parameter \"{}\"", name);
    }
    (name == "attribute" ? attribute : otherwise) = &value;
  }
  if (attribute == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "map needs the name of a filter or attribute=…");
  }
  std::vector<Value> mapped;
  for (const Value& item : items) {
    GANGLION_ASSIGN(Value value, get_path(runtime, item, *attribute));
    if (value.is_undefined() && otherwise != nullptr) value = *otherwise;
    mapped.push_back(std::move(value));
  }
  return runtime.sequence(std::move(mapped));
}

Result<Value> map(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  if (!is_true(self)) return runtime.sequence({});  // None too
  GANGLION_ASSIGN(const std::vector<Value> items, elements_of(runtime, self));
  const CallArguments& all = arguments.all();
  if (all.positional.empty()) return map_attribute(runtime, items, all);
  GANGLION_ASSIGN(const std::string name, name_of(all.positional[0], "filter"));
  const CallArguments rest = rest_of(all, 1);
  std::vector<Value> mapped;
  for (const Value& item : items) {
    GANGLION_ASSIGN(Value value, apply_filter(runtime, name, item, rest));
    mapped.push_back(std::move(value));
  }
  return runtime.sequence(std::move(mapped));
}

// The elements whose test (the arguments' first; else their truth) says `wanted`. With
// `by_attribute` a member of the element is tested, which the first argument names.
Result<Value> filter_elements(Runtime& runtime, const Value& self, const CallArguments& all,
                              bool by_attribute, bool wanted) {
  if (!is_true(self)) return runtime.sequence({});  // None too
  GANGLION_ASSIGN(const std::vector<Value> items, elements_of(runtime, self));
  const size_t num_paths = by_attribute ? 1 : 0;
  if (all.positional.size() < num_paths) {
    return fail(ErrorCode::kInvalidArgument, "the name of an attribute is missing");
  }
  const bool has_test = all.positional.size() > num_paths;
  std::string test;
  CallArguments rest;
  if (has_test) {
    GANGLION_ASSIGN(test, name_of(all.positional[num_paths], "test"));
    rest = rest_of(all, num_paths + 1);
  }
  std::vector<Value> kept;
  for (const Value& item : items) {
    Value tested = item;
    if (by_attribute) {
      GANGLION_ASSIGN(tested, get_path(runtime, item, all.positional[0]));
    }
    bool is_so = is_true(tested);
    if (has_test) {
      GANGLION_ASSIGN(is_so, apply_condition(runtime, test, tested, rest));
    }
    if (is_so == wanted) kept.push_back(item);
  }
  return runtime.sequence(std::move(kept));
}

Result<Value> select(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return filter_elements(runtime, self, arguments.all(), false, true);
}
Result<Value> reject(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return filter_elements(runtime, self, arguments.all(), false, false);
}
Result<Value> selectattr(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return filter_elements(runtime, self, arguments.all(), true, true);
}
Result<Value> rejectattr(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  return filter_elements(runtime, self, arguments.all(), true, false);
}

Result<Value> attr(Runtime&, const Value&, const BoundArguments&) {
  // In Python it sees methods alone, never members; nothing a chat template needs.
  return fail(ErrorCode::kUnsupported, "chat templates have no filter attr; write value[name]");
}

constexpr Builtin kFilters[] = {
    {"map", map, {}, 0, true},
    {"select", select, {}, 0, true},
    {"reject", reject, {}, 0, true},
    {"selectattr", selectattr, {}, 0, true},
    {"rejectattr", rejectattr, {}, 0, true},
    {"attr", attr, {"name"}, 1},
};

}  // namespace

std::span<const Builtin> selection_filters() { return kFilters; }

}  // namespace ganglion::jinja
