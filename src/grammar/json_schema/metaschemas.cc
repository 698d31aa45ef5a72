#include "grammar/json_schema/metaschemas.h"

namespace ganglion::json_schema {
namespace {

constexpr std::string_view k2020_12 = R"json({
  "$schema": "https://json-schema.org/draft/2020-12/schema",
  "$id": "https://json-schema.org/draft/2020-12/schema",
  "$dynamicAnchor": "meta",
  "type": ["object", "boolean"],
  "$defs": {
    "schema": {"$dynamicRef": "#meta"},
    "schemas": {"type": "object", "additionalProperties": {"$dynamicRef": "#meta"}},
    "list": {"type": "array", "minItems": 1, "items": {"$dynamicRef": "#meta"}},
    "count": {"type": "integer", "minimum": 0},
    "names": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
    "anchor": {"type": "string", "pattern": "^[A-Za-z_][-A-Za-z0-9._]*$"},
    "type": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}
  },
  "properties": {
    "$id": {"type": "string", "format": "uri-reference", "pattern": "^[^#]*#?$"},
    "$schema": {"type": "string", "format": "uri"},
    "$ref": {"type": "string", "format": "uri-reference"},
    "$anchor": {"$ref": "#/$defs/anchor"},
    "$dynamicRef": {"type": "string", "format": "uri-reference"},
    "$dynamicAnchor": {"$ref": "#/$defs/anchor"},
    "$vocabulary": {
      "type": "object",
      "propertyNames": {"type": "string", "format": "uri"},
      "additionalProperties": {"type": "boolean"}
    },
    "$comment": {"type": "string"},
    "$defs": {"$ref": "#/$defs/schemas"},
    "definitions": {"$ref": "#/$defs/schemas"},

    "type": {"anyOf": [
      {"$ref": "#/$defs/type"},
      {"type": "array", "items": {"$ref": "#/$defs/type"}, "minItems": 1, "uniqueItems": true}
    ]},
    "enum": {"type": "array"},
    "minimum": {"type": "number"},
    "maximum": {"type": "number"},
    "exclusiveMinimum": {"type": "number"},
    "exclusiveMaximum": {"type": "number"},
    "multipleOf": {"type": "number", "exclusiveMinimum": 0},
    "minLength": {"$ref": "#/$defs/count"},
    "maxLength": {"$ref": "#/$defs/count"},
    "pattern": {"type": "string", "format": "regex"},
    "format": {"type": "string"},
    "minItems": {"$ref": "#/$defs/count"},
    "maxItems": {"$ref": "#/$defs/count"},
    "uniqueItems": {"type": "boolean"},
    "minContains": {"$ref": "#/$defs/count"},
    "maxContains": {"$ref": "#/$defs/count"},
    "minProperties": {"$ref": "#/$defs/count"},
    "maxProperties": {"$ref": "#/$defs/count"},
    "required": {"$ref": "#/$defs/names"},
    "dependentRequired": {"type": "object", "additionalProperties": {"$ref": "#/$defs/names"}},

    "prefixItems": {"$ref": "#/$defs/list"},
    "items": {"$ref": "#/$defs/schema"},
    "contains": {"$ref": "#/$defs/schema"},
    "properties": {"$ref": "#/$defs/schemas"},
    "patternProperties": {"$ref": "#/$defs/schemas", "propertyNames": {"format": "regex"}},
    "additionalProperties": {"$ref": "#/$defs/schema"},
    "propertyNames": {"$ref": "#/$defs/schema"},
    "dependentSchemas": {"$ref": "#/$defs/schemas"},
    "dependencies": {"type": "object", "additionalProperties": {
      "anyOf": [{"$ref": "#/$defs/schema"}, {"$ref": "#/$defs/names"}]
    }},
    "allOf": {"$ref": "#/$defs/list"},
    "anyOf": {"$ref": "#/$defs/list"},
    "oneOf": {"$ref": "#/$defs/list"},
    "not": {"$ref": "#/$defs/schema"},
    "if": {"$ref": "#/$defs/schema"},
    "then": {"$ref": "#/$defs/schema"},
    "else": {"$ref": "#/$defs/schema"},
    "unevaluatedItems": {"$ref": "#/$defs/schema"},
    "unevaluatedProperties": {"$ref": "#/$defs/schema"},

    "title": {"type": "string"},
    "description": {"type": "string"},
    "deprecated": {"type": "boolean"},
    "readOnly": {"type": "boolean"},
    "writeOnly": {"type": "boolean"},
    "examples": {"type": "array"},
    "contentEncoding": {"type": "string"},
    "contentMediaType": {"type": "string"},
    "contentSchema": {"$ref": "#/$defs/schema"}
  }
})json";

constexpr std::string_view kDraft7 = R"json({
  "$schema": "http://json-schema.org/draft-07/schema#",
  "$id": "http://json-schema.org/draft-07/schema#",
  "type": ["object", "boolean"],
  "definitions": {
    "schemas": {"type": "object", "additionalProperties": {"$ref": "#"}},
    "list": {"type": "array", "minItems": 1, "items": {"$ref": "#"}},
    "count": {"type": "integer", "minimum": 0},
    "names": {"type": "array", "items": {"type": "string"}, "uniqueItems": true},
    "type": {"enum": ["array", "boolean", "integer", "null", "number", "object", "string"]}
  },
  "properties": {
    "$id": {"type": "string", "format": "uri-reference"},
    "$schema": {"type": "string", "format": "uri"},
    "$ref": {"type": "string", "format": "uri-reference"},
    "$comment": {"type": "string"},
    "definitions": {"$ref": "#/definitions/schemas"},

    "type": {"anyOf": [
      {"$ref": "#/definitions/type"},
      {"type": "array", "items": {"$ref": "#/definitions/type"}, "minItems": 1, "uniqueItems": true}
    ]},
    "enum": {"type": "array"},
    "minimum": {"type": "number"},
    "maximum": {"type": "number"},
    "exclusiveMinimum": {"type": "number"},
    "exclusiveMaximum": {"type": "number"},
    "multipleOf": {"type": "number", "exclusiveMinimum": 0},
    "minLength": {"$ref": "#/definitions/count"},
    "maxLength": {"$ref": "#/definitions/count"},
    "pattern": {"type": "string", "format": "regex"},
    "format": {"type": "string"},
    "minItems": {"$ref": "#/definitions/count"},
    "maxItems": {"$ref": "#/definitions/count"},
    "uniqueItems": {"type": "boolean"},
    "minProperties": {"$ref": "#/definitions/count"},
    "maxProperties": {"$ref": "#/definitions/count"},
    "required": {"$ref": "#/definitions/names"},

    "items": {"anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/list"}]},
    "additionalItems": {"$ref": "#"},
    "contains": {"$ref": "#"},
    "properties": {"$ref": "#/definitions/schemas"},
    "patternProperties": {
      "allOf": [{"$ref": "#/definitions/schemas"}], "propertyNames": {"format": "regex"}
    },
    "additionalProperties": {"$ref": "#"},
    "propertyNames": {"$ref": "#"},
    "dependencies": {"type": "object", "additionalProperties": {
      "anyOf": [{"$ref": "#"}, {"$ref": "#/definitions/names"}]
    }},
    "allOf": {"$ref": "#/definitions/list"},
    "anyOf": {"$ref": "#/definitions/list"},
    "oneOf": {"$ref": "#/definitions/list"},
    "not": {"$ref": "#"},
    "if": {"$ref": "#"},
    "then": {"$ref": "#"},
    "else": {"$ref": "#"},

    "title": {"type": "string"},
    "description": {"type": "string"},
    "readOnly": {"type": "boolean"},
    "writeOnly": {"type": "boolean"},
    "examples": {"type": "array"},
    "contentEncoding": {"type": "string"},
    "contentMediaType": {"type": "string"}
  }
})json";

}  // namespace

std::string_view find_metaschema(std::string_view uri) {
  if (uri == "https://json-schema.org/draft/2020-12/schema") return k2020_12;
  if (uri == "http://json-schema.org/draft-07/schema") return kDraft7;
  return {};
}

}  // namespace ganglion::json_schema
