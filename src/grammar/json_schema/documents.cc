#include "grammar/json_schema/documents.h"

#include <algorithm>

#include "base/check.h"
#include "grammar/json_schema/metaschemas.h"
#include "grammar/json_schema/uri.h"

namespace ganglion::json_schema {
namespace {

enum class Holds : uint8_t { kSchema, kList, kMap, kSchemaOrList };

// Keywords whose values hold subschemas, of all drafts.
constexpr std::pair<std::string_view, Holds> kHolders[] = {
    {"$defs", Holds::kMap},
    {"definitions", Holds::kMap},
    {"properties", Holds::kMap},
    {"patternProperties", Holds::kMap},
    {"additionalProperties", Holds::kSchema},
    {"propertyNames", Holds::kSchema},
    {"unevaluatedProperties", Holds::kSchema},
    {"dependentSchemas", Holds::kMap},
    {"dependencies", Holds::kMap},
    {"prefixItems", Holds::kList},
    {"items", Holds::kSchemaOrList},
    {"additionalItems", Holds::kSchema},
    {"unevaluatedItems", Holds::kSchema},
    {"contains", Holds::kSchema},
    {"contentSchema", Holds::kSchema},
    {"allOf", Holds::kList},
    {"anyOf", Holds::kList},
    {"oneOf", Holds::kList},
    {"not", Holds::kSchema},
    {"if", Holds::kSchema},
    {"then", Holds::kSchema},
    {"else", Holds::kSchema},
};

bool is_schema(const json::value& value) { return value.is_object() || value.is_bool(); }

const json::string* find_string(const json::object& object, std::string_view key) {
  const json::value* member = object.if_contains(key);
  return member == nullptr ? nullptr : member->if_string();
}

// The element or member that one token of a JSON pointer names, or null.
const json::value* find_child(const json::value& value, std::string_view token) {
  if (const json::object* object = value.if_object()) {
    return object->if_contains(name_of_token(token));
  }
  const json::array* array = value.if_array();
  if (array == nullptr || token.empty() || token.size() > 9) return nullptr;
  size_t index = 0;
  for (const char c : token) {
    if (c < '0' || c > '9') return nullptr;
    index = index * 10 + static_cast<size_t>(c - '0');
  }
  return index < array->size() ? &(*array)[index] : nullptr;
}

}  // namespace

std::string location_of(const std::vector<Place>& places, std::string_view resource_uri,
                        uint32_t place) {
  std::vector<std::string_view> tokens;
  for (; places[place].parent != kNone; place = places[place].parent) {
    tokens.push_back(places[place].token);
  }
  std::string location(resource_uri);
  location += '#';
  std::for_each(tokens.rbegin(), tokens.rend(),
                [&](std::string_view token) { location.append("/").append(token); });
  return location;
}

std::string Documents::location(const Subschema& subschema) const {
  return location_of(places_, resources_[subschema.resource].uri, subschema.place);
}

const Subschema* Documents::find(const json::value* value) const {
  const auto found = by_value_.find(value);
  return found == by_value_.end() ? nullptr : &found->second;
}

uint32_t Documents::add_place(uint32_t parent, std::string token, uint32_t resource) {
  places_.push_back({parent, std::move(token), resource});
  return static_cast<uint32_t>(places_.size() - 1);
}

uint32_t Documents::add_resource(std::string uri, const json::value& root, Dialect dialect) {
  const auto id = static_cast<uint32_t>(resources_.size());
  by_uri_.emplace(uri, id);  // of two with one URI the first counts
  Resource resource;
  resource.uri = std::move(uri);
  resource.root = {&root, id, add_place(kNone, "", id)};
  resource.dialect = dialect;
  resources_.push_back(std::move(resource));
  return id;
}

Result<Subschema> Documents::add_root(const json::value& schema) {
  GANGLION_ASSIGN(const uint32_t id,
                  add_document("", schema, Dialect{.draft = options_.default_draft}));
  return resources_[id].root;
}

Result<uint32_t> Documents::add_document(std::string_view uri, const json::value& value,
                                         Dialect dialect) {
  if (!is_schema(value)) {
    return fail(ErrorCode::kMalformed,
                "{}#: expected a schema (an object, true or false), found {}", uri,
                json_kind_name(value.kind()));
  }
  const uint32_t id = add_resource(std::string(uri), value, dialect);
  GANGLION_TRY(index(resources_[id].root));
  return id;
}

// Iterative: a document may nest deeper than a stack of calls.
Status Documents::index(const Subschema& start) {
  pending_.assign(1, start);
  while (!pending_.empty()) {
    Subschema subschema = pending_.back();
    pending_.pop_back();
    if (by_value_.contains(subschema.value)) continue;
    if (by_value_.size() >= options_.limits.subschemas) {
      return fail(ErrorCode::kLimit, "{}: the schema has more than {} subschemas",
                  location(subschema), options_.limits.subschemas);
    }
    if (subschema.value->is_object()) {
      GANGLION_TRY(enter(subschema));
      push_children(subschema);
    }
    by_value_.emplace(subschema.value, subschema);
  }
  return {};
}

// The root of a document: its URI, draft and anchors.
Status Documents::enter_root(Subschema& subschema) {
  const json::object& schema = subschema.value->get_object();
  Resource& resource = resources_[subschema.resource];
  GANGLION_ASSIGN(resource.dialect, read_dialect(subschema, schema, resource.dialect));
  const bool is_draft4 = resource.dialect.draft == JsonSchemaDraft::kDraft4;
  if (const json::string* id = find_string(schema, is_draft4 ? "id" : "$id")) {
    const UriAndFragment parts = split_fragment(*id);
    if (!parts.uri.empty()) {
      resource.uri = resolve_uri(resource.uri, parts.uri);
      by_uri_.emplace(resource.uri, subschema.resource);
    }
  }
  return {};
}

// Gives `subschema` a resource of its own where it has an $id.
Status Documents::enter(Subschema& subschema) {
  const json::object& schema = subschema.value->get_object();
  if (subschema.value == resources_[subschema.resource].root.value) {
    GANGLION_TRY(enter_root(subschema));
    note_anchors(subschema);
    return {};
  }
  const Dialect outer = resources_[subschema.resource].dialect;
  const bool is_draft4 = outer.draft == JsonSchemaDraft::kDraft4;
  const std::string_view keyword = is_draft4 ? "id" : "$id";
  const json::value* id = schema.if_contains(keyword);
  // Before 2019 a $ref hides what stands beside it.
  if (id == nullptr || (!outer.is_2020_12() && schema.contains("$ref"))) {
    note_anchors(subschema);
    return {};
  }
  if (!id->is_string()) {
    if (is_draft4) return {};
    return fail(ErrorCode::kMalformed, "{}/{}: expected a string, found {}", location(subschema),
                keyword, json_kind_name(id->kind()));
  }
  const UriAndFragment parts = split_fragment(id->get_string());
  if (!parts.uri.empty()) {
    GANGLION_ASSIGN(const Dialect dialect, read_dialect(subschema, schema, outer));
    const uint32_t own = add_resource(resolve_uri(resources_[subschema.resource].uri, parts.uri),
                                      *subschema.value, dialect);
    subschema = resources_[own].root;
  }
  note_anchors(subschema);
  return {};
}

void Documents::note_anchors(const Subschema& subschema) {
  const json::object& schema = subschema.value->get_object();
  Resource& resource = resources_[subschema.resource];
  if (resource.dialect.is_2020_12()) {
    if (const json::string* anchor = find_string(schema, "$anchor")) {
      resource.anchors.emplace(*anchor, subschema.value);
    }
    if (const json::string* anchor = find_string(schema, "$dynamicAnchor")) {
      resource.anchors.emplace(*anchor, subschema.value);
      resource.dynamic_anchors.emplace(*anchor, subschema.value);
    }
    return;
  }
  const bool is_draft4 = resource.dialect.draft == JsonSchemaDraft::kDraft4;
  if (schema.contains("$ref")) return;
  if (const json::string* id = find_string(schema, is_draft4 ? "id" : "$id")) {
    const std::string anchor = split_fragment(*id).fragment;
    if (!anchor.empty() && anchor[0] != '/') resource.anchors.emplace(anchor, subschema.value);
  }
}

void Documents::push_children(const Subschema& subschema) {
  const auto push = [&](const json::value& value, std::string token) {
    if (!is_schema(value)) return;
    const uint32_t place = add_place(subschema.place, std::move(token), subschema.resource);
    pending_.push_back({&value, subschema.resource, place});
  };
  const json::object& schema = subschema.value->get_object();
  for (const auto& [keyword, holds] : kHolders) {
    const json::value* value = schema.if_contains(keyword);
    if (value == nullptr) continue;
    if (holds == Holds::kSchema || holds == Holds::kSchemaOrList)
      push(*value, std::string(keyword));
    if ((holds == Holds::kList || holds == Holds::kSchemaOrList) && value->is_array()) {
      for (size_t i = 0; i < value->get_array().size(); ++i) {
        push(value->get_array()[i], fmt::format("{}/{}", keyword, i));
      }
    }
    if (holds == Holds::kMap && value->is_object()) {
      for (const json::key_value_pair& member : value->get_object()) {
        push(member.value(), fmt::format("{}/{}", keyword, pointer_token(member.key())));
      }
    }
  }
}

Result<uint32_t> Documents::find_resource(const std::string& uri, Dialect dialect) {
  const auto known = by_uri_.find(uri);
  if (known != by_uri_.end()) return known->second;
  if (options_.registry != nullptr) {
    const auto document = options_.registry->find(uri);
    if (document != options_.registry->end()) {
      return add_document(uri, document->second, dialect);
    }
  }
  if (const std::string_view text = find_metaschema(uri); !text.empty()) {
    auto metaschema = parse_json(text, uri);
    GANGLION_ASSERT(metaschema.ok());
    parsed_.push_back(*std::move(metaschema));
    return add_document(uri, parsed_.back(), dialect);
  }
  return fail(ErrorCode::kNotFound,
              "leads to \"{}\", which is no schema of this document or of the registry", uri);
}

Result<Subschema> Documents::resolve(const Subschema& from, std::string_view reference) {
  const UriAndFragment parts = split_fragment(reference);
  uint32_t id = from.resource;
  if (!parts.uri.empty()) {
    GANGLION_ASSIGN(
        id, find_resource(resolve_uri(resources_[id].uri, parts.uri), resources_[id].dialect));
  }
  if (parts.fragment.empty()) return resources_[id].root;
  if (parts.fragment[0] == '/') return follow_pointer(id, parts.fragment);
  const auto anchor = resources_[id].anchors.find(parts.fragment);
  if (anchor == resources_[id].anchors.end()) {
    return fail(ErrorCode::kNotFound, "leads to the anchor \"{}\" of \"{}\", which does not exist",
                parts.fragment, resources_[id].uri);
  }
  const Subschema* found = find(anchor->second);
  GANGLION_ASSERT(found != nullptr);
  return *found;
}

// A pointer may lead through keywords that hold no schemas; what it then finds is read as one.
Result<Subschema> Documents::follow_pointer(uint32_t resource, std::string_view pointer) {
  Subschema nearest = resources_[resource].root;
  std::string rest;  // from `nearest` on
  const json::value* value = nearest.value;
  for (std::string_view left = pointer; !left.empty();) {
    left.remove_prefix(1);
    const std::string_view token = left.substr(0, left.find('/'));
    left.remove_prefix(token.size());
    value = find_child(*value, token);
    if (value == nullptr) {
      return fail(ErrorCode::kNotFound, "leads to \"{}#{}\", which does not exist",
                  resources_[resource].uri, pointer);
    }
    if (!rest.empty()) rest += '/';
    rest += token;
    if (const Subschema* known = find(value)) {
      nearest = *known;
      rest.clear();
    }
  }
  if (nearest.value == value) return nearest;
  if (!is_schema(*value)) {
    return fail(ErrorCode::kMalformed,
                "leads to \"{}#{}\": expected a schema (an object, true or false), found {}",
                resources_[resource].uri, pointer, json_kind_name(value->kind()));
  }
  const uint32_t place = add_place(nearest.place, std::move(rest), nearest.resource);
  GANGLION_TRY(index({value, nearest.resource, place}));
  return *find(value);
}

}  // namespace ganglion::json_schema
