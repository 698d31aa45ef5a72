#include "text/jinja/runtime.h"

#include <algorithm>
#include <limits>

#include "text/utf8.h"

namespace ganglion::jinja {
namespace {

constexpr uint64_t kBytesPerStep = 64;

}  // namespace

Status Runtime::charge_steps(uint64_t steps) {
  if (steps > steps_left_) {
    return fail(ErrorCode::kLimit, "the template takes more than {} steps", options_.limits.steps);
  }
  steps_left_ -= steps;
  return {};
}

Status Runtime::charge_bytes(uint64_t bytes) {
  if (bytes > bytes_left_) {
    return fail(ErrorCode::kLimit, "the template's values take more than {} bytes",
                options_.limits.value_bytes);
  }
  bytes_left_ -= bytes;
  return charge_steps(1 + bytes / kBytesPerStep);
}

Result<Value> Runtime::text(MarkedText text) {
  GANGLION_TRY(charge_bytes(text.size() + sizeof(MarkedText)));
  return Value(std::move(text));
}

Result<Value> Runtime::list(std::vector<Value> items, ListKind kind) {
  GANGLION_TRY(charge_bytes(items.size() * sizeof(Value) + sizeof(List)));
  auto list = std::make_shared<List>();
  for (const Value& item : items) list->depth = std::max(list->depth, depth_of(item) + 1);
  if (list->depth > kMaxValueDepth) {
    return fail(ErrorCode::kLimit, "a list is nested deeper than {}", kMaxValueDepth);
  }
  list->items = std::move(items);
  list->kind = kind;
  return Value(ListPointer(std::move(list)));
}

Result<Value> Runtime::sequence(std::vector<Value> items) {
  return list(std::move(items), is_python() ? ListKind::kGenerator : ListKind::kList);
}

Result<Value> Runtime::dict(Dict dict) {
  constexpr uint64_t kBytesPerMember = 128;
  GANGLION_TRY(charge_bytes(dict.members().size() * kBytesPerMember + sizeof(Dict)));
  if (dict.depth > kMaxValueDepth) {
    return fail(ErrorCode::kLimit, "a dict is nested deeper than {}", kMaxValueDepth);
  }
  return Value(DictPointer(std::make_shared<const Dict>(std::move(dict))));
}

Result<std::vector<Value>> elements_of(Runtime& runtime, const Value& value) {
  std::vector<Value> elements;
  if (value.is_undefined()) return elements;
  if (const List* list = value.list()) {
    GANGLION_TRY(runtime.charge_bytes(list->items.size() * sizeof(Value)));
    if (list->kind == ListKind::kGenerator && std::exchange(list->consumed, true)) return elements;
    return list->items;
  }
  if (const Dict* dict = value.dict()) {
    GANGLION_TRY(runtime.charge_bytes(dict->members().size() * sizeof(Value)));
    for (const Dict::Member& member : dict->members()) elements.push_back(member.first);
    return elements;
  }
  if (const MarkedText* text = value.text()) {
    for (size_t i = 0; i < text->size();) {
      const size_t end = i + decode_utf8(text->text(), i).num_bytes;
      GANGLION_ASSIGN(Value character, runtime.text(text->substring(i, end)));
      elements.push_back(std::move(character));
      i = end;
    }
    return elements;
  }
  return fail(ErrorCode::kInvalidArgument, "a value of type {} has no elements", type_name(value));
}

namespace {

Result<Value> value_at_depth(Runtime& runtime, const json::value& source, bool is_data,
                             uint32_t depth) {
  if (depth > kMaxValueDepth) {
    return fail(ErrorCode::kLimit, "the context is nested deeper than {}", kMaxValueDepth);
  }
  switch (source.kind()) {
    case json::kind::null:
      return Value(None{});
    case json::kind::bool_:
      return Value(source.get_bool());
    case json::kind::int64:
      return Value(source.get_int64());
    case json::kind::uint64:
      if (source.get_uint64() > uint64_t{std::numeric_limits<int64_t>::max()}) {
        return fail(ErrorCode::kLimit, "a whole number of the context is beyond 64 bits");
      }
      return Value(static_cast<int64_t>(source.get_uint64()));
    case json::kind::double_:
      return Value(source.get_double());
    case json::kind::string: {
      const std::string_view text = source.get_string();
      if (text.size() > std::numeric_limits<uint32_t>::max()) {
        return fail(ErrorCode::kLimit, "a text of the context is longer than 4 GiB");
      }
      return Value(MarkedText(std::string(text), is_data));
    }
    case json::kind::array: {
      std::vector<Value> items;
      for (const json::value& item : source.get_array()) {
        GANGLION_ASSIGN(Value value, value_at_depth(runtime, item, is_data, depth + 1));
        items.push_back(std::move(value));
      }
      return runtime.list(std::move(items));
    }
    case json::kind::object:
      break;
  }
  Dict dict;
  for (const auto& member : source.get_object()) {
    GANGLION_ASSIGN(Value value, value_at_depth(runtime, member.value(), is_data, depth + 1));
    dict.set(Value(MarkedText(std::string(member.key()), is_data)), std::move(value));
  }
  return runtime.dict(std::move(dict));
}

}  // namespace

Result<Value> value_of_json(Runtime& runtime, const json::value& source, bool is_data) {
  return value_at_depth(runtime, source, is_data, 0);
}

}  // namespace ganglion::jinja
