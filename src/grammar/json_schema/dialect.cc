// Which draft and which vocabularies a schema asks for by its $schema.
#include <optional>

#include "grammar/json_schema/documents.h"

namespace ganglion::json_schema {
namespace {

std::optional<JsonSchemaDraft> find_draft(std::string_view uri) {
  if (uri.ends_with('#')) uri.remove_suffix(1);
  for (const std::string_view scheme : {"http://", "https://"}) {
    if (uri.starts_with(scheme)) uri.remove_prefix(scheme.size());
  }
  if (uri == "json-schema.org/draft/2020-12/schema") return JsonSchemaDraft::k2020_12;
  if (uri == "json-schema.org/draft-07/schema") return JsonSchemaDraft::kDraft7;
  if (uri == "json-schema.org/draft-06/schema") return JsonSchemaDraft::kDraft7;
  if (uri == "json-schema.org/draft-04/schema") return JsonSchemaDraft::kDraft4;
  return std::nullopt;
}

}  // namespace

// $vocabulary of a metaschema in the registry; without one its own $schema decides.
Result<Dialect> Documents::read_vocabularies(const json::object& metaschema,
                                             std::string_view uri) const {
  const json::value* draft_uri = metaschema.if_contains("$schema");
  const auto draft = draft_uri != nullptr && draft_uri->is_string()
                         ? find_draft(draft_uri->get_string())
                         : std::optional(options_.default_draft);
  if (!draft) {
    return fail(
        ErrorCode::kUnsupported,
        "expected a metaschema of draft 2020-12 or draft 7, found \"{}\", whose own $schema "
        "is another",
        uri);
  }
  Dialect dialect{.draft = *draft};
  const json::value* vocabularies = metaschema.if_contains("$vocabulary");
  if (vocabularies == nullptr || !vocabularies->is_object()) return dialect;
  dialect.applicator = dialect.unevaluated = dialect.validation = false;
  for (const json::key_value_pair& member : vocabularies->get_object()) {
    constexpr std::string_view kPrefix = "https://json-schema.org/draft/2020-12/vocab/";
    const std::string_view name = member.key();
    const std::string_view known =
        name.starts_with(kPrefix) ? name.substr(kPrefix.size()) : std::string_view();
    if (known == "applicator") {
      dialect.applicator = true;
    } else if (known == "unevaluated") {
      dialect.unevaluated = true;
    } else if (known == "validation") {
      dialect.validation = true;
    } else if (known == "format-assertion") {
      dialect.asserts_format = true;
    } else if (known != "core" && known != "format-annotation" && known != "meta-data" &&
               known != "content" && member.value() == true) {
      return fail(ErrorCode::kUnsupported,
                  "the metaschema \"{}\" requires the vocabulary \"{}\", "
                  "which is not known",
                  uri, name);
    }
  }
  return dialect;
}

Result<Dialect> Documents::read_dialect(const Subschema& at, const json::object& schema,
                                        Dialect outer) {
  const json::value* uri = schema.if_contains("$schema");
  if (uri == nullptr) return outer;
  const std::string place = location(at) + "/$schema";
  if (!uri->is_string()) {
    return fail(ErrorCode::kMalformed, "{}: expected a string, found {}", place,
                json_kind_name(uri->kind()));
  }
  const std::string_view name = uri->get_string();
  if (const auto draft = find_draft(name)) return Dialect{.draft = *draft};
  if (options_.registry != nullptr) {
    const auto found = options_.registry->find(name.substr(0, name.find('#')));
    if (found != options_.registry->end() && found->second.is_object()) {
      auto dialect = read_vocabularies(found->second.get_object(), name);
      if (!dialect.ok()) return at_place(place, dialect.error());
      return dialect;
    }
  }
  return fail(
      ErrorCode::kUnsupported,
      "{}: expected draft 2020-12, 7, 6 or 4, or a metaschema of the registry, found \"{}\"", place,
      name);
}

}  // namespace ganglion::json_schema
