// for statements and what `loop` does.
#include "text/jinja/interpreter.h"
#include "text/jinja/operators.h"

namespace ganglion::jinja {

Result<Interpreter::Flow> Interpreter::run_for(const Statement& statement) {
  GANGLION_ASSIGN(const Value iterable, evaluate(*statement.expression));
  GANGLION_ASSIGN(std::vector<Value> items,
                  at(statement.expression->offset, elements_of(runtime_, iterable)));
  return loop_over(statement, std::move(items), 1);
}

Result<std::vector<Value>> Interpreter::filter_items(const Statement& statement,
                                                     std::vector<Value> items) {
  if (statement.condition == nullptr) return items;
  std::vector<Value> kept;
  for (Value& item : items) {
    const InnerScope inner(*this, scope_);
    GANGLION_TRY(assign(statement.target, item));
    GANGLION_ASSIGN(const Value condition, evaluate(*statement.condition));
    if (is_true(condition)) kept.push_back(std::move(item));
  }
  return kept;
}

Result<Interpreter::Flow> Interpreter::loop_over(const Statement& statement,
                                                 std::vector<Value> items, int64_t depth) {
  GANGLION_ASSIGN(items, filter_items(statement, std::move(items)));
  if (items.empty()) {
    const InnerScope inner(*this, scope_);
    return run(statement.otherwise);
  }
  auto loop = std::make_shared<LoopState>();
  loop->items = std::move(items);
  loop->depth = depth;
  loop->statement = statement.recursive ? &statement : nullptr;
  return run_iterations(statement, loop);
}

Result<Interpreter::Flow> Interpreter::run_iterations(const Statement& statement,
                                                      const LoopPointer& loop) {
  for (size_t i = 0; i < loop->items.size(); ++i) {
    loop->index = i;
    if (const Status status = runtime_.charge_bytes(sizeof(Scope)); !status.ok()) {
      return at(statement.offset, status.error());
    }
    InnerScope inner(*this, scope_);
    set_variable(program_.loop, Value(loop));
    GANGLION_TRY(assign(statement.target, loop->items[i]));
    GANGLION_ASSIGN(const Flow flow, run(statement.body));
    if (flow == Flow::kBreak) break;
  }
  return Flow::kNormal;
}

Result<Value> Interpreter::call_loop(const LoopState& loop, const CallArguments& arguments) {
  if (loop.statement == nullptr) {
    return fail(ErrorCode::kInvalidArgument, "loop() needs a loop that is marked recursive");
  }
  if (arguments.positional.size() != 1 || !arguments.named.empty()) {
    return fail(ErrorCode::kInvalidArgument, "loop() takes one argument");
  }
  GANGLION_ASSIGN(std::vector<Value> items, elements_of(runtime_, arguments.positional[0]));
  const auto& statement = *static_cast<const Statement*>(loop.statement);
  MarkedText text;
  MarkedText* const outer = std::exchange(output_, &text);
  const Result<Flow> flow = loop_over(statement, std::move(items), loop.depth + 1);
  output_ = outer;
  if (!flow.ok()) return flow.error();
  return Value(std::move(text));
}

Result<Value> Interpreter::call_loop_method(LoopState& loop, std::string_view name,
                                            const CallArguments& arguments) {
  const std::vector<Value>& values = arguments.positional;
  if (name == "cycle") {
    if (values.empty()) return fail(ErrorCode::kInvalidArgument, "cycle() needs values");
    return values[loop.index % values.size()];
  }
  bool same = loop.last_changed.size() == values.size() && !values.empty();
  for (size_t i = 0; same && i < values.size(); ++i) {
    GANGLION_ASSIGN(same, are_equal(runtime_, loop.last_changed[i], values[i]));
  }
  // A loop that remembers itself would never be freed.
  for (const Value& value : values) {
    if (value.loop() != nullptr || value.method() != nullptr || depth_of(value) > 0) {
      return fail(ErrorCode::kUnsupported, "changed() takes texts and numbers");
    }
  }
  loop.last_changed = values;
  return Value(!same);
}

}  // namespace ganglion::jinja
