// Holds an instance against a Program. First silently; only where it does not fit a second time,
// explaining: messages of alternatives that failed on the way to a fit would be made for nothing.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "grammar/json_schema/program.h"

namespace ganglion::json_schema {

// One value inside the whole instance; a chain of them on the stack is its location.
struct Instance {
  const json::value& value;
  const Instance* parent = nullptr;
  std::string_view name = {};  // in an object
  size_t index = 0;            // in an array
  uint32_t depth = 0;
};

std::string location_of(const Instance& instance);

class Evaluator {
 public:
  explicit Evaluator(const Program& program) : program_(program) {}

  Result<std::optional<JsonSchemaFailure>> run(const json::value& instance);

 private:
  // Which members (by their place in the object) or elements some keyword has looked at.
  using Marks = std::vector<bool>;

  // One rule of one node, held against one instance. `marks` is null when nobody asks for them.
  struct Site {
    const Node& node;
    std::string_view keyword;
    const Instance& instance;
    Marks* marks;
  };
  class Scope;

  struct Noted {
    JsonSchemaFailure failure;
    uint32_t depth;  // of its instance
  };

  // Both false once the limits are exceeded: error_ says so, and every result is void.
  bool evaluate(NodeId id, const Instance& instance, Marks* marks);
  bool fits_rules(const Node& node, const Instance& instance, Marks* marks);
  // The same without explanation, for what may fail.
  bool evaluate_silently(NodeId id, const Instance& instance, Marks* marks);

  // evaluate_values.cc
  bool check(const TypeRule& rule, const Site& site);
  bool check(const EnumRule& rule, const Site& site);
  bool check(const NumberBoundRule& rule, const Site& site);
  bool check(const MultipleOfRule& rule, const Site& site);
  bool check(const CountRule& rule, const Site& site);
  bool check(const PatternRule& rule, const Site& site);
  bool check(const FormatRule& rule, const Site& site);

  // evaluate_objects.cc
  bool check(const RequiredRule& rule, const Site& site);
  bool check(const DependentRequiredRule& rule, const Site& site);
  bool check(const DependentSchemaRule& rule, const Site& site);
  bool check(const PropertiesRule& rule, const Site& site);
  bool check(const PropertyNamesRule& rule, const Site& site);
  bool check(const UnevaluatedPropertiesRule& rule, const Site& site);
  bool check_member(const PropertiesRule& rule, const Site& site, const Instance& member,
                    size_t place);
  bool refuse_member(const PropertiesRule& rule, const Site& site, const Instance& member);

  // evaluate_arrays.cc
  bool check(const ItemsRule& rule, const Site& site);
  bool check(const ContainsRule& rule, const Site& site);
  bool check(const UniqueItemsRule& rule, const Site& site);
  bool check(const UnevaluatedItemsRule& rule, const Site& site);

  // evaluate_combinations.cc
  bool check(const RefRule& rule, const Site& site);
  bool check(const DynamicRefRule& rule, const Site& site);
  bool check(const CombinationRule& rule, const Site& site);
  bool check(const NotRule& rule, const Site& site);
  bool check(const ConditionRule& rule, const Site& site);
  bool check_any_of(const CombinationRule& rule, const Site& site);
  bool check_one_of(const CombinationRule& rule, const Site& site);
  // Evaluates with marks of its own, which count only where it fits.
  bool evaluate_branch(NodeId id, const Site& site);

  bool is_false(NodeId id) const { return program_.nodes[id].verdict == false; }
  // Whether the pattern occurs; its steps count.
  bool occurs(const Regex& pattern, std::string_view text);
  // False, and error_, when the steps are spent.
  bool spend(uint64_t num_steps);
  void stop(ErrorCode code, std::string message);

  // Notes the failure where explanations are wanted and it lies deeper in the instance than what is
  // noted already. Returns false.
  template <typename Message>
  bool refuse(const Site& site, const Message& message) {
    return refuse_at(site, site.keyword, site.instance, message);
  }
  template <typename Message>
  bool refuse_at(const Site& site, std::string_view keyword, const Instance& instance,
                 const Message& message) {
    if (!wants_failure(instance)) return false;
    note(site, keyword, instance, message());
    return false;
  }
  bool wants_failure(const Instance& instance) const {
    return is_explaining_ && (!noted_ || instance.depth > noted_->depth);
  }
  void note(const Site& site, std::string_view keyword, const Instance& instance,
            std::string message);

  const Program& program_;
  uint64_t num_steps_ = 0;
  uint32_t depth_ = 0;
  std::vector<uint32_t> scopes_;  // of resources, the outermost first
  std::optional<Error> error_;
  bool is_explaining_ = false;
  std::optional<Noted> noted_;  // the failure that says most up to now
};

}  // namespace ganglion::json_schema
