// Filters, tests and methods: functions with named parameters.
#pragma once

#include <array>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "text/jinja/runtime.h"

namespace ganglion::jinja {

struct CallArguments {
  std::vector<Value> positional;
  std::vector<std::pair<std::string, Value>> named;
};

inline constexpr size_t kMaxParameters = 5;

// Arguments by the place of their parameter.
class BoundArguments {
 public:
  explicit BoundArguments(const CallArguments& all) : all_(all) {}

  // Null when it was not given.
  const Value* operator[](size_t i) const { return values_[i]; }
  void set(size_t i, const Value* value) { values_[i] = value; }
  // As they were given, for functions that take any.
  const CallArguments& all() const { return all_; }

  bool flag(size_t i, bool otherwise = false) const;
  // kInvalidArgument for what is no whole number. None counts as not given.
  Result<int64_t> whole(size_t i, int64_t otherwise) const;
  // Null when it was not given or is None; kInvalidArgument for what is no text.
  Result<const MarkedText*> text(size_t i) const;
  // The same, but it must be given.
  Result<const MarkedText*> required_text(size_t i) const;

 private:
  const CallArguments& all_;
  std::array<const Value*, kMaxParameters> values_ = {};
};

using BuiltinFunction = Result<Value> (*)(Runtime& runtime, const Value& self,
                                          const BoundArguments& arguments);

struct Builtin {
  std::string_view name;
  BuiltinFunction function;
  std::array<std::string_view, kMaxParameters> parameters = {};
  size_t num_required = 0;
  bool takes_any = false;  // any arguments, as they were given
};

// kInvalidArgument for arguments that fit no parameter or lack.
Result<Value> call_builtin(Runtime& runtime, const Builtin& builtin, const Value& self,
                           const CallArguments& arguments);

// Null when there is none.
const Builtin* find_filter(std::string_view name);
const Builtin* find_condition(std::string_view name);
const Builtin* find_method(const Value& self, std::string_view name);

Result<Value> apply_filter(Runtime& runtime, std::string_view name, const Value& input,
                           const CallArguments& arguments);
// What `input is name(arguments)` says.
Result<bool> apply_condition(Runtime& runtime, std::string_view name, const Value& input,
                             const CallArguments& arguments);

// The tables, one a file.
std::span<const Builtin> text_filters();
std::span<const Builtin> number_filters();
std::span<const Builtin> sequence_filters();
std::span<const Builtin> ordering_filters();
std::span<const Builtin> selection_filters();
std::span<const Builtin> conditions();
std::span<const Builtin> text_methods();
std::span<const Builtin> text_search_methods();
std::span<const Builtin> dict_methods();
std::span<const Builtin> list_methods();

}  // namespace ganglion::jinja
