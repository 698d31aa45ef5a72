#include "text/jinja/interpreter.h"

#include <algorithm>
#include <utility>

#include "text/jinja/lexer.h"
#include "text/jinja/operators.h"
#include "text/jinja/print.h"

namespace ganglion::jinja {

Status Interpreter::Depth::check() const {
  const uint32_t most = interpreter_.runtime_.options().limits.depth;
  if (interpreter_.depth_ <= most) return {};
  return fail(ErrorCode::kLimit, "the template is nested deeper than {}", most);
}

Interpreter::InnerScope::InnerScope(Interpreter& interpreter, Scope* parent)
    : interpreter_(interpreter), outer_(interpreter.scope_), scope_(std::make_unique<Scope>()) {
  scope_->parent = parent;
  interpreter_.scope_ = scope_.get();
}

Interpreter::InnerScope::~InnerScope() {
  interpreter_.scope_ = outer_;
  if (scope_->captured) interpreter_.captured_scopes_.push_back(std::move(scope_));
}

Error Interpreter::at(uint32_t offset, const Error& error) {
  if (std::exchange(has_place_, true)) return error;  // the innermost place is the telling one
  return at_place(place_of(program_.source, offset), error);
}

Result<MarkedText> Interpreter::render(const json::object& context) {
  const auto set_global = [this](std::string_view name, Value value) {
    const auto found = std::find(program_.names.begin(), program_.names.end(), name);
    if (found != program_.names.end()) {
      globals_[static_cast<size_t>(found - program_.names.begin())] = {true, std::move(value)};
    }
  };
  set_global("range", Value(GlobalFunction::kRange));
  set_global("dict", Value(GlobalFunction::kDict));
  set_global("namespace", Value(GlobalFunction::kNamespace));
  set_global("raise_exception", Value(GlobalFunction::kRaiseException));
  set_global("strftime_now", Value(GlobalFunction::kStrftimeNow));
  const auto& frame_keys = runtime_.options().frame_keys;
  for (const auto& member : context) {
    const bool is_frame =
        std::find(frame_keys.begin(), frame_keys.end(), member.key()) != frame_keys.end();
    const bool is_used = std::find(program_.names.begin(), program_.names.end(),
                                   std::string_view(member.key())) != program_.names.end();
    if (!is_used) continue;
    GANGLION_ASSIGN(Value value, value_of_json(runtime_, member.value(), !is_frame));
    set_global(member.key(), std::move(value));
  }
  return capture(program_.body, false);
}

Result<MarkedText> Interpreter::capture(const Body& body, bool scoped) {
  MarkedText text;
  MarkedText* const outer = std::exchange(output_, &text);
  Result<Flow> flow = Flow::kNormal;
  if (scoped) {
    const InnerScope inner(*this, scope_);
    flow = run(body);
  } else {
    flow = run(body);
  }
  output_ = outer;
  if (!flow.ok()) return flow.error();
  return text;
}

Status Interpreter::print(const MarkedText& text, uint32_t offset) {
  const uint64_t most = runtime_.options().limits.output_bytes;
  if (text.size() > most - std::min<uint64_t>(most, output_->size())) {
    return at(offset, fail(ErrorCode::kLimit, "the rendering takes more than {} bytes", most));
  }
  output_->append(text);
  return {};
}

Result<Interpreter::Flow> Interpreter::run(const Body& body) {
  for (const StatementPointer& statement : body) {
    GANGLION_ASSIGN(const Flow flow, run(*statement));
    if (flow != Flow::kNormal) return flow;
  }
  return Flow::kNormal;
}

Result<Interpreter::Flow> Interpreter::run(const Statement& statement) {
  const Depth depth(*this);
  if (const Status status = depth.check(); !status.ok())
    return at(statement.offset, status.error());
  if (const Status status = runtime_.charge_steps(1); !status.ok()) {
    return at(statement.offset, status.error());
  }
  switch (statement.kind) {
    case StatementKind::kText:
    case StatementKind::kOutput:
      GANGLION_TRY(run_output(statement));
      return Flow::kNormal;
    case StatementKind::kIf:
      return run_if(statement);
    case StatementKind::kFor:
      return run_for(statement);
    case StatementKind::kSet:
    case StatementKind::kSetBlock:
      GANGLION_TRY(run_set(statement));
      return Flow::kNormal;
    case StatementKind::kMacro:
      set_variable(statement.name, define_macro(statement));
      return Flow::kNormal;
    case StatementKind::kCallBlock:
      GANGLION_TRY(run_call_block(statement));
      return Flow::kNormal;
    case StatementKind::kFilterBlock: {
      GANGLION_ASSIGN(MarkedText text, capture(statement.body, true));
      GANGLION_ASSIGN(const Value value,
                      evaluate_block_filters(statement.expression, std::move(text)));
      GANGLION_ASSIGN(const MarkedText shown, at(statement.offset, printed(runtime_, value)));
      GANGLION_TRY(print(shown, statement.offset));
      return Flow::kNormal;
    }
    case StatementKind::kWith:
      return run_with(statement);
    case StatementKind::kGeneration: {
      GANGLION_ASSIGN(MarkedText text, capture(statement.body, true));
      GANGLION_TRY(print(text, statement.offset));
      return Flow::kNormal;
    }
    case StatementKind::kBreak:
      return Flow::kBreak;
    case StatementKind::kContinue:
      return Flow::kContinue;
  }
  return Flow::kNormal;
}

Status Interpreter::run_output(const Statement& statement) {
  if (statement.kind == StatementKind::kText) {
    if (const Status status = runtime_.charge_bytes(statement.text.size()); !status.ok()) {
      return at(statement.offset, status.error());
    }
    return print(MarkedText(statement.text), statement.offset);
  }
  GANGLION_ASSIGN(const Value value, evaluate(*statement.expression));
  GANGLION_ASSIGN(MarkedText text, at(statement.offset, printed(runtime_, value)));
  return print(text, statement.offset);
}

Result<Interpreter::Flow> Interpreter::run_if(const Statement& statement) {
  for (const Branch& branch : statement.branches) {
    GANGLION_ASSIGN(const Value condition, evaluate(*branch.condition));
    if (is_true(condition)) return run(branch.body);
  }
  return run(statement.otherwise);
}

Status Interpreter::run_set(const Statement& statement) {
  if (statement.kind == StatementKind::kSet) {
    GANGLION_ASSIGN(Value value, evaluate(*statement.expression));
    return assign(statement.target, std::move(value));
  }
  GANGLION_ASSIGN(MarkedText text, capture(statement.body, true));
  GANGLION_ASSIGN(Value value, evaluate_block_filters(statement.expression, std::move(text)));
  return assign(statement.target, std::move(value));
}

Result<Interpreter::Flow> Interpreter::run_with(const Statement& statement) {
  std::vector<Value> values;
  for (const auto& [target, expression] : statement.assignments) {
    GANGLION_ASSIGN(Value value, evaluate(*expression));
    values.push_back(std::move(value));
  }
  const InnerScope inner(*this, scope_);
  for (size_t i = 0; i < values.size(); ++i) {
    GANGLION_TRY(assign(statement.assignments[i].first, std::move(values[i])));
  }
  return run(statement.body);
}

Status Interpreter::run_call_block(const Statement& statement) {
  const Expression& expression = *statement.expression;
  GANGLION_ASSIGN(const Value callee, evaluate(*expression.operands[0]));
  GANGLION_ASSIGN(CallArguments arguments, evaluate_arguments(expression.arguments));
  arguments.named.emplace_back("caller", define_macro(statement));
  GANGLION_ASSIGN(const Value value, at(expression.offset, call(callee, arguments)));
  GANGLION_ASSIGN(MarkedText text, at(statement.offset, printed(runtime_, value)));
  return print(text, statement.offset);
}

Status Interpreter::assign(const Target& target, Value value) {
  if (!target.parts.empty()) return assign_parts(target, value);
  if (target.member.empty()) {
    set_variable(target.name, std::move(value));
    return {};
  }
  GANGLION_ASSIGN(const Value* holder, find_variable(target.name));
  Namespace* const* members = holder == nullptr ? nullptr : holder->get<Namespace*>();
  if (members == nullptr) {
    return at(target.offset,
              fail(ErrorCode::kInvalidArgument, "{} is no namespace, its members cannot be set",
                   program_.names[target.name]));
  }
  auto& variables = (*members)->members;
  const auto found = std::find_if(variables.begin(), variables.end(), [&](const auto& variable) {
    return variable.first == target.member;
  });
  if (found != variables.end()) {
    found->second = std::move(value);
  } else {
    variables.emplace_back(target.member, std::move(value));
  }
  return {};
}

Status Interpreter::assign_parts(const Target& target, const Value& value) {
  GANGLION_ASSIGN(std::vector<Value> items, at(target.offset, elements_of(runtime_, value)));
  if (items.size() != target.parts.size()) {
    return at(target.offset, fail(ErrorCode::kInvalidArgument, "{} values for {} names",
                                  items.size(), target.parts.size()));
  }
  for (size_t i = 0; i < items.size(); ++i) {
    GANGLION_TRY(assign(target.parts[i], std::move(items[i])));
  }
  return {};
}

Result<const Value*> Interpreter::find_variable(NameId name) {
  for (const Scope* scope = scope_; scope != nullptr; scope = scope->parent) {
    GANGLION_TRY(runtime_.charge_steps(scope->variables.size() / 8));
    for (const auto& [id, value] : scope->variables) {
      if (id == name) return &value;
    }
  }
  const Value* none = nullptr;
  return globals_[name].first ? &globals_[name].second : none;
}

void Interpreter::set_variable(NameId name, Value value) {
  if (scope_ == nullptr) {
    globals_[name] = {true, std::move(value)};
    return;
  }
  for (auto& [id, variable] : scope_->variables) {
    if (id != name) continue;
    variable = std::move(value);
    return;
  }
  scope_->variables.emplace_back(name, std::move(value));
}

}  // namespace ganglion::jinja
