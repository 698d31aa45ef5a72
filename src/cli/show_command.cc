// ganglion show: what a model file holds, or why it is not one.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "engine/gguf_language_model.h"
#include "formats/gguf.h"
#include "formats/safetensors.h"
#include "models/decoder.h"
#include "models/gguf_architecture.h"
#include "models/weight_types.h"
#include "text/json.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr uint64_t kShownElements = 6;
constexpr size_t kShownCharacters = 80;

json::value number_json(const GgufValue& value, uint64_t index) {
  if (value.element_type == GgufValueType::kBool) return gguf_number_at(value, index) != 0;
  if (value.element_type == GgufValueType::kUint64) return gguf_unsigned_at(value, index);
  if (is_gguf_integer(value.element_type)) return gguf_integer_at(value, index);
  return gguf_number_at(value, index);
}

// Scalars as they are; of arrays the type, the count and the first elements.
json::value value_json(const GgufFile& file, const GgufEntry& entry) {
  const GgufValue& value = entry.value;
  if (value.type == GgufValueType::kString) return json::value(file.get_string(entry.key).value());
  if (!value.is_array()) return number_json(value, 0);
  json::array first;
  if (value.element_type == GgufValueType::kString) {
    const std::vector<std::string_view> texts = file.get_strings(entry.key).value();
    for (const std::string_view text : texts) {
      if (first.size() == kShownElements) break;
      first.emplace_back(text);
    }
  } else {
    for (uint64_t i = 0; i < std::min(value.count, kShownElements); ++i) {
      first.push_back(number_json(value, i));
    }
  }
  return json::object{{"type", gguf_value_type_name(value.element_type)},
                      {"count", value.count},
                      {"first", std::move(first)}};
}

json::object tensor_json(std::string_view name, const TensorView& view) {
  json::array shape;
  for (size_t i = 0; i < view.shape.num_dimensions(); ++i) shape.push_back(view.shape[i]);
  return {{"name", name},
          {"type", dtype_traits(view.dtype).name},
          {"shape", std::move(shape)},
          {"bytes", view.bytes.size()}};
}

// What running a language model takes; adds nothing for other files.
void add_language_model(const GgufFile& file, json::object& report) {
  if (!is_decoder_architecture(report.at("architecture").as_string()) || file.tensors().empty()) {
    return;
  }
  const ModelDescription model = or_fail(describe_language_model(file));
  const size_t context = std::min(model.context_length, kUsualContext);
  const uint64_t cache_bytes = context * model.cache_bytes_per_token;
  const auto loaded = Decoder::load(file);
  report["parameters"] = model.num_parameters;
  report["vocabulary"] = model.vocabulary_size;
  report["context_tokens"] = model.context_length;
  report["weight_types"] = weight_types_text(file);
  report["weight_bytes"] = model.weight_bytes;
  report["cache_bytes_per_token"] = model.cache_bytes_per_token;
  report["memory_needed"] =
      fmt::format("{} for weights, {} for {} tokens of F16 keys and values",
                  byte_count_text(model.weight_bytes), byte_count_text(cache_bytes), context);
  report["chat_template"] = file.find("tokenizer.chat_template") != nullptr;
  report["runs"] = loaded.ok() ? json::value(true) : json::value(loaded.error().message);
}

json::object gguf_json(const GgufFile& file) {
  json::object metadata;
  for (const GgufEntry& entry : file.entries()) metadata[entry.key] = value_json(file, entry);
  json::array tensors;
  for (const GgufTensor& tensor : file.tensors()) {
    tensors.push_back(tensor_json(tensor.name, tensor.view));
  }
  const std::string_view architecture = file.get_string("general.architecture").value();
  json::object report = {{"file", file.source_name()},
                         {"format", "gguf"},
                         {"version", file.version()},
                         {"bytes", file.file_size()},
                         {"alignment", file.alignment()},
                         {"architecture", architecture},
                         {"architecture_checked", is_known_architecture(architecture)},
                         {"metadata", std::move(metadata)},
                         {"tensors", std::move(tensors)}};
  add_language_model(file, report);
  return report;
}

json::object safetensors_json(const SafetensorsFile& file) {
  json::object metadata;
  for (const auto& [key, value] : file.metadata()) metadata[key] = value;
  json::array tensors;
  for (const auto& [name, view] : file.tensors()) tensors.push_back(tensor_json(name, view));
  return {{"file", file.source_name()},
          {"format", "safetensors"},
          {"metadata", std::move(metadata)},
          {"tensors", std::move(tensors)}};
}

// JSON text, which escapes control characters, cut to a line.
std::string short_text(const json::value& value) {
  std::string text = to_json_text(value);
  if (count_code_points(text) <= kShownCharacters) return text;
  const CodePointIndex index(text);
  return text.substr(0, index.byte_at(kShownCharacters)) + "…";
}

void print_report(const json::object& report) {
  for (const auto& member : report) {
    if (member.value().is_object() || member.value().is_array()) continue;
    fmt::print("{:<24} {}\n", std::string_view(member.key()), short_text(member.value()));
  }
  const json::object& metadata = report.at("metadata").as_object();
  fmt::print("\nmetadata ({})\n", metadata.size());
  for (const auto& member : metadata) {
    fmt::print("  {:<44} {}\n", short_text(json::value(member.key())), short_text(member.value()));
  }
  const json::array& tensors = report.at("tensors").as_array();
  fmt::print("\ntensors ({})\n", tensors.size());
  for (const json::value& tensor : tensors) {
    fmt::print("  {:<44} {:<7} {:<16} {:>12} bytes\n", short_text(tensor.at("name")),
               std::string_view(tensor.at("type").as_string()), to_json_text(tensor.at("shape")),
               tensor.at("bytes").to_number<uint64_t>());
  }
}

void show_file(const std::string& path, bool as_json) {
  json::object report;
  if (path.ends_with(".safetensors")) {
    report = safetensors_json(or_fail(SafetensorsFile::open(path)));
  } else {
    const GgufFile file = or_fail(GgufFile::open(path));
    or_fail(check_gguf_architecture(file));
    report = gguf_json(file);
  }
  if (as_json) {
    fmt::print("{}\n", to_json_text(report));
  } else {
    print_report(report);
  }
}

}  // namespace

void add_show_command(CLI::App& app) {
  struct Arguments {
    std::string path;
    bool json = false;
  };
  CLI::App* command = app.add_subcommand("show", "Show what a model file holds");
  const auto arguments = std::make_shared<Arguments>();
  command->add_option("file", arguments->path, "A .gguf or .safetensors file, or a stored name")
      ->required();
  command->add_flag("--json", arguments->json, "Print JSON");
  command->callback(
      [arguments] { show_file(model_path_or_fail(arguments->path), arguments->json); });
}

}  // namespace ganglion
