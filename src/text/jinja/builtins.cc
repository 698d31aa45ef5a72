#include "text/jinja/builtins.h"

#include <algorithm>

#include "text/edit_distance.h"
#include "text/jinja/operators.h"

namespace ganglion::jinja {
namespace {

const Builtin* find_in(std::span<const Builtin> table, std::string_view name) {
  const auto found = std::find_if(table.begin(), table.end(),
                                  [name](const Builtin& builtin) { return builtin.name == name; });
  return found == table.end() ? nullptr : &*found;
}

std::string_view parameter_of(const Builtin& builtin, size_t i) {
  return i < kMaxParameters ? builtin.parameters[i] : std::string_view();
}

Error unknown(std::string_view kind, std::string_view name,
              const std::vector<std::span<const Builtin>>& tables) {
  std::vector<std::string> names;
  for (const auto& table : tables) {
    for (const Builtin& builtin : table) names.emplace_back(builtin.name);
  }
  const auto nearest = nearest_word(name, names);
  return fail(ErrorCode::kUnsupported, "unknown {} \"{}\"{}", kind, name,
              nearest ? fmt::format("; did you mean \"{}\"?", *nearest) : "");
}

const std::vector<std::span<const Builtin>>& filter_tables() {
  static const std::vector<std::span<const Builtin>> kTables = {
      text_filters(), number_filters(), sequence_filters(), ordering_filters(),
      selection_filters()};
  return kTables;
}

}  // namespace

bool BoundArguments::flag(size_t i, bool otherwise) const {
  return values_[i] == nullptr ? otherwise : is_true(*values_[i]);
}

Result<int64_t> BoundArguments::whole(size_t i, int64_t otherwise) const {
  if (values_[i] == nullptr || values_[i]->is_none()) return otherwise;
  const auto number = number_of(*values_[i]);
  if (!number || number->is_float) {
    return fail(ErrorCode::kInvalidArgument, "argument {} must be a whole number, found {}", i + 1,
                type_name(*values_[i]));
  }
  return number->whole;
}

Result<const MarkedText*> BoundArguments::text(size_t i) const {
  if (values_[i] == nullptr || values_[i]->is_none())
    return static_cast<const MarkedText*>(nullptr);
  if (const MarkedText* text = values_[i]->text()) return text;
  return fail(ErrorCode::kInvalidArgument, "argument {} must be a text, found {}", i + 1,
              type_name(*values_[i]));
}

Result<const MarkedText*> BoundArguments::required_text(size_t i) const {
  GANGLION_ASSIGN(const MarkedText* given, text(i));
  if (given == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "argument {} must be a text", i + 1);
  }
  return given;
}

Result<Value> call_builtin(Runtime& runtime, const Builtin& builtin, const Value& self,
                           const CallArguments& arguments) {
  GANGLION_TRY(runtime.charge_steps(1));
  BoundArguments bound(arguments);
  if (builtin.takes_any) return builtin.function(runtime, self, bound);
  for (size_t i = 0; i < arguments.positional.size(); ++i) {
    if (parameter_of(builtin, i).empty()) {
      return fail(ErrorCode::kInvalidArgument, "{} takes at most {} arguments, found {}",
                  builtin.name, i, arguments.positional.size());
    }
    bound.set(i, &arguments.positional[i]);
  }
  for (const auto& [name, value] : arguments.named) {
    const auto place = std::find(builtin.parameters.begin(), builtin.parameters.end(), name);
    const auto i = static_cast<size_t>(place - builtin.parameters.begin());
    if (place == builtin.parameters.end() || bound[i] != nullptr) {
      return fail(ErrorCode::kInvalidArgument, "{} has no parameter \"{}\", or it is given twice",
                  builtin.name, name);
    }
    bound.set(i, &value);
  }
  for (size_t i = 0; i < builtin.num_required; ++i) {
    if (bound[i] == nullptr) {
      return fail(ErrorCode::kInvalidArgument, "{} needs the argument \"{}\"", builtin.name,
                  builtin.parameters[i]);
    }
  }
  return builtin.function(runtime, self, bound);
}

const Builtin* find_filter(std::string_view name) {
  for (const auto& table : filter_tables()) {
    if (const Builtin* found = find_in(table, name)) return found;
  }
  return nullptr;
}

const Builtin* find_condition(std::string_view name) { return find_in(conditions(), name); }

const Builtin* find_method(const Value& self, std::string_view name) {
  if (self.text() != nullptr) {
    const Builtin* found = find_in(text_methods(), name);
    return found != nullptr ? found : find_in(text_search_methods(), name);
  }
  if (self.dict() != nullptr) return find_in(dict_methods(), name);
  if (self.list() != nullptr && self.list()->kind != ListKind::kGenerator) {
    return find_in(list_methods(), name);
  }
  return nullptr;
}

Result<Value> apply_filter(Runtime& runtime, std::string_view name, const Value& input,
                           const CallArguments& arguments) {
  const Builtin* filter = find_filter(name);
  if (filter == nullptr) return unknown("filter", name, filter_tables());
  return call_builtin(runtime, *filter, input, arguments);
}

Result<bool> apply_condition(Runtime& runtime, std::string_view name, const Value& input,
                             const CallArguments& arguments) {
  const Builtin* condition = find_condition(name);
  if (condition == nullptr) return unknown("test", name, {conditions()});
  GANGLION_ASSIGN(const Value result, call_builtin(runtime, *condition, input, arguments));
  return is_true(result);
}

}  // namespace ganglion::jinja
