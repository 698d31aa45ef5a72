#include "text/jinja/value.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace ganglion::jinja {

bool Value::is_callable() const {
  return is<const Macro*>() || is<GlobalFunction>() || is<MethodPointer>() || is<LoopPointer>();
}

std::string key_text(const Value& key) {
  if (const MarkedText* text = key.text()) return "s" + text->text();
  if (const bool* flag = key.get<bool>()) return *flag ? "n1" : "n0";
  if (const int64_t* number = key.get<int64_t>()) return fmt::format("n{}", *number);
  if (const double* number = key.get<double>()) {
    constexpr double kExact = 9007199254740992.0;  // 2^53: whole numbers print as the integer does
    if (std::abs(*number) <= kExact && *number == std::floor(*number)) {
      return fmt::format("n{}", static_cast<int64_t>(*number));
    }
    return fmt::format("n{}", *number);
  }
  return "none";
}

bool is_hashable(const Value& key) {
  return key.text() != nullptr || key.is<bool>() || key.is<int64_t>() || key.is<double>() ||
         key.is_none();
}

const Value* Dict::find(const Value& key) const {
  if (!is_hashable(key)) return nullptr;
  const auto found = index_.find(key_text(key));
  return found == index_.end() ? nullptr : &members_[found->second].second;
}

const Value* Dict::find(std::string_view key) const {
  const auto found = index_.find("s" + std::string(key));
  return found == index_.end() ? nullptr : &members_[found->second].second;
}

void Dict::set(Value key, Value value) {
  depth = std::max(depth, depth_of(value) + 1);
  const auto [place, added] = index_.try_emplace(key_text(key), members_.size());
  if (added) {
    members_.emplace_back(std::move(key), std::move(value));
  } else {
    members_[place->second].second = std::move(value);
  }
}

uint32_t depth_of(const Value& value) {
  if (const List* list = value.list()) return list->depth;
  if (const Dict* dict = value.dict()) return dict->depth;
  return 0;
}

std::string_view type_name(const Value& value) {
  if (value.is_undefined()) return "undefined";
  if (value.is_none()) return "NoneType";
  if (value.is<bool>()) return "bool";
  if (value.is<int64_t>()) return "int";
  if (value.is<double>()) return "float";
  if (value.text() != nullptr) return "str";
  if (value.dict() != nullptr) return "dict";
  if (value.is<Namespace*>()) return "namespace";
  if (value.is<const Macro*>()) return "macro";
  if (value.loop() != nullptr) return "loop";
  if (const List* list = value.list()) {
    if (list->kind == ListKind::kGenerator) return "generator";
    return list->kind == ListKind::kTuple ? "tuple" : "list";
  }
  return "function";
}

Value undefined(std::string reason) {
  return Value(Undefined{std::make_shared<const std::string>(std::move(reason))});
}

}  // namespace ganglion::jinja
