#include "grammar/json_schema/compiler.h"

#include "grammar/json_schema/uri.h"

namespace ganglion::json_schema {

Result<Program> Compiler::run(const json::value& schema) {
  GANGLION_ASSIGN(const Subschema root, documents_.add_root(schema));
  program_.limits = options_.limits;
  program_.root = node_of(root);
  do {
    GANGLION_TRY(read_pending());
  } while (link_dynamic_anchors());
  if (const NodeId node = find_cycle(program_); node != kNone) return cycle_error(node);
  program_.places = documents_.places();
  return std::move(program_);
}

NodeId Compiler::node_of(const Subschema& subschema) {
  const auto [known, is_first] =
      nodes_.emplace(subschema.value, static_cast<NodeId>(program_.nodes.size()));
  if (is_first) {
    Node node;
    node.place = subschema.place;
    node.resource = subschema.resource;
    program_.nodes.push_back(std::move(node));
    pending_.push_back(subschema);
    used_resources_.insert(subschema.resource);
  }
  return known->second;
}

Status Compiler::read_pending() {
  for (; num_read_ < program_.nodes.size(); ++num_read_) {
    const Subschema subschema = pending_[num_read_];
    GANGLION_TRY(read(static_cast<NodeId>(num_read_), subschema));
  }
  return {};
}

Status Compiler::read(NodeId id, const Subschema& subschema) {
  if (subschema.value->is_bool()) {
    program_.nodes[id].verdict = subschema.value->get_bool();
    return {};
  }
  const Site site{subschema.value->get_object(), subschema, id,
                  documents_.resource(subschema.resource).dialect};
  GANGLION_TRY(read_ref(site));
  // Before 2019 a $ref hides what stands beside it.
  if (!site.dialect.is_2020_12() && site.schema.contains("$ref")) return {};
  if (site.dialect.is_2020_12()) GANGLION_TRY(read_dynamic_ref(site));
  if (site.dialect.validation) GANGLION_TRY(read_assertions(site));
  GANGLION_TRY(read_format(site));
  if (site.dialect.applicator) GANGLION_TRY(read_applicators(site));
  if (site.dialect.is_2020_12() && site.dialect.unevaluated) GANGLION_TRY(read_unevaluated(site));
  return {};
}

// Gives every resource in use the nodes of its dynamic anchors; true when that made new nodes.
bool Compiler::link_dynamic_anchors() {
  program_.resources.resize(documents_.resources().size());
  const std::set<uint32_t> used = used_resources_;
  for (uint32_t id = 0; id < program_.resources.size(); ++id) {
    const Resource& resource = documents_.resource(id);
    program_.resources[id].uri = resource.uri;
    if (!used.contains(id)) continue;
    for (const auto& [name, value] : resource.dynamic_anchors) {
      if (!dynamic_names_.contains(name)) continue;
      program_.resources[id].dynamic_anchors.emplace(name, node_of(*documents_.find(value)));
    }
  }
  return num_read_ < program_.nodes.size();
}

Error Compiler::cycle_error(NodeId node) const {
  return fail(ErrorCode::kMalformed,
              "{}: the schema refers back to itself without going into a member or an element, so "
              "it says nothing about a value",
              documents_.location(pending_[node]));
}

std::string Compiler::place(const Site& site, std::string_view token) const {
  return documents_.location(site.subschema).append("/").append(token);
}

Error Compiler::wrong(const Site& site, std::string_view token, std::string_view expected,
                      const json::value& found) const {
  const std::string text =
      found.is_number() ? to_json_text(found) : std::string(json_kind_name(found.kind()));
  return fail(ErrorCode::kMalformed, "{}: expected {}, found {}", place(site, token), expected,
              text);
}

Result<NodeId> Compiler::child(const Site& site, const json::value& value, std::string_view token) {
  const Subschema* subschema = documents_.find(&value);
  if (subschema == nullptr) {
    return wrong(site, token, "a schema (an object, true or false)", value);
  }
  return node_of(*subschema);
}

Result<NodeId> Compiler::optional_child(const Site& site, std::string_view keyword) {
  const json::value* value = find(site, keyword);
  if (value == nullptr) return kNone;
  return child(site, *value, keyword);
}

Result<std::vector<NodeId>> Compiler::child_list(const Site& site, std::string_view keyword) {
  const json::value& value = *find(site, keyword);
  if (!value.is_array()) return wrong(site, keyword, "an array of schemas", value);
  std::vector<NodeId> children;
  for (const json::value& element : value.get_array()) {
    GANGLION_ASSIGN(const NodeId node,
                    child(site, element, fmt::format("{}/{}", keyword, children.size())));
    children.push_back(node);
  }
  return children;
}

Result<const json::object*> Compiler::object_of(const Site& site, std::string_view keyword) const {
  const json::value& value = *find(site, keyword);
  if (!value.is_object()) return wrong(site, keyword, "an object", value);
  return &value.get_object();
}

Result<std::vector<std::string>> Compiler::names_of(const Site& site, const json::value& value,
                                                    std::string_view token) const {
  constexpr std::string_view kExpected = "an array of strings";
  if (!value.is_array()) return wrong(site, token, kExpected, value);
  std::vector<std::string> names;
  for (const json::value& name : value.get_array()) {
    if (!name.is_string()) {
      return wrong(site, fmt::format("{}/{}", token, names.size()), "a string", name);
    }
    names.emplace_back(name.get_string());
  }
  return names;
}

Result<Regex> Compiler::compile_pattern(const Site& site, std::string_view pattern,
                                        std::string_view token) {
  auto regex = Regex::compile(pattern);
  if (!regex.ok()) return at_place(place(site, token), regex.error());
  pattern_bytes_ += regex->num_bytes();
  if (pattern_bytes_ > options_.limits.pattern_bytes) {
    return fail(ErrorCode::kLimit, "{}: the patterns of the schema take more than {} bytes",
                place(site, token), options_.limits.pattern_bytes);
  }
  return regex;
}

}  // namespace ganglion::json_schema
