// ganglion debug hidden: token ids in, an encoder's vector of every one of them out.
#include <fmt/core.h>

#include <bit>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/encoder_options.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "cli/output_path.h"
#include "cli/token_ids.h"
#include "engine/bert_model.h"
#include "models/hugging_face/convert.h"

namespace ganglion {
namespace {

struct HiddenArguments {
  std::string model_path;
  std::vector<int32_t> tokens;
  std::string output_path;
  EncoderArguments encoder;
  bool pooled = false;
  bool head = false;
};

std::unique_ptr<const BertModel> load_model(const HiddenArguments& arguments) {
  GgufFile file = or_fail(open_model(model_path_or_fail(arguments.model_path)));
  const std::string architecture(or_fail(file.get_string("general.architecture")));
  if (!is_bert_architecture(architecture)) {
    or_fail(fail(ErrorCode::kUnsupported,
                 "{}: metadata \"general.architecture\": expected an encoder ({}), found "
                 "\"{}\"; `ganglion debug logits` runs language models",
                 file.source_name(), kBertArchitectures, architecture));
  }
  return or_fail(BertModel::load(std::move(file), arguments.encoder.options()));
}

void check_tokens(const HiddenArguments& arguments, const BertModel& model) {
  check_token_ids(arguments.tokens, model.config().vocabulary_size);
  if (arguments.tokens.size() <= model.config().max_positions) return;
  or_fail(fail(ErrorCode::kInvalidArgument,
               "--tokens: expected at most {} ids (the model's positions), found {}",
               model.config().max_positions, arguments.tokens.size()));
}

// The vectors, or the logits of the head where it labels tokens: [T, columns]; pooled, or the
// logits of a head on texts: [columns].
std::vector<float> compute(const HiddenArguments& arguments, const BertModel& model) {
  const auto& head = model.head();
  if (arguments.head && !head) {
    or_fail(
        fail(ErrorCode::kUnsupported,
             "{}: expected a classifier on top for --head (tensor \"cls.output.weight\"), found "
             "none; leave --head out",
             model.source_name()));
  }
  const bool is_pooled = arguments.pooled || (arguments.head && !head->labels_tokens());
  const TokenSequence sequence = {arguments.tokens, {}};
  std::vector<float> values;
  model.run({&sequence, 1}, [&](size_t, std::span<const float> hidden) {
    values.assign(hidden.begin(), hidden.end());
  });
  if (is_pooled) {
    std::vector<float> pooled(model.config().hidden_size);
    model.pool(values, pooled);
    values = std::move(pooled);
  }
  if (!arguments.head) return values;
  std::vector<float> logits(values.size() / model.config().hidden_size * head->labels().size());
  head->forward(model.kernels(), values, logits);
  return logits;
}

void write_hidden(const HiddenArguments& arguments) {
  check_output_path({"--output", arguments.output_path}, {{"--model", arguments.model_path}});
  const std::unique_ptr<const BertModel> model = load_model(arguments);
  check_tokens(arguments, *model);
  const std::vector<float> values = compute(arguments, *model);
  const size_t columns =
      arguments.head ? model->head()->labels().size() : model->config().hidden_size;
  static_assert(std::endian::native == std::endian::little);
  or_fail(write_file_atomic(arguments.output_path, {reinterpret_cast<const char*>(values.data()),
                                                    values.size() * sizeof(float)}));
  const size_t num_rows = values.size() / columns;
  const bool is_vector = arguments.pooled || (arguments.head && !model->head()->labels_tokens());
  fmt::print("{}: float32, little-endian, [{}{}]\n", arguments.output_path,
             is_vector ? "" : fmt::format("{}, ", num_rows), columns);
}

}  // namespace

void add_debug_hidden_command(CLI::App& debug) {
  CLI::App* command =
      debug.add_subcommand("hidden", "Write an encoder's vector of every token, or its logits");
  const auto arguments = std::make_shared<HiddenArguments>();
  command->add_option("--model", arguments->model_path, "A .gguf encoder or a Hugging Face folder")
      ->required();
  command
      ->add_option("--tokens", arguments->tokens,
                   "Token ids, special ones included, separated by commas")
      ->delimiter(',')
      ->check(CLI::Range(0, INT32_MAX))
      ->required();
  command
      ->add_option("--output", arguments->output_path,
                   "Float32, little-endian, [positions, hidden]")
      ->required();
  command->add_flag("--pooled", arguments->pooled,
                    "The one vector of the text instead, [hidden], not brought to length 1");
  command->add_flag("--head", arguments->head,
                    "The classifier's logits instead: [positions, labels], or [labels] of a text");
  add_encoder_options(*command, arguments->encoder);
  command->callback([arguments] { write_hidden(*arguments); });
}

}  // namespace ganglion
