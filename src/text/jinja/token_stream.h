// What both halves of the parser stand on: the tokens and the names seen so far.
#pragma once

#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "text/jinja/lexer.h"
#include "text/jinja/syntax.h"

namespace ganglion::jinja {

class TokenStream {
 public:
  TokenStream(std::vector<Token> tokens, std::string_view source)
      : tokens_(std::move(tokens)), source_(source) {}

  const Token& current() const { return tokens_[position_]; }
  const Token& ahead() const { return tokens_[std::min(position_ + 1, tokens_.size() - 1)]; }
  size_t position() const { return position_; }
  const Token& at(size_t position) const { return tokens_[position]; }
  Token take() {
    Token token = tokens_[position_];
    if (position_ + 1 < tokens_.size()) ++position_;
    return token;
  }
  uint32_t offset() const { return static_cast<uint32_t>(current().offset); }

  bool is_operator(std::string_view text) const {
    return current().type == TokenType::kOperator && current().text == text;
  }
  bool is_word(std::string_view text) const {
    return current().type == TokenType::kName && current().text == text;
  }
  bool skip_operator(std::string_view text);
  bool skip_word(std::string_view text);

  Status expect_operator(std::string_view text);
  Status expect_word(std::string_view text);
  Status expect(TokenType type, std::string_view what);
  Result<std::string> expect_name(std::string_view what);

  Error error(size_t offset, std::string_view what) const;
  // "expected …, found …"
  Error unexpected(std::string_view expected) const;

  NameId name_id(const std::string& name);
  std::vector<std::string> take_names() { return std::move(names_); }

 private:
  std::vector<Token> tokens_;
  std::string_view source_;
  size_t position_ = 0;
  std::vector<std::string> names_;
  std::unordered_map<std::string, NameId> ids_;
};

// Recursion of the parser: one of these in each function that may nest.
class SyntaxDepth {
 public:
  explicit SyntaxDepth(uint32_t& depth) : depth_(depth) { ++depth_; }
  ~SyntaxDepth() { --depth_; }
  SyntaxDepth(const SyntaxDepth&) = delete;
  SyntaxDepth& operator=(const SyntaxDepth&) = delete;
  bool too_deep() const { return depth_ > kMaxSyntaxDepth; }

 private:
  uint32_t& depth_;
};

}  // namespace ganglion::jinja
