// ganglion embed: texts in, vectors out.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/encoder_options.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "cli/text_checks.h"
#include "dataset/text_rows.h"
#include "engine/encoder.h"
#include "text/json.h"

namespace ganglion {
namespace {

constexpr size_t kBatch = 256;  // texts embedded between two writes

struct EmbedArguments {
  std::string model_path;
  std::string input_path;
  std::string column = "text";
  std::vector<std::string> texts;
  EncoderArguments encoder;
  bool json = false;
};

void print_vector(std::string_view text, std::span<const float> vector, bool as_json) {
  if (!as_json) {
    fmt::print("{}\n", fmt::join(vector, " "));
    return;
  }
  fmt::print("{{\"text\":{},\"embedding\":[{}]}}\n", json::serialize(json::value(text)),
             fmt::join(vector, ","));
}

void embed_texts(const Encoder& encoder, const std::vector<std::string>& texts, bool as_json) {
  const size_t size = encoder.hidden_size();
  for (size_t first = 0; first < texts.size(); first += kBatch) {
    const size_t count = std::min(kBatch, texts.size() - first);
    const std::vector<std::string_view> batch(
        texts.begin() + static_cast<std::ptrdiff_t>(first),
        texts.begin() + static_cast<std::ptrdiff_t>(first + count));
    std::vector<float> vectors(count * size);
    or_fail(encoder.embed(batch, vectors));
    for (size_t i = 0; i < count; ++i) {
      print_vector(batch[i], std::span(vectors).subspan(i * size, size), as_json);
    }
  }
}

void run_embed(const EmbedArguments& arguments) {
  std::vector<std::string> texts = arguments.texts;
  if (!arguments.input_path.empty()) {
    for (TextRow& row : or_fail(read_text_rows(arguments.input_path, {arguments.column}))) {
      texts.push_back(std::move(row.values[0]));
    }
  }
  if (arguments.model_path.empty()) {
    embed_texts(*or_fail(embedded_encoder()), texts, arguments.json);
    return;
  }
  embed_texts(
      *or_fail(load_encoder(model_path_or_fail(arguments.model_path), arguments.encoder.options())),
      texts, arguments.json);
}

}  // namespace

void add_embed_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("embed", "Turn texts into vectors of length 1");
  const auto arguments = std::make_shared<EmbedArguments>();
  command->add_option("--model", arguments->model_path,
                      "A .gguf encoder, a Hugging Face folder or a stored name (default: the one "
                      "in the binary)");
  CLI::Option* text = command->add_option("--text", arguments->texts, "A text; may be repeated")
                          ->check(valid_utf8());
  CLI::Option* input = command->add_option("--input", arguments->input_path,
                                           "Texts: .jsonl, .csv with a header, or .txt by lines");
  command->add_option("--column", arguments->column, "The member or column that holds the text")
      ->capture_default_str();
  add_encoder_options(*command, arguments->encoder);
  command->add_flag("--json", arguments->json, "Print a JSON object a line: text, embedding");
  command->callback([arguments, text, input] {
    if (text->empty() && input->empty()) {
      throw CLI::RequiredError("--text or --input");
    }
    run_embed(*arguments);
  });
}

}  // namespace ganglion
