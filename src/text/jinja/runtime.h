// The options and what is left of the limits of one rendering. Every value made on the way is made
// here, so that a hostile template cannot outgrow them.
#pragma once

#include <cstdint>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "text/jinja.h"
#include "text/jinja/value.h"

namespace ganglion::jinja {

// Lists and dicts are nested at most this deep.
inline constexpr uint32_t kMaxValueDepth = 200;

class Runtime {
 public:
  explicit Runtime(const JinjaOptions& options)
      : options_(options),
        steps_left_(options.limits.steps),
        bytes_left_(options.limits.value_bytes) {}

  const JinjaOptions& options() const { return options_; }
  bool is_python() const { return options_.dialect == JinjaDialect::kPython; }

  // kLimit when the budget is spent.
  Status charge_steps(uint64_t steps);
  // Of a value about to be made; costs steps too.
  Status charge_bytes(uint64_t bytes);

  Result<Value> text(MarkedText text);
  Result<Value> list(std::vector<Value> items, ListKind kind = ListKind::kList);
  // What filters like map() give: a generator in Python, a list in JavaScript.
  Result<Value> sequence(std::vector<Value> items);
  Result<Value> dict(Dict dict);

 private:
  const JinjaOptions& options_;
  uint64_t steps_left_;
  uint64_t bytes_left_;
};

// The elements that a for loop sees: of lists, the keys of dicts, the characters of texts, nothing
// of undefined. kInvalidArgument for others.
Result<std::vector<Value>> elements_of(Runtime& runtime, const Value& value);

// A JSON value of the context. All its texts are data, or all are frame.
Result<Value> value_of_json(Runtime& runtime, const json::value& source, bool is_data);

}  // namespace ganglion::jinja
