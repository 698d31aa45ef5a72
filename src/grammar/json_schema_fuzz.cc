// Any schema on any instance ends in an answer or an error, and twice in the same. The input is a
// schema, a NUL and an instance; without a NUL the schema is an instance of itself.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "grammar/json_schema.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(bytes), size);
  const size_t split = std::min(input.find('\0'), size);
  const auto schema_json = ganglion::parse_json(input.substr(0, split), "schema");
  const auto instance =
      ganglion::parse_json(split == size ? input : input.substr(split + 1), "instance");
  if (!schema_json.ok() || !instance.ok()) return 0;
  ganglion::JsonSchemaOptions options;
  options.asserts_format = true;
  options.limits.steps = 200'000;
  options.default_draft =
      size % 2 == 0 ? ganglion::JsonSchemaDraft::k2020_12 : ganglion::JsonSchemaDraft::kDraft7;
  const auto schema = ganglion::JsonSchema::compile(*schema_json, options);
  if (!schema.ok()) {
    GANGLION_ASSERT(!schema.error().message.empty());
    return 0;
  }
  const auto first = schema->validate(*instance);
  const auto second = schema->validate(*instance);
  GANGLION_ASSERT(first.ok() == second.ok());
  if (!first.ok() || !first->has_value()) return 0;
  GANGLION_ASSERT(second->has_value() && (*first)->message == (*second)->message);
  // The location leads to a value, or names a member whose name is at fault.
  boost::system::error_code error;
  const auto* found = instance->find_pointer((*first)->instance_location, error);
  GANGLION_ASSERT(found != nullptr);
  return 0;
}
