#include "text/jinja/expression_parser.h"

#include <algorithm>
#include <charconv>
#include <cstdlib>

namespace ganglion::jinja {

ExpressionPointer ExpressionParser::make(ExpressionKind kind, uint32_t offset) const {
  auto node = std::make_unique<Expression>();
  node->kind = kind;
  node->offset = offset;
  return node;
}

Result<ExpressionPointer> ExpressionParser::checked(ExpressionPointer node) const {
  uint32_t deepest = 0;
  const auto look_at = [&deepest](const ExpressionPointer& child) {
    if (child != nullptr) deepest = std::max(deepest, child->depth);
  };
  for (const ExpressionPointer& child : node->operands) look_at(child);
  for (const ExpressionPointer& child : node->arguments.positional) look_at(child);
  for (const auto& [name, child] : node->arguments.named) look_at(child);
  look_at(node->arguments.unpacked);
  look_at(node->arguments.unpacked_named);
  node->depth = deepest + 1;
  if (node->depth > kMaxSyntaxDepth) {
    Error error = tokens_.error(node->offset, "the expression is nested too deep");
    error.code = ErrorCode::kLimit;
    return error;
  }
  return node;
}

Result<ExpressionPointer> ExpressionParser::parse_expression() {
  const SyntaxDepth depth(depth_);
  if (depth.too_deep()) {
    Error error = tokens_.error(tokens_.offset(), "the expression is nested too deep");
    error.code = ErrorCode::kLimit;
    return error;
  }
  GANGLION_ASSIGN(ExpressionPointer value, parse_or());
  while (tokens_.is_word("if")) {
    ExpressionPointer node = make(ExpressionKind::kConditional, tokens_.offset());
    tokens_.take();
    GANGLION_ASSIGN(ExpressionPointer condition, parse_or());
    ExpressionPointer otherwise;
    if (tokens_.skip_word("else")) {
      GANGLION_ASSIGN(otherwise, parse_expression());
    }
    node->operands.push_back(std::move(condition));
    node->operands.push_back(std::move(value));
    node->operands.push_back(std::move(otherwise));
    GANGLION_ASSIGN(value, checked(std::move(node)));
  }
  return value;
}

Result<ExpressionPointer> ExpressionParser::parse_chain(std::string_view word, ExpressionKind kind,
                                                        Parse parse_operand) {
  GANGLION_ASSIGN(ExpressionPointer left, (this->*parse_operand)());
  while (tokens_.is_word(word)) {
    ExpressionPointer node = make(kind, tokens_.offset());
    tokens_.take();
    GANGLION_ASSIGN(ExpressionPointer right, (this->*parse_operand)());
    node->operands.push_back(std::move(left));
    node->operands.push_back(std::move(right));
    GANGLION_ASSIGN(left, checked(std::move(node)));
  }
  return left;
}

Result<ExpressionPointer> ExpressionParser::parse_or() {
  return parse_chain("or", ExpressionKind::kOr, &ExpressionParser::parse_and);
}

Result<ExpressionPointer> ExpressionParser::parse_and() {
  return parse_chain("and", ExpressionKind::kAnd, &ExpressionParser::parse_not);
}

Result<ExpressionPointer> ExpressionParser::parse_not() {
  if (!tokens_.is_word("not")) return parse_compare();
  const SyntaxDepth depth(depth_);
  ExpressionPointer node = make(ExpressionKind::kNot, tokens_.offset());
  if (depth.too_deep()) return tokens_.error(node->offset, "the expression is nested too deep");
  tokens_.take();
  GANGLION_ASSIGN(ExpressionPointer operand, parse_not());
  node->operands.push_back(std::move(operand));
  return checked(std::move(node));
}

Result<ExpressionPointer> ExpressionParser::parse_compare() {
  ExpressionPointer node = make(ExpressionKind::kCompare, tokens_.offset());
  GANGLION_ASSIGN(ExpressionPointer first, parse_arithmetic(0));
  node->operands.push_back(std::move(first));
  while (true) {
    const Token token = tokens_.current();
    const bool symbol = token.type == TokenType::kOperator &&
                        (token.text == "==" || token.text == "!=" || token.text == "<" ||
                         token.text == "<=" || token.text == ">" || token.text == ">=");
    const bool negated = tokens_.is_word("not") && tokens_.ahead().type == TokenType::kName &&
                         tokens_.ahead().text == "in";
    if (!symbol && !negated && !tokens_.is_word("in")) break;
    tokens_.take();
    if (negated) tokens_.take();
    node->operators.push_back(negated ? "not in" : token.text);
    GANGLION_ASSIGN(ExpressionPointer operand, parse_arithmetic(0));
    node->operands.push_back(std::move(operand));
  }
  if (node->operators.empty()) return std::move(node->operands[0]);
  return checked(std::move(node));
}

// Levels: 0 for + and -, 1 for * / // %, 2 for **; concatenation binds between 0 and 1.
Result<ExpressionPointer> ExpressionParser::parse_arithmetic(int level) {
  const auto parse_operand = [this, level] {
    return level == 0 ? parse_concat() : level == 1 ? parse_arithmetic(2) : parse_unary();
  };
  const auto is_ours = [this, level] {
    if (level == 0) return tokens_.is_operator("+") || tokens_.is_operator("-");
    if (level == 2) return tokens_.is_operator("**");
    return tokens_.is_operator("*") || tokens_.is_operator("/") || tokens_.is_operator("//") ||
           tokens_.is_operator("%");
  };
  GANGLION_ASSIGN(ExpressionPointer left, parse_operand());
  while (is_ours()) {
    ExpressionPointer node = make(ExpressionKind::kArithmetic, tokens_.offset());
    node->text = tokens_.take().text;
    GANGLION_ASSIGN(ExpressionPointer right, parse_operand());
    node->operands.push_back(std::move(left));
    node->operands.push_back(std::move(right));
    GANGLION_ASSIGN(left, checked(std::move(node)));
  }
  return left;
}

Result<ExpressionPointer> ExpressionParser::parse_concat() {
  ExpressionPointer node = make(ExpressionKind::kConcat, tokens_.offset());
  do {
    GANGLION_ASSIGN(ExpressionPointer operand, parse_arithmetic(1));
    node->operands.push_back(std::move(operand));
  } while (tokens_.skip_operator("~"));
  if (node->operands.size() == 1) return std::move(node->operands[0]);
  return checked(std::move(node));
}

Result<ExpressionPointer> ExpressionParser::parse_unary(bool with_filters) {
  const SyntaxDepth depth(depth_);
  if (depth.too_deep()) {
    Error error = tokens_.error(tokens_.offset(), "the expression is nested too deep");
    error.code = ErrorCode::kLimit;
    return error;
  }
  ExpressionPointer value;
  if (tokens_.is_operator("-") || tokens_.is_operator("+")) {
    ExpressionPointer node =
        make(tokens_.is_operator("-") ? ExpressionKind::kNegative : ExpressionKind::kPositive,
             tokens_.offset());
    tokens_.take();
    GANGLION_ASSIGN(ExpressionPointer operand, parse_unary(false));
    node->operands.push_back(std::move(operand));
    GANGLION_ASSIGN(value, checked(std::move(node)));
  } else {
    GANGLION_ASSIGN(value, parse_primary());
  }
  GANGLION_ASSIGN(value, parse_postfix(std::move(value)));
  if (!with_filters) return value;
  return parse_filters_tests_calls(std::move(value));
}

Result<ExpressionPointer> ExpressionParser::parse_postfix(ExpressionPointer value) {
  while (true) {
    if (tokens_.is_operator(".")) {
      GANGLION_ASSIGN(value, parse_attribute(std::move(value)));
    } else if (tokens_.is_operator("[")) {
      GANGLION_ASSIGN(value, parse_subscript(std::move(value)));
    } else if (tokens_.is_operator("(")) {
      ExpressionPointer call = make(ExpressionKind::kCall, tokens_.offset());
      GANGLION_TRY(parse_arguments(*call));
      call->operands.push_back(std::move(value));
      GANGLION_ASSIGN(value, checked(std::move(call)));
    } else {
      return value;
    }
  }
}

Result<ExpressionPointer> ExpressionParser::parse_filters_tests_calls(ExpressionPointer value) {
  while (true) {
    if (tokens_.is_operator("|")) {
      GANGLION_ASSIGN(value, parse_filters(std::move(value), false));
    } else if (tokens_.is_word("is")) {
      GANGLION_ASSIGN(value, parse_test(std::move(value)));
    } else if (tokens_.is_operator("(")) {
      ExpressionPointer call = make(ExpressionKind::kCall, tokens_.offset());
      GANGLION_TRY(parse_arguments(*call));
      call->operands.push_back(std::move(value));
      GANGLION_ASSIGN(value, checked(std::move(call)));
    } else {
      return value;
    }
  }
}

Result<ExpressionPointer> ExpressionParser::parse_filters(ExpressionPointer input,
                                                          bool begins_inline) {
  ExpressionPointer value = std::move(input);
  while (begins_inline || tokens_.is_operator("|")) {
    if (!begins_inline) tokens_.take();
    begins_inline = false;
    ExpressionPointer node = make(ExpressionKind::kFilter, tokens_.offset());
    GANGLION_ASSIGN(node->text, tokens_.expect_name("the name of a filter"));
    if (tokens_.is_operator("(")) {
      GANGLION_TRY(parse_arguments(*node));
    }
    node->operands.push_back(std::move(value));
    GANGLION_ASSIGN(value, checked(std::move(node)));
  }
  return value;
}

Result<ExpressionPointer> ExpressionParser::parse_test(ExpressionPointer input) {
  ExpressionPointer node = make(ExpressionKind::kTest, tokens_.offset());
  tokens_.take();
  const bool negated = tokens_.skip_word("not");
  GANGLION_ASSIGN(node->text, tokens_.expect_name("the name of a test"));
  const TokenType type = tokens_.current().type;
  const bool argument_follows = type == TokenType::kString || type == TokenType::kInteger ||
                                type == TokenType::kFloat || tokens_.is_operator("[") ||
                                tokens_.is_operator("{") ||
                                (type == TokenType::kName && !tokens_.is_word("else") &&
                                 !tokens_.is_word("or") && !tokens_.is_word("and"));
  if (tokens_.is_operator("(")) {
    GANGLION_TRY(parse_arguments(*node));
  } else if (argument_follows) {
    if (tokens_.is_word("is")) return tokens_.error(node->offset, "tests cannot be chained");
    GANGLION_ASSIGN(ExpressionPointer argument, parse_primary());
    GANGLION_ASSIGN(argument, parse_postfix(std::move(argument)));
    node->arguments.positional.push_back(std::move(argument));
  }
  node->operands.push_back(std::move(input));
  const uint32_t offset = node->offset;
  GANGLION_ASSIGN(ExpressionPointer test, checked(std::move(node)));
  if (!negated) return test;
  ExpressionPointer inverse = make(ExpressionKind::kNot, offset);
  inverse->operands.push_back(std::move(test));
  return checked(std::move(inverse));
}

}  // namespace ganglion::jinja
