#include "text/jinja.h"

#include <utility>

#include "text/jinja/interpreter.h"
#include "text/jinja/lexer.h"
#include "text/jinja/parser.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

// "name:" before "line:column: …".
Error in_template(std::string_view name, const Error& error) {
  return Error{error.code, fmt::format("{}:{}", name, error.message)};
}

}  // namespace

JinjaTemplate::JinjaTemplate(std::shared_ptr<const jinja::Program> program)
    : program_(std::move(program)) {}

Result<JinjaTemplate> JinjaTemplate::parse(std::string_view source, std::string_view name,
                                           const JinjaLimits& limits) {
  if (source.size() > limits.source_bytes) {
    return fail(ErrorCode::kLimit, "{}: the template has {} bytes, more than {}", name,
                source.size(), limits.source_bytes);
  }
  if (const size_t invalid = find_invalid_utf8(source); invalid != std::string_view::npos) {
    return fail(ErrorCode::kMalformed, "{}:{}: invalid UTF-8", name,
                jinja::place_of(source.substr(0, invalid), invalid));
  }
  auto program = jinja::parse_program(jinja::normalize_source(source), name);
  if (!program.ok()) return in_template(name, program.error());
  return JinjaTemplate(std::move(program).value());
}

Result<MarkedText> JinjaTemplate::render(const json::object& context,
                                         const JinjaOptions& options) const {
  jinja::Interpreter interpreter(*program_, options);
  auto text = interpreter.render(context);
  if (!text.ok()) return in_template(program_->name, text.error());
  return text;
}

}  // namespace ganglion
