#include "text/jinja/parser.h"

#include <algorithm>
#include <initializer_list>

#include "text/jinja/expression_parser.h"

namespace ganglion::jinja {
namespace {

using EndWords = std::initializer_list<std::string_view>;

class Parser {
 public:
  Parser(std::vector<Token> tokens, std::string_view source)
      : tokens_(std::move(tokens), source), expressions_(tokens_) {}

  Status parse(Program& program) {
    GANGLION_ASSIGN(program.body, parse_body({}, 0));
    program.loop = tokens_.name_id("loop");
    program.caller = tokens_.name_id("caller");
    program.varargs = tokens_.name_id("varargs");
    program.kwargs = tokens_.name_id("kwargs");
    program.names = tokens_.take_names();
    return {};
  }

 private:
  // Up to one of `ends` (its "{%" taken, its word not), or to the end of the template when there
  // are none. `opened_at` is the place of the statement whose body this is.
  Result<Body> parse_body(EndWords ends, uint32_t opened_at) {
    const SyntaxDepth depth(depth_);
    if (depth.too_deep()) return too_deep();
    Body body;
    while (tokens_.current().type != TokenType::kEnd) {
      const Token token = tokens_.take();
      if (token.type == TokenType::kText) {
        StatementPointer text = make(StatementKind::kText, token.offset);
        text->text = token.text;
        body.push_back(std::move(text));
      } else if (token.type == TokenType::kOutputBegin) {
        StatementPointer output = make(StatementKind::kOutput, token.offset);
        GANGLION_ASSIGN(output->expression, expressions_.parse_tuple());
        GANGLION_TRY(tokens_.expect(TokenType::kOutputEnd, "\"}}\""));
        body.push_back(std::move(output));
      } else {
        if (is_one_of(ends)) return body;
        GANGLION_ASSIGN(StatementPointer statement, parse_statement());
        GANGLION_TRY(end_tag());
        body.push_back(std::move(statement));
      }
    }
    if (ends.size() == 0) return body;
    return tokens_.error(
        opened_at, fmt::format("the block that begins here has no {{% {} %}}", *(ends.end() - 1)));
  }

  bool is_one_of(EndWords words) const {
    return std::any_of(words.begin(), words.end(),
                       [this](std::string_view word) { return tokens_.is_word(word); });
  }
  Status end_tag() { return tokens_.expect(TokenType::kStatementEnd, "\"%}\""); }
  Error too_deep() const {
    Error error = tokens_.error(tokens_.offset(), "blocks are nested too deep");
    error.code = ErrorCode::kLimit;
    return error;
  }
  static StatementPointer make(StatementKind kind, size_t offset) {
    auto statement = std::make_unique<Statement>();
    statement->kind = kind;
    statement->offset = static_cast<uint32_t>(offset);
    return statement;
  }

  Result<StatementPointer> parse_statement() {
    const uint32_t offset = tokens_.offset();
    GANGLION_ASSIGN(const std::string word, tokens_.expect_name("the name of a statement"));
    if (word == "if") return parse_if(offset);
    if (word == "for") return parse_for(offset);
    if (word == "set") return parse_set(offset);
    if (word == "macro") return parse_macro(offset);
    if (word == "call") return parse_call(offset);
    if (word == "filter") return parse_filter(offset);
    if (word == "with") return parse_with(offset);
    if (word == "generation") return parse_generation(offset);
    if (word == "break" || word == "continue") {
      if (loops_ == 0) return tokens_.error(offset, fmt::format("{} outside of a loop", word));
      return make(word == "break" ? StatementKind::kBreak : StatementKind::kContinue, offset);
    }
    Error error = tokens_.error(offset, fmt::format("unknown statement \"{}\"", word));
    constexpr std::string_view kLacking[] = {"include", "import", "from",  "extends",   "block",
                                             "do",      "trans",  "debug", "autoescape"};
    if (std::find(std::begin(kLacking), std::end(kLacking), word) != std::end(kLacking)) {
      error = tokens_.error(offset, fmt::format("chat templates have no \"{}\"", word));
      error.code = ErrorCode::kUnsupported;
    }
    return error;
  }

  // The body and the closing tag, but for the latter's "%}".
  Result<Body> parse_block(EndWords ends, uint32_t offset) {
    GANGLION_TRY(end_tag());
    return parse_body(ends, offset);
  }

  Result<StatementPointer> parse_if(uint32_t offset) {
    StatementPointer statement = make(StatementKind::kIf, offset);
    do {
      Branch branch;
      GANGLION_ASSIGN(branch.condition, expressions_.parse_tuple(false));
      GANGLION_ASSIGN(branch.body, parse_block({"elif", "else", "endif"}, offset));
      statement->branches.push_back(std::move(branch));
    } while (tokens_.skip_word("elif"));
    if (tokens_.skip_word("else")) {
      GANGLION_ASSIGN(statement->otherwise, parse_block({"endif"}, offset));
    }
    tokens_.take();
    return statement;
  }

  Result<StatementPointer> parse_for(uint32_t offset) {
    StatementPointer statement = make(StatementKind::kFor, offset);
    GANGLION_ASSIGN(statement->target, expressions_.parse_target(false));
    GANGLION_TRY(tokens_.expect_word("in"));
    GANGLION_ASSIGN(statement->expression, expressions_.parse_tuple(false));
    if (tokens_.skip_word("if")) {
      GANGLION_ASSIGN(statement->condition, expressions_.parse_expression());
    }
    statement->recursive = tokens_.skip_word("recursive");
    ++loops_;
    GANGLION_ASSIGN(statement->body, parse_block({"else", "endfor"}, offset));
    --loops_;
    if (tokens_.skip_word("else")) {
      GANGLION_ASSIGN(statement->otherwise, parse_block({"endfor"}, offset));
    }
    tokens_.take();
    return statement;
  }

  Result<StatementPointer> parse_set(uint32_t offset) {
    StatementPointer statement = make(StatementKind::kSet, offset);
    GANGLION_ASSIGN(statement->target, expressions_.parse_target(true));
    if (tokens_.skip_operator("=")) {
      GANGLION_ASSIGN(statement->expression, expressions_.parse_tuple());
      return statement;
    }
    statement->kind = StatementKind::kSetBlock;
    if (tokens_.is_operator("|")) {
      GANGLION_ASSIGN(statement->expression, expressions_.parse_filters(nullptr, false));
    }
    GANGLION_ASSIGN(statement->body, parse_block({"endset"}, offset));
    tokens_.take();
    return statement;
  }

  Status parse_parameters(Statement& statement) {
    while (!tokens_.is_operator(")")) {
      if (!statement.parameters.empty()) {
        GANGLION_TRY(tokens_.expect_operator(","));
        if (tokens_.is_operator(")")) break;
      }
      Parameter parameter;
      const uint32_t offset = tokens_.offset();
      GANGLION_ASSIGN(parameter.spelling, tokens_.expect_name("the name of a parameter"));
      parameter.name = tokens_.name_id(parameter.spelling);
      if (tokens_.skip_operator("=")) {
        GANGLION_ASSIGN(parameter.default_value, expressions_.parse_expression());
      } else if (!statement.parameters.empty() &&
                 statement.parameters.back().default_value != nullptr) {
        return tokens_.error(offset, "a parameter without default follows one with a default");
      }
      statement.parameters.push_back(std::move(parameter));
    }
    tokens_.take();
    return {};
  }

  // The body of a macro; loops outside are none of its own.
  Status parse_macro_body(Statement& statement, std::string_view end) {
    const size_t first = tokens_.position();
    const uint32_t loops_outside = std::exchange(loops_, 0);
    GANGLION_ASSIGN(statement.body, parse_block({end}, statement.offset));
    loops_ = loops_outside;
    for (size_t i = first; i < tokens_.position(); ++i) {
      if (tokens_.at(i).type != TokenType::kName) continue;
      statement.takes_more |= tokens_.at(i).text == "varargs";
      statement.takes_named |= tokens_.at(i).text == "kwargs";
    }
    tokens_.take();
    return {};
  }

  Result<StatementPointer> parse_macro(uint32_t offset) {
    StatementPointer statement = make(StatementKind::kMacro, offset);
    GANGLION_ASSIGN(statement->text, tokens_.expect_name("the name of the macro"));
    statement->name = tokens_.name_id(statement->text);
    GANGLION_TRY(tokens_.expect_operator("("));
    GANGLION_TRY(parse_parameters(*statement));
    GANGLION_TRY(parse_macro_body(*statement, "endmacro"));
    return statement;
  }

  Result<StatementPointer> parse_call(uint32_t offset) {
    StatementPointer statement = make(StatementKind::kCallBlock, offset);
    statement->text = "caller";
    if (tokens_.skip_operator("(")) {
      GANGLION_TRY(parse_parameters(*statement));
    }
    GANGLION_ASSIGN(statement->expression, expressions_.parse_expression());
    if (statement->expression->kind != ExpressionKind::kCall) {
      return tokens_.error(offset, "expected the call of a macro");
    }
    GANGLION_TRY(parse_macro_body(*statement, "endcall"));
    return statement;
  }

  Result<StatementPointer> parse_filter(uint32_t offset) {
    StatementPointer statement = make(StatementKind::kFilterBlock, offset);
    GANGLION_ASSIGN(statement->expression, expressions_.parse_filters(nullptr, true));
    GANGLION_ASSIGN(statement->body, parse_block({"endfilter"}, offset));
    tokens_.take();
    return statement;
  }

  Result<StatementPointer> parse_with(uint32_t offset) {
    StatementPointer statement = make(StatementKind::kWith, offset);
    while (tokens_.current().type != TokenType::kStatementEnd) {
      if (!statement->assignments.empty()) {
        GANGLION_TRY(tokens_.expect_operator(","));
      }
      GANGLION_ASSIGN(Target target, expressions_.parse_target(false));
      GANGLION_TRY(tokens_.expect_operator("="));
      GANGLION_ASSIGN(ExpressionPointer value, expressions_.parse_expression());
      statement->assignments.emplace_back(std::move(target), std::move(value));
    }
    GANGLION_ASSIGN(statement->body, parse_block({"endwith"}, offset));
    tokens_.take();
    return statement;
  }

  Result<StatementPointer> parse_generation(uint32_t offset) {
    StatementPointer statement = make(StatementKind::kGeneration, offset);
    const uint32_t loops_outside = std::exchange(loops_, 0);
    GANGLION_ASSIGN(statement->body, parse_block({"endgeneration"}, offset));
    loops_ = loops_outside;
    tokens_.take();
    return statement;
  }

  TokenStream tokens_;
  ExpressionParser expressions_;
  uint32_t depth_ = 0;
  uint32_t loops_ = 0;  // for statements around the current place, within the same macro
};

}  // namespace

Result<std::shared_ptr<const Program>> parse_program(std::string source, std::string_view name) {
  auto program = std::make_shared<Program>();
  program->name = name;
  program->source = std::move(source);
  GANGLION_ASSIGN(std::vector<Token> tokens, lex(program->source));
  Parser parser(std::move(tokens), program->source);
  GANGLION_TRY(parser.parse(*program));
  return std::shared_ptr<const Program>(std::move(program));
}

}  // namespace ganglion::jinja
