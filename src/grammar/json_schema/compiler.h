// Turns the subschemas that the root leads to into a Program.
#pragma once

#include <map>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/json_schema/documents.h"
#include "grammar/json_schema/program.h"

namespace ganglion::json_schema {

// Iterative: nodes wait in a queue, so that neither nesting nor a chain of references costs stack.
class Compiler {
 public:
  explicit Compiler(const JsonSchemaOptions& options) : options_(options), documents_(options) {}

  Result<Program> run(const json::value& schema);

 private:
  // The object being read, a copy of its Subschema and the node it becomes.
  struct Site {
    const json::object& schema;
    Subschema subschema;
    NodeId node;
    Dialect dialect;
  };

  NodeId node_of(const Subschema& subschema);
  Status read(NodeId id, const Subschema& subschema);
  Status read_pending();
  bool link_dynamic_anchors();
  Error cycle_error(NodeId node) const;

  // references.cc
  Status read_ref(const Site& site);
  Status read_dynamic_ref(const Site& site);

  // assertions.cc
  Status read_assertions(const Site& site);
  Status read_type(const Site& site);
  Status read_enum(const Site& site, std::string_view keyword);
  Status read_bounds(const Site& site);
  Status read_multiple_of(const Site& site);
  Status read_counts(const Site& site);
  Status read_pattern(const Site& site);
  Status read_format(const Site& site);
  Status read_required(const Site& site);
  Status read_dependent_required(const Site& site);

  // applicators.cc
  Status read_applicators(const Site& site);
  Status read_properties(const Site& site);
  Status read_items(const Site& site);
  Status read_contains(const Site& site);
  Status read_combination(const Site& site, std::string_view keyword, Combination combination);
  Status read_condition(const Site& site);
  Status read_dependent_schemas(const Site& site);
  Status read_dependencies(const Site& site);
  Status read_unevaluated(const Site& site);

  // The value of a keyword; null when it is not there.
  static const json::value* find(const Site& site, std::string_view keyword) {
    return site.schema.if_contains(keyword);
  }
  // The node of a value that has to be a schema; `token` is its way from the site.
  Result<NodeId> child(const Site& site, const json::value& value, std::string_view token);
  // kNone when the keyword is not there.
  Result<NodeId> optional_child(const Site& site, std::string_view keyword);
  Result<std::vector<NodeId>> child_list(const Site& site, std::string_view keyword);
  Result<const json::object*> object_of(const Site& site, std::string_view keyword) const;
  Result<uint64_t> count_of(const Site& site, std::string_view keyword) const;
  Result<std::vector<std::string>> names_of(const Site& site, const json::value& value,
                                            std::string_view token) const;
  Result<Regex> compile_pattern(const Site& site, std::string_view pattern, std::string_view token);
  std::string place(const Site& site, std::string_view token) const;
  Error wrong(const Site& site, std::string_view token, std::string_view expected,
              const json::value& found) const;
  template <typename Check>
  void add_rule(const Site& site, std::string_view keyword, Check&& check) {
    program_.nodes[site.node].rules.push_back({keyword, std::forward<Check>(check)});
  }

  const JsonSchemaOptions& options_;
  Documents documents_;
  Program program_;
  std::unordered_map<const json::value*, NodeId> nodes_;
  std::vector<Subschema> pending_;  // of the nodes [num_read_, nodes.size())
  size_t num_read_ = 0;
  uint64_t pattern_bytes_ = 0;
  std::set<std::string, std::less<>> dynamic_names_;  // that some $dynamicRef asks for
  std::set<uint32_t> used_resources_;
};

// A node from which subschemas lead back to it without going into the instance, or kNone.
NodeId find_cycle(const Program& program);

}  // namespace ganglion::json_schema
