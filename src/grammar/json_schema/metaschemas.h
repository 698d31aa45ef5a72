// The schemas of schemas, for those that say {"$ref": "http://json-schema.org/draft-07/schema"}.
#pragma once

#include <string_view>

namespace ganglion::json_schema {

// The text of a metaschema by its URI without fragment, or nothing. Our own short form: it refuses
// what the published ones refuse, keyword by keyword, but has no annotations and no vocabularies.
std::string_view find_metaschema(std::string_view uri);

}  // namespace ganglion::json_schema
