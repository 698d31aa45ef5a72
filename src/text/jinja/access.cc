#include "text/jinja/access.h"

#include <algorithm>
#include <charconv>
#include <optional>

#include "text/jinja/builtins.h"
#include "text/jinja/operators.h"
#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

Value missing(const Value& object, std::string_view name) {
  return undefined(fmt::format("a value of type {} has no member \"{}\"", type_name(object), name));
}

std::optional<Value> loop_member(const LoopState& loop, std::string_view name) {
  const auto index = static_cast<int64_t>(loop.index);
  const auto length = static_cast<int64_t>(loop.items.size());
  if (name == "index") return Value(index + 1);
  if (name == "index0") return Value(index);
  if (name == "revindex") return Value(length - index);
  if (name == "revindex0") return Value(length - index - 1);
  if (name == "first") return Value(index == 0);
  if (name == "last") return Value(index + 1 == length);
  if (name == "length") return Value(length);
  if (name == "depth") return Value(loop.depth);
  if (name == "depth0") return Value(loop.depth - 1);
  if (name == "previtem") {
    return index == 0 ? undefined("there is no previous item") : loop.items[loop.index - 1];
  }
  if (name == "nextitem") {
    return index + 1 == length ? undefined("there is no next item") : loop.items[loop.index + 1];
  }
  return std::nullopt;
}

Value bind_method(const Value& object, std::string_view name) {
  return Value(std::make_shared<const BoundMethod>(BoundMethod{object, std::string(name)}));
}

std::optional<Value> method_of(const Value& object, std::string_view name) {
  const bool of_loop = object.loop() != nullptr && (name == "cycle" || name == "changed");
  if (!of_loop && find_method(object, name) == nullptr) return std::nullopt;
  return bind_method(object, name);
}

std::optional<Value> member_of(const Value& object, std::string_view name) {
  if (const Dict* dict = object.dict()) {
    const Value* found = dict->find(name);
    if (found != nullptr) return *found;
  }
  if (const auto* members = object.get<Namespace*>()) {
    for (const auto& [key, value] : (*members)->members) {
      if (key == name) return value;
    }
  }
  if (const LoopState* loop = object.loop()) return loop_member(*loop, name);
  return std::nullopt;
}

// The place of element `index` among `length`, or none.
std::optional<size_t> place_of_index(int64_t index, size_t length) {
  const auto size = static_cast<int64_t>(length);
  if (index < 0) index += size;
  if (index < 0 || index >= size) return std::nullopt;
  return static_cast<size_t>(index);
}

Result<std::optional<Value>> element_of(Runtime& runtime, const Value& object, int64_t index) {
  if (const List* list = object.list()) {
    const auto place = place_of_index(index, list->items.size());
    if (!place || list->kind == ListKind::kGenerator) return std::optional<Value>();
    return std::optional<Value>(list->items[*place]);
  }
  if (const MarkedText* text = object.text()) {
    GANGLION_TRY(runtime.charge_steps(text->size() / 64));
    const CodePointIndex characters(text->text());
    const auto place = place_of_index(index, characters.size());
    if (!place) return std::optional<Value>();
    GANGLION_ASSIGN(Value character, runtime.text(text->substring(characters.byte_at(*place),
                                                                  characters.byte_at(*place + 1))));
    return std::optional<Value>(std::move(character));
  }
  return std::optional<Value>();
}

Result<std::optional<int64_t>> slice_bound(const Value& value) {
  if (value.is_none()) return std::optional<int64_t>();
  const auto number = number_of(value);
  if (!number || number->is_float) {
    return fail(ErrorCode::kInvalidArgument, "a slice needs whole numbers, found {}",
                type_name(value));
  }
  constexpr int64_t kFar = int64_t{1} << 40;  // beyond any length; sums cannot overflow
  return std::optional<int64_t>(std::clamp(number->whole, -kFar, kFar));
}

struct SliceRange {
  int64_t begin, end, step;
};

// Python's slice.indices().
Result<SliceRange> slice_range(const Value& begin, const Value& end, const Value& step,
                               size_t length) {
  GANGLION_ASSIGN(const auto given_begin, slice_bound(begin));
  GANGLION_ASSIGN(const auto given_end, slice_bound(end));
  GANGLION_ASSIGN(const auto given_step, slice_bound(step));
  SliceRange range = {0, 0, given_step.value_or(1)};
  if (range.step == 0) return fail(ErrorCode::kInvalidArgument, "the step of a slice is 0");
  const auto size = static_cast<int64_t>(length);
  const int64_t lowest = range.step > 0 ? 0 : -1;
  const int64_t highest = range.step > 0 ? size : size - 1;
  const auto place = [=](const std::optional<int64_t>& given, int64_t otherwise) {
    if (!given) return otherwise;
    return std::clamp(*given < 0 ? *given + size : *given, lowest, highest);
  };
  range.begin = place(given_begin, range.step > 0 ? lowest : highest);
  range.end = place(given_end, range.step > 0 ? highest : lowest);
  return range;
}

}  // namespace

Result<Value> get_attribute(Runtime& runtime, const Value& object, std::string_view name) {
  if (object.is_undefined()) return undefined_error(object);
  std::optional<Value> found;
  if (runtime.is_python()) found = method_of(object, name);
  if (!found) found = member_of(object, name);
  if (!found && !runtime.is_python()) found = method_of(object, name);
  return found ? std::move(*found) : missing(object, name);
}

Result<Value> get_item(Runtime& runtime, const Value& object, const Value& key) {
  if (object.is_undefined()) return undefined_error(object);
  if (const Dict* dict = object.dict()) {
    const Value* found = dict->find(key);
    if (found != nullptr) return *found;
  } else if (const auto index = number_of(key); index && !index->is_float) {
    GANGLION_ASSIGN(std::optional<Value> element, element_of(runtime, object, index->whole));
    if (element) return std::move(*element);
  }
  if (const MarkedText* name = key.text()) {
    std::optional<Value> found = member_of(object, name->text());
    if (!found) found = method_of(object, name->text());
    return found ? std::move(*found) : missing(object, name->text());
  }
  return undefined(fmt::format("a value of type {} has no such element", type_name(object)));
}

Result<Value> get_slice(Runtime& runtime, const Value& object, const Value& begin, const Value& end,
                        const Value& step) {
  if (object.is_undefined()) return undefined_error(object);
  if (const MarkedText* text = object.text()) {
    GANGLION_TRY(runtime.charge_steps(text->size() / 64));
    const CodePointIndex characters(text->text());
    GANGLION_ASSIGN(const SliceRange range, slice_range(begin, end, step, characters.size()));
    const auto byte = [&](int64_t i) { return characters.byte_at(static_cast<size_t>(i)); };
    if (range.step == 1) {
      return runtime.text(
          text->substring(byte(range.begin), byte(std::max(range.begin, range.end))));
    }
    MarkedText result;
    for (int64_t i = range.begin; range.step > 0 ? i < range.end : i > range.end; i += range.step) {
      GANGLION_TRY(runtime.charge_steps(1));
      result.append(*text, byte(i), byte(i + 1));
    }
    return runtime.text(std::move(result));
  }
  const List* list = object.list();
  if (list == nullptr || (list->kind == ListKind::kGenerator)) {
    return fail(ErrorCode::kInvalidArgument, "a value of type {} cannot be sliced",
                type_name(object));
  }
  GANGLION_ASSIGN(const SliceRange range, slice_range(begin, end, step, list->items.size()));
  std::vector<Value> items;
  for (int64_t i = range.begin; range.step > 0 ? i < range.end : i > range.end; i += range.step) {
    GANGLION_TRY(runtime.charge_steps(1));
    items.push_back(list->items[static_cast<size_t>(i)]);
  }
  return runtime.list(std::move(items), list->kind);
}

Result<Value> get_path(Runtime& runtime, const Value& object, const Value& path) {
  const MarkedText* text = path.text();
  if (text == nullptr) return get_item(runtime, object, path);
  Value value = object;
  std::string_view rest = text->text();
  while (true) {
    const size_t dot = std::min(rest.find('.'), rest.size());
    const std::string_view name = rest.substr(0, dot);
    int64_t index = 0;
    const auto read = std::from_chars(name.data(), name.data() + name.size(), index);
    const bool is_index = read.ec == std::errc() && read.ptr == name.data() + name.size();
    GANGLION_TRY(runtime.charge_steps(1));
    GANGLION_ASSIGN(value, get_item(runtime, value, is_index ? Value(index) : Value(name)));
    if (dot == rest.size()) return value;
    rest.remove_prefix(dot + 1);
  }
}

}  // namespace ganglion::jinja
