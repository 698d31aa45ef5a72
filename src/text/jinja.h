// Chat templates: a bounded interpreter of the Jinja language as transformers sets it up
// (trim_blocks, lstrip_blocks, no trailing newline, loop controls, generation blocks, tojson that
// keeps the order of keys, raise_exception, strftime_now, an immutable sandbox).
//
// Reference: Jinja 3.1 and transformers' apply_chat_template; tools/reference/compare_jinja.py
// compares with them. What it lacks is refused with a message: include, import, extends, block,
// autoescape, i18n, and filters that make HTML or random choices.
//
// A template is hostile text: it reaches nothing but its context, and the limits bound its time,
// memory and stack.
#pragma once

#include <cstddef>
#include <cstdint>
#include <ctime>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/json.h"
#include "text/marked_text.h"

namespace ganglion {

namespace jinja {
struct Program;
}

// Where the Python and the JavaScript implementation of chat templates differ.
enum class JinjaDialect {
  // As transformers: True, None, ['a'], {'k': 1}; 'a' + 1 is an error; map() and select() make
  // generators. What models were trained on.
  kPython,
  // As @huggingface/jinja: true, "", ["a"], {"k": 1}; 'a' + 1 is "a1"; map() and select() make
  // lists; a member of an object hides its methods.
  kJavaScript,
};

struct JinjaLimits {
  uint64_t steps = 10'000'000;          // expressions, statements, list elements moved
  uint64_t value_bytes = 256ull << 20;  // of all values made on the way
  uint64_t output_bytes = 64ull << 20;  // of the rendering
  uint64_t source_bytes = 1ull << 20;   // of the template
  uint64_t range_elements = 100'000;    // of one range(), as Jinja's sandbox has it
  uint32_t depth = 600;                 // of nested expressions, statements, loops and macros
};

struct JinjaOptions {
  JinjaDialect dialect = JinjaDialect::kPython;
  JinjaLimits limits;
  std::tm now = {};  // what strftime_now() tells
  // Top-level members of the context whose texts count as the template's frame (bos_token, …). All
  // other texts of the context are marked as data.
  std::vector<std::string_view> frame_keys;
};

// Immutable, thread-safe, cheap to copy.
class JinjaTemplate {
 public:
  // `name` begins the errors, "name:line:column: …". kMalformed for a syntax error, kUnsupported
  // for what this interpreter lacks, kLimit for a template too big or too deep.
  static Result<JinjaTemplate> parse(std::string_view source, std::string_view name,
                                     const JinjaLimits& limits = {});

  // kInvalidArgument for what the template does wrong or its raise_exception(); kLimit when a
  // limit is reached. Errors name line and column.
  Result<MarkedText> render(const json::object& context, const JinjaOptions& options = {}) const;

 private:
  explicit JinjaTemplate(std::shared_ptr<const jinja::Program> program);

  std::shared_ptr<const jinja::Program> program_;
};

}  // namespace ganglion
