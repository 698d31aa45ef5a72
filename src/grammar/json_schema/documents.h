// The JSON documents that a schema is made of: finds the subschemas in them, their URIs and
// anchors, and says where a reference leads. Used while compiling only.
#pragma once

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "grammar/json_schema.h"
#include "grammar/json_schema/program.h"

namespace ganglion::json_schema {

// Which keywords count.
struct Dialect {
  JsonSchemaDraft draft = JsonSchemaDraft::k2020_12;
  bool applicator = true;  // the vocabularies of 2020-12
  bool unevaluated = true;
  bool validation = true;
  bool asserts_format = false;

  bool is_2020_12() const { return draft == JsonSchemaDraft::k2020_12; }
};

struct Subschema {
  const json::value* value;  // an object, true or false
  uint32_t resource;
  uint32_t place;
};

struct Resource {
  std::string uri;
  Subschema root;
  Dialect dialect;
  std::map<std::string, const json::value*, std::less<>> anchors;  // of both kinds
  std::map<std::string, const json::value*, std::less<>> dynamic_anchors;
};

class Documents {
 public:
  // Borrows the options; the documents are borrowed as well.
  explicit Documents(const JsonSchemaOptions& options) : options_(options) {}

  // Once, before everything else.
  Result<Subschema> add_root(const json::value& schema);

  // The error says where the reference leads, but not where it stands.
  Result<Subschema> resolve(const Subschema& from, std::string_view reference);

  // Null for a value that no keyword makes a schema.
  const Subschema* find(const json::value* value) const;

  const Resource& resource(uint32_t id) const { return resources_[id]; }
  const std::vector<Resource>& resources() const { return resources_; }
  const std::vector<Place>& places() const { return places_; }
  std::string location(const Subschema& subschema) const;

 private:
  Result<uint32_t> add_document(std::string_view uri, const json::value& value, Dialect dialect);
  Result<Dialect> read_dialect(const Subschema& at, const json::object& schema, Dialect outer);
  Result<Dialect> read_vocabularies(const json::object& metaschema, std::string_view uri) const;
  Status index(const Subschema& start);
  Status enter(Subschema& subschema);
  Status enter_root(Subschema& subschema);
  void note_anchors(const Subschema& subschema);
  void push_children(const Subschema& subschema);
  uint32_t add_resource(std::string uri, const json::value& root, Dialect dialect);
  uint32_t add_place(uint32_t parent, std::string token, uint32_t resource);
  Result<uint32_t> find_resource(const std::string& uri, Dialect dialect);
  Result<Subschema> follow_pointer(uint32_t resource, std::string_view pointer);

  const JsonSchemaOptions& options_;
  std::vector<Resource> resources_;
  std::vector<Place> places_;
  std::map<std::string, uint32_t, std::less<>> by_uri_;
  std::unordered_map<const json::value*, Subschema> by_value_;
  std::vector<Subschema> pending_;  // of index()
  std::deque<json::value> parsed_;  // metaschemas; a deque keeps their addresses
};

}  // namespace ganglion::json_schema
