// What expressions are worth.
#include "text/jinja/access.h"
#include "text/jinja/interpreter.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"

namespace ganglion::jinja {

Result<Value> Interpreter::evaluate(const Expression& expression) {
  const Depth depth(*this);
  if (const Status status = depth.check(); !status.ok()) {
    return at(expression.offset, status.error());
  }
  if (const Status status = runtime_.charge_steps(1); !status.ok()) {
    return at(expression.offset, status.error());
  }
  return evaluate_now(expression);
}

Result<Value> Interpreter::evaluate_now(const Expression& expression) {
  const auto& operands = expression.operands;
  switch (expression.kind) {
    case ExpressionKind::kConstant:
      return expression.constant;
    case ExpressionKind::kName:
      return evaluate_name(expression);
    case ExpressionKind::kList:
    case ExpressionKind::kTuple:
      return evaluate_list(expression);
    case ExpressionKind::kDict:
      return evaluate_dict(expression);
    case ExpressionKind::kCompare:
      return evaluate_compare(expression);
    case ExpressionKind::kConcat:
      return evaluate_concat(expression);
    case ExpressionKind::kConditional:
      return evaluate_conditional(expression);
    case ExpressionKind::kSlice:
      return evaluate_slice(expression);
    case ExpressionKind::kFilter:
      return evaluate_filter(expression);
    default:
      break;
  }
  GANGLION_ASSIGN(const Value first, evaluate(*operands[0]));
  switch (expression.kind) {
    case ExpressionKind::kNot:
      return Value(!is_true(first));
    case ExpressionKind::kAnd:
      return is_true(first) ? evaluate(*operands[1]) : first;
    case ExpressionKind::kOr:
      return is_true(first) ? first : evaluate(*operands[1]);
    case ExpressionKind::kNegative:
      return at(expression.offset, negate(first));
    case ExpressionKind::kPositive:
      return at(expression.offset, calculate(runtime_, "+", Value(int64_t{0}), first));
    case ExpressionKind::kAttribute:
      return at(expression.offset, get_attribute(runtime_, first, expression.text));
    case ExpressionKind::kTest: {
      GANGLION_ASSIGN(const CallArguments arguments, evaluate_arguments(expression.arguments));
      GANGLION_ASSIGN(
          const bool result,
          at(expression.offset, apply_condition(runtime_, expression.text, first, arguments)));
      return Value(result);
    }
    case ExpressionKind::kCall: {
      GANGLION_ASSIGN(const CallArguments arguments, evaluate_arguments(expression.arguments));
      return at(expression.offset, call(first, arguments));
    }
    default:
      break;
  }
  GANGLION_ASSIGN(const Value second, evaluate(*operands[1]));
  if (expression.kind == ExpressionKind::kSubscript) {
    return at(expression.offset, get_item(runtime_, first, second));
  }
  return at(expression.offset, calculate(runtime_, expression.text, first, second));
}

Result<Value> Interpreter::evaluate_name(const Expression& expression) {
  const Result<const Value*> found = find_variable(expression.name);
  if (!found.ok()) return at(expression.offset, found.error());
  if (*found != nullptr) return **found;
  return undefined(fmt::format("\"{}\" is undefined", program_.names[expression.name]));
}

Result<Value> Interpreter::evaluate_list(const Expression& expression) {
  std::vector<Value> items;
  for (const ExpressionPointer& operand : expression.operands) {
    GANGLION_ASSIGN(Value item, evaluate(*operand));
    items.push_back(std::move(item));
  }
  const bool is_tuple = expression.kind == ExpressionKind::kTuple;
  return at(expression.offset,
            runtime_.list(std::move(items), is_tuple ? ListKind::kTuple : ListKind::kList));
}

Result<Value> Interpreter::evaluate_dict(const Expression& expression) {
  Dict dict;
  for (size_t i = 0; i < expression.operands.size(); i += 2) {
    GANGLION_ASSIGN(Value key, evaluate(*expression.operands[i]));
    GANGLION_ASSIGN(Value value, evaluate(*expression.operands[i + 1]));
    if (!is_hashable(key)) {
      return at(
          expression.operands[i]->offset,
          fail(ErrorCode::kInvalidArgument, "a value of type {} cannot be a key", type_name(key)));
    }
    if (const MarkedText* text = key.text()) {
      if (const Status status = runtime_.charge_bytes(text->size()); !status.ok()) {
        return at(expression.offset, status.error());
      }
    }
    dict.set(std::move(key), std::move(value));
  }
  return at(expression.offset, runtime_.dict(std::move(dict)));
}

Result<Value> Interpreter::evaluate_compare(const Expression& expression) {
  GANGLION_ASSIGN(Value left, evaluate(*expression.operands[0]));
  for (size_t i = 0; i < expression.operators.size(); ++i) {
    GANGLION_ASSIGN(Value right, evaluate(*expression.operands[i + 1]));
    GANGLION_ASSIGN(const bool holds, at(expression.operands[i + 1]->offset,
                                         compare(runtime_, expression.operators[i], left, right)));
    if (!holds) return Value(false);
    left = std::move(right);
  }
  return Value(true);
}

Result<Value> Interpreter::evaluate_concat(const Expression& expression) {
  MarkedText text;
  for (const ExpressionPointer& operand : expression.operands) {
    GANGLION_ASSIGN(const Value value, evaluate(*operand));
    if (const Status status = append_printed(runtime_, value, text); !status.ok()) {
      return at(operand->offset, status.error());
    }
  }
  return Value(std::move(text));
}

Result<Value> Interpreter::evaluate_conditional(const Expression& expression) {
  GANGLION_ASSIGN(const Value condition, evaluate(*expression.operands[0]));
  if (is_true(condition)) return evaluate(*expression.operands[1]);
  if (expression.operands[2] != nullptr) return evaluate(*expression.operands[2]);
  return undefined("an inline if without else has no value");
}

Result<Value> Interpreter::evaluate_slice(const Expression& expression) {
  GANGLION_ASSIGN(const Value object, evaluate(*expression.operands[0]));
  Value bounds[3] = {Value(None{}), Value(None{}), Value(None{})};
  for (size_t i = 0; i < 3; ++i) {
    if (expression.operands[i + 1] == nullptr) continue;
    GANGLION_ASSIGN(bounds[i], evaluate(*expression.operands[i + 1]));
  }
  return at(expression.offset, get_slice(runtime_, object, bounds[0], bounds[1], bounds[2]));
}

Result<Value> Interpreter::evaluate_filter(const Expression& expression) {
  Value input;
  if (expression.operands[0] != nullptr) {
    GANGLION_ASSIGN(input, evaluate(*expression.operands[0]));
  } else {
    input = *block_input_;
  }
  GANGLION_ASSIGN(const CallArguments arguments, evaluate_arguments(expression.arguments));
  return at(expression.offset, apply_filter(runtime_, expression.text, input, arguments));
}

Result<Value> Interpreter::evaluate_block_filters(const ExpressionPointer& expression,
                                                  MarkedText text) {
  Value input(std::move(text));
  if (expression == nullptr) return input;
  const Value* const outer = std::exchange(block_input_, &input);
  Result<Value> result = evaluate(*expression);
  block_input_ = outer;
  return result;
}

Result<CallArguments> Interpreter::evaluate_arguments(const Arguments& arguments) {
  CallArguments result;
  for (const ExpressionPointer& expression : arguments.positional) {
    GANGLION_ASSIGN(Value value, evaluate(*expression));
    result.positional.push_back(std::move(value));
  }
  for (const auto& [name, expression] : arguments.named) {
    GANGLION_ASSIGN(Value value, evaluate(*expression));
    result.named.emplace_back(name, std::move(value));
  }
  if (arguments.unpacked != nullptr) {
    GANGLION_ASSIGN(const Value list, evaluate(*arguments.unpacked));
    GANGLION_ASSIGN(const std::vector<Value> items,
                    at(arguments.unpacked->offset, elements_of(runtime_, list)));
    result.positional.insert(result.positional.end(), items.begin(), items.end());
  }
  if (arguments.unpacked_named != nullptr) {
    GANGLION_ASSIGN(const Value value, evaluate(*arguments.unpacked_named));
    const Dict* dict = value.dict();
    if (dict == nullptr) {
      return at(arguments.unpacked_named->offset,
                fail(ErrorCode::kInvalidArgument, "** needs a dict, found {}", type_name(value)));
    }
    for (const Dict::Member& member : dict->members()) {
      if (const MarkedText* name = member.first.text()) {
        result.named.emplace_back(name->text(), member.second);
      }
    }
  }
  return result;
}

}  // namespace ganglion::jinja
