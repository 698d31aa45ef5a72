// ganglion convert: a Hugging Face model folder in, a GGUF file out.
#include <fmt/core.h>

#include <array>
#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output_path.h"
#include "cli/terminal_progress.h"
#include "cli/text_checks.h"
#include "models/hugging_face/convert.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr std::array<std::pair<std::string_view, DType>, 3> kTypes = {
    {{"F32", DType::kF32}, {"F16", DType::kF16}, {"BF16", DType::kBF16}}};

struct ConvertArguments {
  std::string folder;
  std::string output_path;
  std::string type = "auto";
  bool json = false;
  bool quiet = false;
};

std::optional<DType> parse_type(const std::string& name) {
  for (const auto& [known, dtype] : kTypes) {
    if (name == known) return dtype;
  }
  return std::nullopt;
}

void convert(const ConvertArguments& arguments) {
  check_output_path({"OUT", arguments.output_path}, {});
  const int64_t start_ns = system_clock().steady_ns();
  const ModelRecipe recipe = or_fail(read_hugging_face_model(arguments.folder));
  {
    TerminalProgress progress("writing", "bytes", !arguments.quiet);
    or_fail(write_as_gguf(recipe, parse_type(arguments.type), arguments.output_path, progress));
  }
  const GgufFile written = or_fail(GgufFile::open(arguments.output_path));
  const std::string_view architecture = or_fail(written.get_string("general.architecture"));
  const double seconds = static_cast<double>(system_clock().steady_ns() - start_ns) * 1e-9;
  if (arguments.json) {
    const json::object out = {{"model", arguments.output_path},
                              {"architecture", architecture},
                              {"tensors", written.tensors().size()},
                              {"bytes", written.file_size()},
                              {"seconds", seconds}};
    fmt::print("{}\n", to_json_text(out));
    return;
  }
  fmt::print("{}: {}, {} tensors, {} bytes, in {:.1f} s\n", arguments.output_path, architecture,
             written.tensors().size(), written.file_size(), seconds);
}

}  // namespace

void add_convert_command(CLI::App& app) {
  CLI::App* const command = app.add_subcommand(
      "convert", "Write a Hugging Face model folder as one GGUF file, as llama.cpp reads it");
  const auto arguments = std::make_shared<ConvertArguments>();
  command->add_option("folder", arguments->folder, "Holds config.json and model.safetensors")
      ->required();
  command->add_option("out", arguments->output_path, "The .gguf file to write")->required();
  command->add_option("--type", arguments->type, "Of the matrices; auto: as they are stored")
      ->transform(any_case({"auto", "F32", "F16", "BF16"}))
      ->capture_default_str();
  command->add_flag("--json", arguments->json, "Print JSON");
  command->add_flag("--quiet", arguments->quiet, "No progress bar");
  command->callback([arguments] { convert(*arguments); });
}

}  // namespace ganglion
