// Filters that take sequences apart and put them together.
#include <algorithm>

#include "text/jinja/access.h"
#include "text/jinja/builtins.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"
#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

Result<Value> length(Runtime& runtime, const Value& self, const BoundArguments&) {
  if (self.is_undefined()) return Value(int64_t{0});
  if (const MarkedText* text = self.text()) {
    GANGLION_TRY(runtime.charge_steps(text->size() / 64));
    return Value(static_cast<int64_t>(count_code_points(text->text())));
  }
  if (const Dict* dict = self.dict()) return Value(static_cast<int64_t>(dict->members().size()));
  const List* list = self.list();
  if (list == nullptr || list->kind == ListKind::kGenerator) {
    return fail(ErrorCode::kInvalidArgument, "a value of type {} has no length{}", type_name(self),
                list == nullptr ? "" : "; make a list of it with | list");
  }
  return Value(static_cast<int64_t>(list->items.size()));
}

Result<Value> first(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(const std::vector<Value> items, elements_of(runtime, self));
  return items.empty() ? undefined("there is no first item, the sequence is empty") : items.front();
}

Result<Value> last(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(const std::vector<Value> items, elements_of(runtime, self));
  return items.empty() ? undefined("there is no last item, the sequence is empty") : items.back();
}

Result<Value> list(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(std::vector<Value> items, elements_of(runtime, self));
  return runtime.list(std::move(items));
}

Result<Value> reverse(Runtime& runtime, const Value& self, const BoundArguments&) {
  GANGLION_ASSIGN(std::vector<Value> items, elements_of(runtime, self));
  std::reverse(items.begin(), items.end());
  if (self.text() == nullptr) return runtime.sequence(std::move(items));
  MarkedText text;
  for (const Value& item : items) text.append(*item.text());
  return runtime.text(std::move(text));
}

Result<Value> join(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const std::vector<Value> items, elements_of(runtime, self));
  MarkedText separator;
  if (arguments[0] != nullptr) {
    GANGLION_ASSIGN(separator, printed(runtime, *arguments[0]));
  }
  MarkedText text;
  for (size_t i = 0; i < items.size(); ++i) {
    GANGLION_TRY(runtime.charge_bytes(separator.size() + 1));
    if (i > 0) text.append(separator);
    Value item = items[i];
    if (arguments[1] != nullptr && !arguments[1]->is_none()) {
      GANGLION_ASSIGN(item, get_path(runtime, item, *arguments[1]));
    }
    GANGLION_TRY(append_printed(runtime, item, text));
  }
  return Value(std::move(text));
}

Result<Value> items(Runtime& runtime, const Value& self, const BoundArguments&) {
  std::vector<Value> pairs;
  if (self.is_undefined()) return runtime.sequence({});
  const Dict* dict = self.dict();
  if (dict == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "items needs a dict, found {}", type_name(self));
  }
  for (const Dict::Member& member : dict->members()) {
    GANGLION_ASSIGN(Value pair, runtime.list({member.first, member.second}, ListKind::kTuple));
    pairs.push_back(std::move(pair));
  }
  return runtime.sequence(std::move(pairs));
}

Result<Value> batch(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const std::vector<Value> elements, elements_of(runtime, self));
  GANGLION_ASSIGN(const int64_t size, arguments.whole(0, 1));
  if (size < 1 || size > 1000) {
    return fail(ErrorCode::kLimit, "batch({}): expected 1 to 1000", size);
  }
  std::vector<Value> batches;
  for (size_t i = 0; i < elements.size(); i += static_cast<size_t>(size)) {
    const size_t end = std::min(elements.size(), i + static_cast<size_t>(size));
    std::vector<Value> part(elements.begin() + static_cast<ptrdiff_t>(i),
                            elements.begin() + static_cast<ptrdiff_t>(end));
    if (arguments[1] != nullptr && !arguments[1]->is_none()) {
      part.resize(static_cast<size_t>(size), *arguments[1]);
    }
    GANGLION_ASSIGN(Value value, runtime.list(std::move(part)));
    batches.push_back(std::move(value));
  }
  return runtime.sequence(std::move(batches));
}

Result<Value> slice(Runtime& runtime, const Value& self, const BoundArguments& arguments) {
  GANGLION_ASSIGN(const std::vector<Value> elements, elements_of(runtime, self));
  GANGLION_ASSIGN(const int64_t given, arguments.whole(0, 1));
  if (given < 1 || given > 1000) {
    return fail(ErrorCode::kLimit, "slice({}): expected 1 to 1000", given);
  }
  const auto count = static_cast<size_t>(given);
  const size_t rest = elements.size() % count;
  std::vector<Value> slices;
  auto begin = elements.begin();
  for (size_t i = 0; i < count; ++i) {
    const auto end = begin + static_cast<ptrdiff_t>(elements.size() / count + (i < rest ? 1 : 0));
    std::vector<Value> part(begin, end);
    if (arguments[1] != nullptr && !arguments[1]->is_none() && i >= rest && rest != 0) {
      part.push_back(*arguments[1]);
    }
    begin = end;
    GANGLION_ASSIGN(Value value, runtime.list(std::move(part)));
    slices.push_back(std::move(value));
  }
  return runtime.sequence(std::move(slices));
}

Result<Value> default_value(Runtime&, const Value& self, const BoundArguments& arguments) {
  const bool replaces = self.is_undefined() || (arguments.flag(1) && !is_true(self));
  if (!replaces) return self;
  return arguments[0] == nullptr ? Value(std::string_view()) : *arguments[0];
}

constexpr Builtin kFilters[] = {
    {"length", length},
    {"count", length},
    {"first", first},
    {"last", last},
    {"list", list},
    {"reverse", reverse},
    {"join", join, {"d", "attribute"}},
    {"items", items},
    {"batch", batch, {"linecount", "fill_with"}, 1},
    {"slice", slice, {"slices", "fill_with"}, 1},
    {"default", default_value, {"default_value", "boolean"}},
    {"d", default_value, {"default_value", "boolean"}},
};

}  // namespace

std::span<const Builtin> sequence_filters() { return kFilters; }

}  // namespace ganglion::jinja
