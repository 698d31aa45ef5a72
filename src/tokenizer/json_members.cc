#include "tokenizer/json_members.h"

namespace ganglion {

const json::value* find_member(const json::object& object, std::string_view key) {
  const json::value* value = object.if_contains(key);
  return value == nullptr || value->is_null() ? nullptr : value;
}

Result<bool> bool_member_or(const json::object& object, std::string_view key, bool fallback) {
  if (find_member(object, key) == nullptr) return fallback;
  return json_bool(object, key);
}

Result<std::string> string_member_or(const json::object& object, std::string_view key,
                                     std::string_view fallback) {
  if (find_member(object, key) == nullptr) return std::string(fallback);
  GANGLION_ASSIGN(const std::string_view text, json_string(object, key));
  return std::string(text);
}

Result<std::string_view> type_member(const json::value& value, std::string_view field) {
  if (value.is_object()) return json_string(value.get_object(), "type");
  return fail(ErrorCode::kMalformed, "\"{}\": expected an object, found {}", field,
              json_kind_name(value.kind()));
}

}  // namespace ganglion
