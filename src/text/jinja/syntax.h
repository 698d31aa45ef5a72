// A parsed template.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "text/jinja/value.h"

namespace ganglion::jinja {

struct Expression;
struct Statement;
using ExpressionPointer = std::unique_ptr<Expression>;
using StatementPointer = std::unique_ptr<Statement>;
using Body = std::vector<StatementPointer>;

// Number of a variable's name in Program::names.
using NameId = uint32_t;

enum class ExpressionKind : uint8_t {
  kConstant,
  kName,
  kList,
  kTuple,
  kDict,  // operands: key, value, key, value, …
  kNot,
  kNegative,
  kPositive,
  kArithmetic,  // text: the operator
  kAnd,
  kOr,
  kCompare,  // operands one more than operators, which chain as in Python
  kConcat,
  kConditional,  // operands: condition, value, else (may be null)
  kAttribute,    // text: the name
  kSubscript,    // operands: object, key
  kSlice,        // operands: object, begin, end, step, the last three may be null
  kCall,         // operands: callee
  kFilter,       // operands: input (null in a filter block); text: the name
  kTest,         // operands: input; text: the name
};

struct Arguments {
  std::vector<ExpressionPointer> positional;
  std::vector<std::pair<std::string, ExpressionPointer>> named;
  ExpressionPointer unpacked;        // *list
  ExpressionPointer unpacked_named;  // **dict
};

struct Expression {
  ExpressionKind kind;
  uint32_t offset;     // in the source
  uint32_t depth = 1;  // of this tree
  Value constant;
  NameId name = 0;
  std::string text;
  std::vector<std::string> operators;
  std::vector<ExpressionPointer> operands;
  Arguments arguments;
};

// What a value is assigned to: a name, a member of a namespace, or several of these.
struct Target {
  NameId name = 0;
  std::string member;         // of namespace `name`; empty for a plain name
  std::vector<Target> parts;  // not empty: unpacks
  uint32_t offset = 0;
};

enum class StatementKind : uint8_t {
  kText,
  kOutput,
  kIf,
  kFor,
  kSet,
  kSetBlock,
  kMacro,
  kCallBlock,
  kFilterBlock,
  kWith,
  kGeneration,
  kBreak,
  kContinue,
};

struct Parameter {
  NameId name;
  std::string spelling;
  ExpressionPointer default_value;  // may be null
};

struct Branch {
  ExpressionPointer condition;
  Body body;
};

struct Statement {
  StatementKind kind;
  uint32_t offset;
  std::string text;              // kText
  ExpressionPointer expression;  // output, iterable, value, call, filters of a block (may be null)
  ExpressionPointer condition;   // of kFor, may be null
  std::vector<Branch> branches;  // kIf
  Target target;                 // kFor, kSet, kSetBlock
  std::vector<std::pair<Target, ExpressionPointer>> assignments;  // kWith
  std::vector<Parameter> parameters;                              // kMacro, kCallBlock
  NameId name = 0;                                                // kMacro
  bool takes_more = false;   // kMacro: the body speaks of varargs
  bool takes_named = false;  // kMacro: of kwargs
  bool recursive = false;    // kFor
  Body body;
  Body otherwise;  // else of kIf and kFor
};

struct Program {
  std::string name;
  std::string source;  // normalized
  Body body;
  std::vector<std::string> names;
  // Names that the language itself uses.
  NameId loop = 0, caller = 0, varargs = 0, kwargs = 0;
};

// Deeper expressions and statements are refused when parsed.
inline constexpr uint32_t kMaxSyntaxDepth = 200;

}  // namespace ganglion::jinja
