// Jinja's expressions. The grammar is that of Jinja 3.1's parser, function by function.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "text/jinja/syntax.h"
#include "text/jinja/token_stream.h"

namespace ganglion::jinja {

class ExpressionParser {
 public:
  explicit ExpressionParser(TokenStream& tokens) : tokens_(tokens) {}

  // `a if b else c` and everything below.
  Result<ExpressionPointer> parse_expression();
  // Without `if`: what a for statement loops over.
  Result<ExpressionPointer> parse_without_condition() { return parse_or(); }
  // One expression, or several with commas, which make a tuple.
  Result<ExpressionPointer> parse_tuple(bool with_condition = true);
  // `| filter | …` after `input`; at least one when `begins_inline` (a filter block's "filter
  // name").
  Result<ExpressionPointer> parse_filters(ExpressionPointer input, bool begins_inline);
  Result<ExpressionPointer> parse_unary(bool with_filters = true);
  // name, (a, b), ns.member (when allowed).
  Result<Target> parse_target(bool with_members);

 private:
  using Parse = Result<ExpressionPointer> (ExpressionParser::*)();
  // Operands by `parse_operand` with `word` between them, from the left.
  Result<ExpressionPointer> parse_chain(std::string_view word, ExpressionKind kind,
                                        Parse parse_operand);
  Result<ExpressionPointer> parse_or();
  Result<ExpressionPointer> parse_and();
  Result<ExpressionPointer> parse_not();
  Result<ExpressionPointer> parse_compare();
  Result<ExpressionPointer> parse_arithmetic(int level);
  Result<ExpressionPointer> parse_concat();
  Result<ExpressionPointer> parse_primary();
  Result<ExpressionPointer> parse_name();
  Result<ExpressionPointer> parse_number();
  Result<ExpressionPointer> parse_parentheses();
  Result<ExpressionPointer> parse_list();
  Result<ExpressionPointer> parse_dict();
  Result<ExpressionPointer> parse_postfix(ExpressionPointer value);
  Result<ExpressionPointer> parse_filters_tests_calls(ExpressionPointer value);
  Result<ExpressionPointer> parse_attribute(ExpressionPointer object);
  Result<ExpressionPointer> parse_subscript(ExpressionPointer object);
  Result<ExpressionPointer> parse_test(ExpressionPointer input);
  Status parse_arguments(Expression& call);
  Result<Target> parse_target_part(bool with_members);

  ExpressionPointer make(ExpressionKind kind, uint32_t offset) const;
  // The finished node, or an error where the tree has become too deep.
  Result<ExpressionPointer> checked(ExpressionPointer node) const;

  TokenStream& tokens_;
  uint32_t depth_ = 0;
};

}  // namespace ganglion::jinja
