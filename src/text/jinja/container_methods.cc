// Methods of dicts and lists. Those that would change them are refused, as in Jinja's immutable
// sandbox.
#include "text/jinja/builtins.h"
#include "text/jinja/operators.h"

namespace ganglion::jinja {
namespace {

Result<Value> get(Runtime&, const Value& self, const BoundArguments& arguments) {
  const Value* found = self.dict()->find(*arguments[0]);
  if (found != nullptr) return *found;
  return arguments[1] == nullptr ? Value(None{}) : *arguments[1];
}

Result<Value> items(Runtime& runtime, const Value& self, const BoundArguments&) {
  std::vector<Value> pairs;
  for (const Dict::Member& member : self.dict()->members()) {
    GANGLION_ASSIGN(Value pair, runtime.list({member.first, member.second}, ListKind::kTuple));
    pairs.push_back(std::move(pair));
  }
  return runtime.list(std::move(pairs));
}

Result<Value> keys(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(std::vector<Value> names, elements_of(runtime, self));
  return runtime.list(std::move(names));
}

Result<Value> values(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_TRY(runtime.charge_steps(self.dict()->members().size()));
  std::vector<Value> elements;
  for (const Dict::Member& member : self.dict()->members()) elements.push_back(member.second);
  return runtime.list(std::move(elements));
}

// Nothing can change the original or the copy.
Result<Value> copy(Runtime&, const Value& self, const BoundArguments&) { return self; }

Result<Value> count(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  int64_t total = 0;
  for (const Value& item : self.list()->items) {
    GANGLION_ASSIGN(const bool equal, are_equal(runtime, item, *arguments[0]));
    total += equal ? 1 : 0;
  }
  return Value(total);
}

Result<Value> index(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  const std::vector<Value>& elements = self.list()->items;
  for (size_t i = 0; i < elements.size(); ++i) {
    GANGLION_ASSIGN(const bool equal, are_equal(runtime, elements[i], *arguments[0]));
    if (equal) return Value(static_cast<int64_t>(i));
  }
  return fail(ErrorCode::kInvalidArgument, "the element to find is not in the list");
}

Result<Value> refuse(Runtime&, const Value& self, const BoundArguments&) {
  return fail(ErrorCode::kDenied,
              "templates cannot change a {}; build another one, or use a namespace",
              type_name(self));
}

constexpr Builtin kDictMethods[] = {
    {"get", get, {"key", "default"}, 1},
    {"items", items},
    {"keys", keys},
    {"values", values},
    {"copy", copy},
    {"update", refuse, {}, 0, true},
    {"pop", refuse, {}, 0, true},
    {"popitem", refuse, {}, 0, true},
    {"setdefault", refuse, {}, 0, true},
    {"clear", refuse, {}, 0, true},
};

constexpr Builtin kListMethods[] = {
    {"count", count, {"value"}, 1},
    {"index", index, {"value"}, 1},
    {"copy", copy},
    {"append", refuse, {}, 0, true},
    {"extend", refuse, {}, 0, true},
    {"insert", refuse, {}, 0, true},
    {"remove", refuse, {}, 0, true},
    {"pop", refuse, {}, 0, true},
    {"clear", refuse, {}, 0, true},
    {"reverse", refuse, {}, 0, true},
    {"sort", refuse, {}, 0, true},
};

}  // namespace

std::span<const Builtin> dict_methods() { return kDictMethods; }
std::span<const Builtin> list_methods() { return kListMethods; }

}  // namespace ganglion::jinja
