// One rendering of a program.
#pragma once

#include <deque>
#include <memory>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "text/jinja/builtins.h"
#include "text/jinja/runtime.h"
#include "text/jinja/syntax.h"

namespace ganglion::jinja {

// The variables of a block. A scope that a macro was defined in lives on to the end of the
// rendering; others end with their block.
struct Scope {
  Scope* parent = nullptr;
  std::vector<std::pair<NameId, Value>> variables;
  bool captured = false;
};

struct Macro {
  const Statement* definition;
  Scope* scope;  // in which it was defined
};

class Interpreter {
 public:
  Interpreter(const Program& program, const JinjaOptions& options)
      : program_(program), runtime_(options), globals_(program.names.size()) {}
  Interpreter(const Interpreter&) = delete;
  Interpreter& operator=(const Interpreter&) = delete;

  // Errors begin with "line:column: ".
  Result<MarkedText> render(const json::object& context);

 private:
  enum class Flow { kNormal, kBreak, kContinue };
  class Depth;
  class InnerScope;

  // Statements (interpreter.cc).
  Result<Flow> run(const Body& body);
  Result<Flow> run(const Statement& statement);
  Status run_output(const Statement& statement);
  Result<Flow> run_if(const Statement& statement);
  Result<Flow> run_for(const Statement& statement);
  Status run_set(const Statement& statement);
  Status run_call_block(const Statement& statement);
  Result<Flow> run_with(const Statement& statement);
  // What `body` prints, in a scope of its own when `scoped`.
  Result<MarkedText> capture(const Body& body, bool scoped);
  Status assign(const Target& target, Value value);
  Status assign_parts(const Target& target, const Value& value);
  Status print(const MarkedText& text, uint32_t offset);

  // Loops (loops.cc).
  Result<Flow> loop_over(const Statement& statement, std::vector<Value> items, int64_t depth);
  Result<Flow> run_iterations(const Statement& statement, const LoopPointer& loop);
  Result<std::vector<Value>> filter_items(const Statement& statement, std::vector<Value> items);
  Result<Value> call_loop(const LoopState& loop, const CallArguments& arguments);
  Result<Value> call_loop_method(LoopState& loop, std::string_view name,
                                 const CallArguments& arguments);

  // Expressions (evaluate.cc).
  Result<Value> evaluate(const Expression& expression);
  Result<Value> evaluate_now(const Expression& expression);
  Result<Value> evaluate_name(const Expression& expression);
  Result<Value> evaluate_list(const Expression& expression);
  Result<Value> evaluate_dict(const Expression& expression);
  Result<Value> evaluate_compare(const Expression& expression);
  Result<Value> evaluate_concat(const Expression& expression);
  Result<Value> evaluate_conditional(const Expression& expression);
  Result<Value> evaluate_slice(const Expression& expression);
  Result<Value> evaluate_filter(const Expression& expression);
  // The filters of a block on what the block printed; `expression` may be null.
  Result<Value> evaluate_block_filters(const ExpressionPointer& expression, MarkedText text);
  Result<CallArguments> evaluate_arguments(const Arguments& arguments);

  // Calls (calls.cc).
  Result<Value> call(const Value& callee, const CallArguments& arguments);
  Result<Value> call_macro(const Macro& macro, const CallArguments& arguments);
  Status bind_macro_arguments(const Macro& macro, const CallArguments& arguments, Scope& scope);
  Result<Value> call_global(GlobalFunction function, const CallArguments& arguments);
  Result<Value> make_range(const CallArguments& arguments);
  Result<Value> make_namespace(const CallArguments& arguments);
  Result<Value> make_dict(const CallArguments& arguments);
  Value define_macro(const Statement& definition);

  // Null when the name has no value.
  Result<const Value*> find_variable(NameId name);
  void set_variable(NameId name, Value value);

  // The error with its line and column, which the first call gives. It ends the rendering.
  Error at(uint32_t offset, const Error& error);
  template <typename T>
  Result<T> at(uint32_t offset, Result<T> result) {
    if (result.ok()) return result;
    return at(offset, result.error());
  }

  const Program& program_;
  Runtime runtime_;
  std::vector<std::pair<bool, Value>> globals_;  // by name: the context, and the outermost scope
  Scope* scope_ = nullptr;                       // null outside of every block
  std::vector<std::unique_ptr<Scope>> captured_scopes_;
  std::deque<Macro> macros_;
  std::deque<Namespace> namespaces_;
  MarkedText* output_ = nullptr;
  const Value* block_input_ = nullptr;  // of the filters of a block
  uint32_t depth_ = 0;
  bool has_place_ = false;  // of the error that ends the rendering
};

// Recursion of the interpreter; check too_deep() before going on.
class Interpreter::Depth {
 public:
  explicit Depth(Interpreter& interpreter) : interpreter_(interpreter) { ++interpreter_.depth_; }
  ~Depth() { --interpreter_.depth_; }
  Depth(const Depth&) = delete;
  Depth& operator=(const Depth&) = delete;
  Status check() const;

 private:
  Interpreter& interpreter_;
};

// A scope within `parent` for as long as this lives.
class Interpreter::InnerScope {
 public:
  InnerScope(Interpreter& interpreter, Scope* parent);
  ~InnerScope();
  InnerScope(const InnerScope&) = delete;
  InnerScope& operator=(const InnerScope&) = delete;
  Scope& scope() { return *scope_; }

 private:
  Interpreter& interpreter_;
  Scope* outer_;
  std::unique_ptr<Scope> scope_;
};

}  // namespace ganglion::jinja
