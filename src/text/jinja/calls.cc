// Macros and the functions of the language.
#include <algorithm>
#include <limits>

#include "text/jinja/interpreter.h"
#include "text/jinja/operators.h"
#include "text/jinja/strftime.h"

namespace ganglion::jinja {

Value Interpreter::define_macro(const Statement& definition) {
  for (Scope* scope = scope_; scope != nullptr && !scope->captured; scope = scope->parent) {
    scope->captured = true;
  }
  macros_.push_back({&definition, scope_});
  return Value(static_cast<const Macro*>(&macros_.back()));
}

Result<Value> Interpreter::call(const Value& callee, const CallArguments& arguments) {
  if (const Macro* const* macro = callee.get<const Macro*>()) return call_macro(**macro, arguments);
  if (const auto* function = callee.get<GlobalFunction>()) return call_global(*function, arguments);
  if (const LoopState* loop = callee.loop()) return call_loop(*loop, arguments);
  if (const BoundMethod* method = callee.method()) {
    if (LoopState* loop = method->self.loop()) {
      return call_loop_method(*loop, method->name, arguments);
    }
    const Builtin* builtin = find_method(method->self, method->name);
    GANGLION_ASSERT(builtin != nullptr);
    return call_builtin(runtime_, *builtin, method->self, arguments);
  }
  if (callee.is_undefined()) return undefined_error(callee);
  return fail(ErrorCode::kInvalidArgument, "a value of type {} cannot be called",
              type_name(callee));
}

Status Interpreter::bind_macro_arguments(const Macro& macro, const CallArguments& arguments,
                                         Scope& scope) {
  const Statement& definition = *macro.definition;
  const auto& parameters = definition.parameters;
  const size_t num_positional = std::min(parameters.size(), arguments.positional.size());
  if (arguments.positional.size() > parameters.size() && !definition.takes_more) {
    return fail(ErrorCode::kInvalidArgument, "{} takes at most {} arguments, found {}",
                definition.text, parameters.size(), arguments.positional.size());
  }
  std::vector<const Value*> given(parameters.size(), nullptr);
  for (size_t i = 0; i < num_positional; ++i) given[i] = &arguments.positional[i];
  Dict others;
  for (const auto& [name, value] : arguments.named) {
    const auto found = std::find_if(parameters.begin(), parameters.end(),
                                    [&name = name](const auto& p) { return p.spelling == name; });
    if (found != parameters.end()) {
      const Value*& place = given[static_cast<size_t>(found - parameters.begin())];
      if (place != nullptr) {
        return fail(ErrorCode::kInvalidArgument, "{}: \"{}\" is given twice", definition.text,
                    name);
      }
      place = &value;
    } else if (name == "caller") {
      scope.variables.emplace_back(program_.caller, value);
    } else if (definition.takes_named) {
      others.set(Value(name), value);
    } else {
      return fail(ErrorCode::kInvalidArgument, "{} has no parameter \"{}\"", definition.text, name);
    }
  }
  if (definition.takes_more) {
    GANGLION_ASSIGN(Value rest, runtime_.list({arguments.positional.begin() +
                                                   static_cast<ptrdiff_t>(num_positional),
                                               arguments.positional.end()},
                                              ListKind::kTuple));
    scope.variables.emplace_back(program_.varargs, std::move(rest));
  }
  if (definition.takes_named) {
    GANGLION_ASSIGN(Value rest, runtime_.dict(std::move(others)));
    scope.variables.emplace_back(program_.kwargs, std::move(rest));
  }
  for (size_t i = 0; i < parameters.size(); ++i) {
    Value value;
    if (given[i] != nullptr) {
      value = *given[i];
    } else if (parameters[i].default_value != nullptr) {
      GANGLION_ASSIGN(value, evaluate(*parameters[i].default_value));
    } else {
      value = undefined(fmt::format("the parameter \"{}\" was not given", parameters[i].spelling));
    }
    scope.variables.emplace_back(parameters[i].name, std::move(value));
  }
  return {};
}

Result<Value> Interpreter::call_macro(const Macro& macro, const CallArguments& arguments) {
  GANGLION_TRY(runtime_.charge_bytes(sizeof(Scope)));
  InnerScope inner(*this, macro.scope);
  GANGLION_TRY(bind_macro_arguments(macro, arguments, inner.scope()));
  GANGLION_ASSIGN(MarkedText text, capture(macro.definition->body, false));
  return Value(std::move(text));
}

Result<Value> Interpreter::call_global(GlobalFunction function, const CallArguments& arguments) {
  switch (function) {
    case GlobalFunction::kRange:
      return make_range(arguments);
    case GlobalFunction::kNamespace:
      return make_namespace(arguments);
    case GlobalFunction::kDict:
      return make_dict(arguments);
    default:
      break;
  }
  const bool raises = function == GlobalFunction::kRaiseException;
  const MarkedText* text =
      arguments.positional.size() == 1 ? arguments.positional[0].text() : nullptr;
  if (text == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "{} takes one text",
                raises ? "raise_exception" : "strftime_now");
  }
  if (raises) {
    return fail(ErrorCode::kInvalidArgument, "the template refuses this: {}", text->text());
  }
  GANGLION_ASSIGN(std::string date, format_date(text->text(), runtime_.options().now));
  return runtime_.text(MarkedText(std::move(date)));
}

Result<Value> Interpreter::make_range(const CallArguments& arguments) {
  const size_t count = arguments.positional.size();
  if (count < 1 || count > 3 || !arguments.named.empty()) {
    return fail(ErrorCode::kInvalidArgument, "range takes one to three numbers");
  }
  int64_t numbers[3] = {0, 0, 1};
  for (size_t i = 0; i < count; ++i) {
    const auto number = number_of(arguments.positional[i]);
    if (!number || number->is_float) {
      return fail(ErrorCode::kInvalidArgument, "range takes whole numbers, found {}",
                  type_name(arguments.positional[i]));
    }
    numbers[count == 1 ? 1 : i] = number->whole;
  }
  const auto [begin, end, step] = numbers;
  if (step == 0) return fail(ErrorCode::kInvalidArgument, "the step of a range is 0");
  const bool empty = step > 0 ? begin >= end : begin <= end;
  const uint64_t distance = empty      ? 0
                            : step > 0 ? static_cast<uint64_t>(end) - static_cast<uint64_t>(begin)
                                       : static_cast<uint64_t>(begin) - static_cast<uint64_t>(end);
  const uint64_t stride = step > 0 ? static_cast<uint64_t>(step) : 0 - static_cast<uint64_t>(step);
  const uint64_t length = distance / stride + (distance % stride != 0 ? 1 : 0);
  if (length > runtime_.options().limits.range_elements) {
    return fail(ErrorCode::kLimit, "a range has {} elements, more than {}", length,
                runtime_.options().limits.range_elements);
  }
  std::vector<Value> items;
  for (uint64_t i = 0; i < length; ++i) {
    items.emplace_back(
        static_cast<int64_t>(static_cast<uint64_t>(begin) + i * static_cast<uint64_t>(step)));
  }
  return runtime_.list(std::move(items));
}

Result<Value> Interpreter::make_namespace(const CallArguments& arguments) {
  GANGLION_TRY(runtime_.charge_bytes(sizeof(Namespace) + 64 * arguments.named.size()));
  Namespace members;
  for (const Value& source : arguments.positional) {
    if (source.dict() == nullptr) {
      return fail(ErrorCode::kInvalidArgument, "namespace takes dicts and named values");
    }
    for (const Dict::Member& member : source.dict()->members()) {
      if (member.first.text() == nullptr) continue;
      members.members.emplace_back(member.first.text()->text(), member.second);
    }
  }
  for (const auto& [name, value] : arguments.named) members.members.emplace_back(name, value);
  namespaces_.push_back(std::move(members));
  return Value(&namespaces_.back());
}

Result<Value> Interpreter::make_dict(const CallArguments& arguments) {
  Dict dict;
  for (const Value& source : arguments.positional) {
    if (source.dict() == nullptr) {
      return fail(ErrorCode::kInvalidArgument, "dict takes dicts and named values");
    }
    for (const Dict::Member& member : source.dict()->members()) {
      GANGLION_TRY(runtime_.charge_steps(1));
      dict.set(member.first, member.second);
    }
  }
  for (const auto& [name, value] : arguments.named) dict.set(Value(name), value);
  return runtime_.dict(std::move(dict));
}

}  // namespace ganglion::jinja
