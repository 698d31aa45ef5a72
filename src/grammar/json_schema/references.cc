// $ref and $dynamicRef, and the search for references that lead back to themselves.
#include "grammar/json_schema/compiler.h"
#include "grammar/json_schema/uri.h"

namespace ganglion::json_schema {
namespace {

// The nodes that a rule applies to the same instance, whatever that is.
struct InPlace {
  std::vector<NodeId>& targets;

  void operator()(const RefRule& rule) { targets.push_back(rule.target); }
  void operator()(const DependentSchemaRule& rule) { targets.push_back(rule.schema); }
  void operator()(const NotRule& rule) { targets.push_back(rule.schema); }
  void operator()(const CombinationRule& rule) {
    targets.insert(targets.end(), rule.schemas.begin(), rule.schemas.end());
  }
  void operator()(const ConditionRule& rule) {
    for (const NodeId node : {rule.condition, rule.then, rule.otherwise}) {
      if (node != kNone) targets.push_back(node);
    }
  }
  void operator()(const DynamicRefRule& rule) {
    if (rule.anchor.empty()) targets.push_back(rule.target);  // else it depends on the scopes
  }
  template <typename Other>
  void operator()(const Other&) {}
};

std::vector<NodeId> in_place_targets(const Node& node) {
  std::vector<NodeId> targets;
  for (const Rule& rule : node.rules) std::visit(InPlace{targets}, rule.check);
  return targets;
}

}  // namespace

Status Compiler::read_ref(const Site& site) {
  const json::value* ref = find(site, "$ref");
  if (ref == nullptr) return {};
  if (!ref->is_string()) return wrong(site, "$ref", "a string", *ref);
  const auto target = documents_.resolve(site.subschema, ref->get_string());
  if (!target.ok()) return at_place(place(site, "$ref"), target.error());
  add_rule(site, "$ref", RefRule{node_of(*target)});
  return {};
}

Status Compiler::read_dynamic_ref(const Site& site) {
  const json::value* ref = find(site, "$dynamicRef");
  if (ref == nullptr) return {};
  if (!ref->is_string()) return wrong(site, "$dynamicRef", "a string", *ref);
  const auto target = documents_.resolve(site.subschema, ref->get_string());
  if (!target.ok()) return at_place(place(site, "$dynamicRef"), target.error());
  // It looks at the scopes only where it first leads to a $dynamicAnchor of that name.
  std::string anchor = split_fragment(ref->get_string()).fragment;
  const Resource& resource = documents_.resource(target->resource);
  const auto found = resource.dynamic_anchors.find(anchor);
  if (found == resource.dynamic_anchors.end() || found->second != target->value) anchor.clear();
  if (!anchor.empty()) dynamic_names_.insert(anchor);
  add_rule(site, "$dynamicRef", DynamicRefRule{node_of(*target), std::move(anchor)});
  return {};
}

// Kahn's topological sort: what it cannot take off lies on a cycle or behind one. Going backwards
// among those from any of them ends on a cycle.
NodeId find_cycle(const Program& program) {
  const size_t num_nodes = program.nodes.size();
  std::vector<uint32_t> num_sources(num_nodes, 0);
  for (const Node& node : program.nodes) {
    for (const NodeId target : in_place_targets(node)) ++num_sources[target];
  }
  std::vector<NodeId> free;
  for (NodeId id = 0; id < num_nodes; ++id) {
    if (num_sources[id] == 0) free.push_back(id);
  }
  std::vector<bool> is_taken(num_nodes, false);
  while (!free.empty()) {
    const NodeId id = free.back();
    free.pop_back();
    is_taken[id] = true;
    for (const NodeId target : in_place_targets(program.nodes[id])) {
      if (--num_sources[target] == 0) free.push_back(target);
    }
  }
  std::vector<NodeId> source(num_nodes, kNone);
  NodeId left = kNone;
  for (NodeId id = 0; id < num_nodes; ++id) {
    if (is_taken[id]) continue;
    left = id;
    for (const NodeId target : in_place_targets(program.nodes[id])) source[target] = id;
  }
  if (left == kNone) return kNone;
  for (size_t i = 0; i < num_nodes; ++i) left = source[left];
  return left;
}

}  // namespace ganglion::json_schema
