#include "grammar/json_schema.h"

#include "grammar/json_schema/compiler.h"
#include "grammar/json_schema/evaluator.h"

namespace ganglion {

JsonSchema::JsonSchema(std::shared_ptr<const json_schema::Program> program)
    : program_(std::move(program)) {}

Result<JsonSchema> JsonSchema::compile(const json::value& schema,
                                       const JsonSchemaOptions& options) {
  GANGLION_ASSIGN(json_schema::Program program, json_schema::Compiler(options).run(schema));
  return JsonSchema(std::make_shared<const json_schema::Program>(std::move(program)));
}

Result<std::optional<JsonSchemaFailure>> JsonSchema::validate(const json::value& instance) const {
  return json_schema::Evaluator(*program_).run(instance);
}

}  // namespace ganglion
