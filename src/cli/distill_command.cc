// ganglion distill static --teacher DIR --text FILE... --out FILE

#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/output_path.h"
#include "cli/terminal_progress.h"
#include "engine/encoder.h"
#include "text/utf8.h"
#include "tokenizer/wordpiece_files.h"
#include "training/distill_static.h"

namespace ganglion {
namespace {

struct DistillArguments {
  std::string teacher;
  std::vector<std::string> text;
  std::string out;
  std::string name = "static-embedding";
  std::string license;
  std::string precision = "f32";
  size_t num_threads = 0;
  bool quiet = false;
  StaticDistillOptions options;
};

// The lines of a file, without empty ones.
Result<std::vector<std::string>> read_lines(const std::string& path) {
  GANGLION_ASSIGN(const std::string bytes, read_file(path));
  std::vector<std::string> lines;
  size_t line_number = 0;
  for (size_t begin = 0; begin < bytes.size();) {
    const size_t end = std::min(bytes.find('\n', begin), bytes.size());
    std::string_view line = std::string_view(bytes).substr(begin, end - begin);
    ++line_number;
    begin = end + 1;
    if (line.ends_with('\r')) line.remove_suffix(1);
    const size_t invalid = find_invalid_utf8(line);
    if (invalid != std::string_view::npos) {
      return fail(ErrorCode::kMalformed,
                  "{}:{}:{}: expected UTF-8 text, found the byte 0x{:02x}; convert the file first",
                  path, line_number, invalid + 1, static_cast<unsigned char>(line[invalid]));
    }
    if (!line.empty()) lines.emplace_back(line);
  }
  return lines;
}

std::vector<std::string> read_texts(const std::vector<std::string>& paths) {
  std::vector<std::string> texts;
  for (const std::string& path : paths) {
    for (std::string& line : or_fail(read_lines(path))) texts.push_back(std::move(line));
  }
  return texts;
}

std::vector<float> run_teacher(const Encoder& teacher, const char* label, const char* unit,
                               const std::vector<std::string>& texts, bool quiet) {
  TerminalProgress progress(label, unit, !quiet);
  const TeacherFunction embed = [&](std::span<const std::string_view> batch, std::span<float> out) {
    return teacher.embed(batch, out);
  };
  return or_fail(embed_all(embed, teacher.hidden_size(), texts, progress));
}

void distill_static(const DistillArguments& arguments) {
  check_output_path({"--out", arguments.out}, {{"--teacher", arguments.teacher}});
  for (const std::string& path : arguments.text) {
    check_output_path({"--out", arguments.out}, {{"--text", path}});
  }
  if (!std::filesystem::is_directory(arguments.teacher)) {
    throw CommandFailure{
        ExitCode::kFailed,
        fail(ErrorCode::kInvalidArgument,
             "--teacher {}: expected a Hugging Face folder (config.json, vocab.txt "
             "or tokenizer.json, model.safetensors)",
             arguments.teacher)};
  }
  const auto teacher = or_fail(
      load_encoder(arguments.teacher,
                   {.precision = arguments.precision == "f32" ? Precision::kF32 : Precision::kS8,
                    .num_threads = arguments.num_threads}));
  const auto& options = arguments.options;
  if (options.dimension > teacher->hidden_size()) {
    throw CommandFailure{ExitCode::kFailed,
                         fail(ErrorCode::kInvalidArgument,
                              "--dimension: expected at most {} (the teacher's), found {}",
                              teacher->hidden_size(), options.dimension)};
  }
  const auto vocabulary = or_fail(load_wordpiece(arguments.teacher)).spec().tokens;
  auto plan = or_fail(plan_static_distillation(read_texts(arguments.text), vocabulary, options));
  const size_t num_texts = plan.texts.size();
  const auto token_vectors =
      run_teacher(*teacher, "teacher reads tokens", "tokens", plan.token_texts, arguments.quiet);
  const auto text_vectors =
      run_teacher(*teacher, "teacher reads texts", "texts", plan.texts, arguments.quiet);
  StaticDistillResult result;
  {
    TerminalProgress progress("student", "texts", !arguments.quiet);
    result = fit_static_embedding(std::move(plan), text_vectors, token_vectors, options, progress);
  }
  const StaticEmbeddingInfo info = {
      .name = arguments.name,
      .description =
          fmt::format("static embeddings distilled from {} over {} texts",
                      std::filesystem::path(arguments.teacher).filename().string(), num_texts),
      .license = arguments.license};
  const std::string bytes = or_fail(serialise_static_embedding(result.weights, info));
  or_fail(write_file_atomic(arguments.out, bytes));
  fmt::print("{}: {} tokens x {} dimensions, {} bytes, mean cosine to the teacher {:.4f}\n",
             arguments.out, result.weights.tokens.size(), result.weights.hidden_size, bytes.size(),
             1.0 - result.loss);
}

}  // namespace

void add_distill_command(CLI::App& app) {
  CLI::App* const command = app.add_subcommand("distill", "Make a small model out of a large one");
  command->require_subcommand(1);
  CLI::App* const to_static = command->add_subcommand(
      "static", "Make a static-embedding encoder (one vector a token) out of an encoder");
  const auto arguments = std::make_shared<DistillArguments>();
  StaticDistillOptions& options = arguments->options;
  to_static->add_option("--teacher", arguments->teacher, "Folder of the teacher's weights")
      ->required();
  to_static->add_option("--text", arguments->text, "Text files, one sentence a line")->required();
  to_static->add_option("--out", arguments->out, "The GGUF file to write")->required();
  to_static->add_option("--vocab-size", options.vocabulary.vocabulary_size, "Tokens in all")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  to_static->add_option("--num-pieces", options.vocabulary.num_pieces, "Of them, pieces of words")
      ->check(CLI::Range(0, 1'000'000))
      ->capture_default_str();
  to_static->add_option("--dimension", options.dimension, "Numbers in a vector")
      ->check(CLI::Range(size_t{1}, StaticEmbedding::kMaxHiddenSize))
      ->capture_default_str();
  to_static->add_option("--max-texts", options.max_texts, "Use a sample of so many; 0: all")
      ->check(CLI::Range(0, 1'000'000'000))
      ->capture_default_str();
  to_static->add_option("--epochs", options.regression.num_epochs, "Passes over the texts")
      ->check(CLI::Range(size_t{1}, size_t{1000}))
      ->capture_default_str();
  to_static->add_option("--precision", arguments->precision, "How the teacher computes")
      ->check(CLI::IsMember({"f32", "int8"}))
      ->capture_default_str();
  to_static->add_option("--seed", options.regression.seed, "The same seed gives the same file")
      ->capture_default_str();
  to_static->add_option("--threads", arguments->num_threads, "0: one a processor")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  to_static->add_option("--name", arguments->name, "Name in the file")->capture_default_str();
  to_static->add_option("--license", arguments->license, "SPDX licence in the file");
  to_static->add_flag("--quiet", arguments->quiet, "Show no progress");
  to_static->callback([arguments] { distill_static(*arguments); });
}

}  // namespace ganglion
