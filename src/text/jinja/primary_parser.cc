// The leaves of expressions: literals, names, subscripts, arguments and targets.
#include <charconv>
#include <cstdlib>

#include "text/jinja/expression_parser.h"

namespace ganglion::jinja {

Result<ExpressionPointer> ExpressionParser::parse_primary() {
  switch (tokens_.current().type) {
    case TokenType::kName:
      return parse_name();
    case TokenType::kInteger:
    case TokenType::kFloat:
      return parse_number();
    case TokenType::kString: {
      ExpressionPointer node = make(ExpressionKind::kConstant, tokens_.offset());
      std::string text;
      while (tokens_.current().type == TokenType::kString) text += tokens_.take().text;
      node->constant = Value(MarkedText(std::move(text)));
      return node;
    }
    default:
      break;
  }
  if (tokens_.is_operator("(")) return parse_parentheses();
  if (tokens_.is_operator("[")) return parse_list();
  if (tokens_.is_operator("{")) return parse_dict();
  return tokens_.unexpected("a value");
}

Result<ExpressionPointer> ExpressionParser::parse_name() {
  ExpressionPointer node = make(ExpressionKind::kConstant, tokens_.offset());
  const std::string name = tokens_.take().text;
  if (name == "true" || name == "True") {
    node->constant = Value(true);
  } else if (name == "false" || name == "False") {
    node->constant = Value(false);
  } else if (name == "none" || name == "None") {
    node->constant = Value(None{});
  } else {
    node->kind = ExpressionKind::kName;
    node->name = tokens_.name_id(name);
  }
  return node;
}

Result<ExpressionPointer> ExpressionParser::parse_number() {
  ExpressionPointer node = make(ExpressionKind::kConstant, tokens_.offset());
  const Token token = tokens_.take();
  const char* end = token.text.data() + token.text.size();
  if (token.type == TokenType::kFloat) {
    double value = 0;
    const auto read = std::from_chars(token.text.data(), end, value);
    // Beyond what a double holds: Python has infinity or zero.
    if (read.ec != std::errc()) value = std::strtod(token.text.c_str(), nullptr);
    node->constant = Value(value);
    return node;
  }
  int64_t value = 0;
  if (std::from_chars(token.text.data(), end, value).ec != std::errc()) {
    Error error = tokens_.error(token.offset, "a whole number is beyond 64 bits");
    error.code = ErrorCode::kLimit;
    return error;
  }
  node->constant = Value(value);
  return node;
}

Result<ExpressionPointer> ExpressionParser::parse_tuple(bool with_condition) {
  const uint32_t offset = tokens_.offset();
  const auto parse_item = [this, with_condition] {
    return with_condition ? parse_expression() : parse_without_condition();
  };
  const auto at_end = [this] {
    const TokenType type = tokens_.current().type;
    return type == TokenType::kStatementEnd || type == TokenType::kOutputEnd ||
           tokens_.is_operator(")");
  };
  GANGLION_ASSIGN(ExpressionPointer first, parse_item());
  if (!tokens_.is_operator(",")) return first;
  ExpressionPointer node = make(ExpressionKind::kTuple, offset);
  node->operands.push_back(std::move(first));
  while (tokens_.skip_operator(",")) {
    if (at_end()) break;
    GANGLION_ASSIGN(ExpressionPointer item, parse_item());
    node->operands.push_back(std::move(item));
  }
  return checked(std::move(node));
}

Result<ExpressionPointer> ExpressionParser::parse_parentheses() {
  const uint32_t offset = tokens_.offset();
  tokens_.take();
  if (tokens_.skip_operator(")")) return make(ExpressionKind::kTuple, offset);
  GANGLION_ASSIGN(ExpressionPointer value, parse_tuple());
  GANGLION_TRY(tokens_.expect_operator(")"));
  return value;
}

Result<ExpressionPointer> ExpressionParser::parse_list() {
  ExpressionPointer node = make(ExpressionKind::kList, tokens_.offset());
  tokens_.take();
  while (!tokens_.is_operator("]")) {
    if (!node->operands.empty()) {
      GANGLION_TRY(tokens_.expect_operator(","));
      if (tokens_.is_operator("]")) break;
    }
    GANGLION_ASSIGN(ExpressionPointer item, parse_expression());
    node->operands.push_back(std::move(item));
  }
  tokens_.take();
  return checked(std::move(node));
}

Result<ExpressionPointer> ExpressionParser::parse_dict() {
  ExpressionPointer node = make(ExpressionKind::kDict, tokens_.offset());
  tokens_.take();
  while (!tokens_.is_operator("}")) {
    if (!node->operands.empty()) {
      GANGLION_TRY(tokens_.expect_operator(","));
      if (tokens_.is_operator("}")) break;
    }
    GANGLION_ASSIGN(ExpressionPointer key, parse_expression());
    GANGLION_TRY(tokens_.expect_operator(":"));
    GANGLION_ASSIGN(ExpressionPointer value, parse_expression());
    node->operands.push_back(std::move(key));
    node->operands.push_back(std::move(value));
  }
  tokens_.take();
  return checked(std::move(node));
}

Result<ExpressionPointer> ExpressionParser::parse_attribute(ExpressionPointer object) {
  const uint32_t offset = tokens_.offset();
  tokens_.take();
  if (tokens_.current().type == TokenType::kInteger) {
    ExpressionPointer node = make(ExpressionKind::kSubscript, offset);
    node->operands.push_back(std::move(object));
    GANGLION_ASSIGN(ExpressionPointer key, parse_number());
    node->operands.push_back(std::move(key));
    return checked(std::move(node));
  }
  ExpressionPointer node = make(ExpressionKind::kAttribute, offset);
  GANGLION_ASSIGN(node->text, tokens_.expect_name("a name or a number after \".\""));
  node->operands.push_back(std::move(object));
  return checked(std::move(node));
}

Result<ExpressionPointer> ExpressionParser::parse_subscript(ExpressionPointer object) {
  ExpressionPointer node = make(ExpressionKind::kSubscript, tokens_.offset());
  tokens_.take();
  node->operands.push_back(std::move(object));
  for (int part = 0; part < 3; ++part) {
    ExpressionPointer value;
    if (!tokens_.is_operator(":") && !tokens_.is_operator("]")) {
      GANGLION_ASSIGN(value, parse_expression());
    }
    node->operands.push_back(std::move(value));
    if (!tokens_.is_operator(":")) break;
    if (part == 2) break;
    node->kind = ExpressionKind::kSlice;
    tokens_.take();
  }
  if (node->kind == ExpressionKind::kSlice) {
    node->operands.resize(4);
  } else if (node->operands[1] == nullptr) {
    return tokens_.unexpected("a key");
  }
  GANGLION_TRY(tokens_.expect_operator("]"));
  return checked(std::move(node));
}

Status ExpressionParser::parse_arguments(Expression& call) {
  tokens_.take();
  Arguments& arguments = call.arguments;
  bool first = true;
  while (!tokens_.is_operator(")")) {
    if (!first) {
      GANGLION_TRY(tokens_.expect_operator(","));
      if (tokens_.is_operator(")")) break;
    }
    first = false;
    const bool is_list = tokens_.is_operator("*");
    const bool is_dict = tokens_.is_operator("**");
    const bool is_named = tokens_.current().type == TokenType::kName &&
                          tokens_.ahead().type == TokenType::kOperator &&
                          tokens_.ahead().text == "=";
    const bool out_of_order = arguments.unpacked_named != nullptr ||
                              (is_list && arguments.unpacked != nullptr) ||
                              (!is_list && !is_dict && !is_named &&
                               (arguments.unpacked != nullptr || !arguments.named.empty()));
    if (out_of_order) return tokens_.error(tokens_.offset(), "an argument is out of order");
    std::string name;
    if (is_list || is_dict) tokens_.take();
    if (is_named) {
      name = tokens_.take().text;
      tokens_.take();
    }
    GANGLION_ASSIGN(ExpressionPointer value, parse_expression());
    if (is_list) {
      arguments.unpacked = std::move(value);
    } else if (is_dict) {
      arguments.unpacked_named = std::move(value);
    } else if (is_named) {
      arguments.named.emplace_back(std::move(name), std::move(value));
    } else {
      arguments.positional.push_back(std::move(value));
    }
  }
  tokens_.take();
  return {};
}

Result<Target> ExpressionParser::parse_target_part(bool with_members) {
  if (tokens_.skip_operator("(")) {
    const SyntaxDepth depth(depth_);
    if (depth.too_deep()) return tokens_.error(tokens_.offset(), "targets are nested too deep");
    GANGLION_ASSIGN(Target target, parse_target(with_members));
    GANGLION_TRY(tokens_.expect_operator(")"));
    return target;
  }
  Target target;
  target.offset = tokens_.offset();
  GANGLION_ASSIGN(const std::string name, tokens_.expect_name("a name to assign to"));
  if (name == "true" || name == "false" || name == "none" || name == "True" || name == "False" ||
      name == "None") {
    return tokens_.error(target.offset, fmt::format("{} cannot be assigned to", name));
  }
  target.name = tokens_.name_id(name);
  if (with_members && tokens_.skip_operator(".")) {
    GANGLION_ASSIGN(target.member, tokens_.expect_name("the name of a member"));
  }
  return target;
}

Result<Target> ExpressionParser::parse_target(bool with_members) {
  const uint32_t offset = tokens_.offset();
  GANGLION_ASSIGN(Target first, parse_target_part(with_members));
  if (!tokens_.is_operator(",")) return first;
  Target target;
  target.offset = offset;
  target.parts.push_back(std::move(first));
  while (tokens_.skip_operator(",")) {
    if (tokens_.current().type != TokenType::kName && !tokens_.is_operator("(")) break;
    if (tokens_.is_word("in")) break;
    GANGLION_ASSIGN(Target part, parse_target_part(with_members));
    target.parts.push_back(std::move(part));
  }
  return target;
}

}  // namespace ganglion::jinja
