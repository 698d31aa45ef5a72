#include "text/jinja/token_stream.h"

namespace ganglion::jinja {
namespace {

std::string describe(const Token& token) {
  switch (token.type) {
    case TokenType::kText:
      return "text";
    case TokenType::kOutputBegin:
      return "\"{{\"";
    case TokenType::kOutputEnd:
      return "\"}}\"";
    case TokenType::kStatementBegin:
      return "\"{%\"";
    case TokenType::kStatementEnd:
      return "\"%}\"";
    case TokenType::kEnd:
      return "the end of the template";
    case TokenType::kString:
      return "a string";
    default:
      return fmt::format("\"{}\"", token.text);
  }
}

}  // namespace

bool TokenStream::skip_operator(std::string_view text) {
  if (!is_operator(text)) return false;
  take();
  return true;
}

bool TokenStream::skip_word(std::string_view text) {
  if (!is_word(text)) return false;
  take();
  return true;
}

Status TokenStream::expect_operator(std::string_view text) {
  if (!skip_operator(text)) return unexpected(fmt::format("\"{}\"", text));
  return {};
}

Status TokenStream::expect_word(std::string_view text) {
  if (!skip_word(text)) return unexpected(fmt::format("\"{}\"", text));
  return {};
}

Status TokenStream::expect(TokenType type, std::string_view what) {
  if (current().type != type) return unexpected(what);
  take();
  return {};
}

Result<std::string> TokenStream::expect_name(std::string_view what) {
  if (current().type != TokenType::kName) return unexpected(what);
  return take().text;
}

Error TokenStream::error(size_t offset, std::string_view what) const {
  return fail(ErrorCode::kMalformed, "{}: {}", place_of(source_, offset), what);
}

Error TokenStream::unexpected(std::string_view expected) const {
  return error(current().offset,
               fmt::format("expected {}, found {}", expected, describe(current())));
}

NameId TokenStream::name_id(const std::string& name) {
  const auto [place, added] = ids_.try_emplace(name, static_cast<NameId>(names_.size()));
  if (added) names_.push_back(name);
  return place->second;
}

}  // namespace ganglion::jinja
