// ganglion extract: typed values from texts, one JSON object a line.
#include <fmt/core.h>

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "dataset/json_lines.h"
#include "skills/extract.h"

namespace ganglion {
namespace {

struct ExtractArguments {
  std::string schema_path;
  std::string tagger_path;
  std::string input_path;
  std::optional<std::string> text;
  bool json = false;
};

Extractor load_extractor(const ExtractArguments& arguments) {
  const std::string bytes = or_fail(read_file(arguments.schema_path, 1 << 20));
  const json::value schema = or_fail(parse_json(bytes, arguments.schema_path));
  std::shared_ptr<const TaggerModel> tagger;
  if (!arguments.tagger_path.empty()) {
    tagger = std::make_shared<TaggerModel>(or_fail(TaggerModel::load(arguments.tagger_path)));
  }
  return or_fail(Extractor::create(schema, arguments.schema_path, std::move(tagger)));
}

void print_readable(const Extraction& extraction) {
  for (const ExtractedValue& value : extraction.values) {
    boost::system::error_code none;
    const json::value fields = extraction.fields;
    const json::value* found = fields.find_pointer(value.field, none);
    fmt::print("{:<24} {}  \"{}\" at {} to {}, {} {:.2f}\n", value.field,
               found == nullptr ? "" : to_json_text(*found), value.source, value.start, value.end,
               value.found_by, value.score);
  }
  for (const AmbiguousValue& value : extraction.ambiguous) {
    fmt::print("{:<24} ambiguous: \"{}\" at {} to {} could be {}\n", value.field, value.source,
               value.start, value.end, fmt::join(value.readings, " or "));
  }
  for (const std::string& pointer : extraction.missing) fmt::print("{:<24} not found\n", pointer);
}

// One row of the input: {"text", "id"?, "context"?}.
Result<json::object> extract_row(const Extractor& extractor, const json::object& object) {
  GANGLION_ASSIGN(const std::string_view text, json_string(object, "text"));
  std::vector<std::string> context;
  if (object.contains("context")) {
    GANGLION_ASSIGN(const json::array* items, json_array(object, "context"));
    for (const json::value& item : *items) {
      if (!item.is_string()) return fail(ErrorCode::kMalformed, "context: expected strings only");
      context.emplace_back(item.get_string());
    }
  }
  json::object out;
  if (const json::value* id = object.if_contains("id")) out["id"] = *id;
  GANGLION_ASSIGN(const Extraction extraction, extractor.extract(text, context));
  for (auto& member : extraction_to_json(extraction)) {
    out[member.key()] = std::move(member.value());
  }
  return out;
}

void extract_file(const Extractor& extractor, const std::string& path) {
  const std::string bytes = or_fail(read_file(path));
  or_fail(
      visit_json_lines(bytes, path, [&](const json::object& object, std::string_view) -> Status {
        GANGLION_ASSIGN(const json::object row, extract_row(extractor, object));
        fmt::print("{}\n", to_json_text(row));
        return {};
      }));
}

void run_extract(const ExtractArguments& arguments) {
  const Extractor extractor = load_extractor(arguments);
  if (!arguments.text) return extract_file(extractor, arguments.input_path);
  const Extraction extraction = or_fail(extractor.extract(*arguments.text));
  if (arguments.json) {
    fmt::print("{}\n", to_json_text(extraction_to_json(extraction)));
  } else {
    print_readable(extraction);
  }
}

}  // namespace

void add_extract_command(CLI::App& app) {
  CLI::App* const command =
      app.add_subcommand("extract", "Typed values from texts, as a JSON Schema asks for them");
  const auto arguments = std::make_shared<ExtractArguments>();
  command->add_option("--schema", arguments->schema_path, "A JSON Schema (docs/extract.md)")
      ->required();
  command->add_option("--tagger", arguments->tagger_path, "A tagger of `ganglion train tagger`");
  auto* const source = command->add_option_group("input", "What to read");
  source->add_option("--input", arguments->input_path,
                     "JSON lines with text; one JSON object a line comes out");
  source->add_option("--text", arguments->text, "One text");
  source->require_option(1);
  command->add_flag("--json", arguments->json, "Print JSON also for --text");
  command->callback([arguments] { run_extract(*arguments); });
}

}  // namespace ganglion
