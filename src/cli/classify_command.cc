// ganglion classify: texts in, one label each out.
#include <fmt/core.h>

#include <algorithm>
#include <ctime>
#include <filesystem>
#include <functional>
#include <iostream>
#include <iterator>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/clock.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/language_model_arguments.h"
#include "cli/model_argument.h"
#include "cli/template_arguments.h"
#include "cli/text_checks.h"
#include "cli/text_excerpt.h"
#include "dataset/text_rows.h"
#include "engine/classification_model.h"
#include "engine/label_classifier.h"
#include "models/bert_config.h"
#include "models/decoder.h"
#include "models/hugging_face/convert.h"
#include "skills/classify.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct ClassifyArguments {
  std::string model_path;
  std::string encoder_path;
  std::string input_path;  // "-" is standard input
  std::optional<std::string> text;
  std::string text_column = "text";
  std::string format;
  // Of a language model:
  std::vector<std::string> labels;
  LabelPrompt prompt;
  bool is_chat = false;
  TemplateArguments conversation;
  LanguageModelArguments language_model;
  bool json = false;
};

Result<std::vector<TextRow>> read_standard_input(const ClassifyArguments& arguments,
                                                 std::optional<RowFormat> format) {
  const std::string bytes{std::istreambuf_iterator<char>(std::cin), {}};
  if (!format) {
    const size_t first = bytes.find_first_not_of(" \t\r\n");
    const bool is_json = first != std::string::npos && bytes[first] == '{';
    format = is_json ? RowFormat::kJsonLines : RowFormat::kLines;
  }
  return parse_text_rows(bytes, "standard input", *format, {arguments.text_column});
}

Result<std::vector<TextRow>> read_texts(const ClassifyArguments& arguments) {
  if (arguments.text) return std::vector<TextRow>{{1, {*arguments.text}}};
  std::optional<RowFormat> format;
  if (!arguments.format.empty()) {
    GANGLION_ASSIGN(format, row_format_named(arguments.format));
  }
  if (arguments.input_path == "-") return read_standard_input(arguments, format);
  return read_text_rows(arguments.input_path, {arguments.text_column}, format);
}

std::string json_line(const Classification& result, double latency_us) {
  std::string top;
  for (const RankedLabel& entry : result.top) {
    top += fmt::format("{}{{\"label\":{},\"probability\":{:.6f}}}", top.empty() ? "" : ",",
                       to_json_text(json::string(entry.label)), entry.probability);
  }
  // Full precision: scores of texts well in scope differ far behind the decimal point.
  const std::string oos =
      result.oos_score ? fmt::format(",\"oos_score\":{:.9g}", *result.oos_score) : "";
  return fmt::format("{{\"label\":{},\"confidence\":{:.6f},\"top\":[{}]{},\"latency_us\":{:.1f}}}",
                     to_json_text(json::string(result.label)), result.confidence, top, oos,
                     latency_us);
}

using TextClassifierCall = std::function<Classification(const std::string&)>;

// The likeliest `max_labels` by their probability, highest first.
template <typename Number>
Classification ranked(const std::vector<std::string>& labels, const std::vector<Number>& values,
                      size_t max_labels) {
  Classification result;
  for (size_t i = 0; i < values.size(); ++i) {
    result.top.push_back({labels[i], static_cast<double>(values[i])});
  }
  std::stable_sort(
      result.top.begin(), result.top.end(),
      [](const RankedLabel& a, const RankedLabel& b) { return a.probability > b.probability; });
  result.top.resize(std::min(result.top.size(), max_labels));
  result.label = result.top.front().label;
  result.confidence = result.top.front().probability;
  return result;
}

Classification classification_of(const ClassificationModel& model, const std::string& text) {
  constexpr size_t kMaxLabels = 5;
  std::vector<float> values(model.labels().size());
  const std::string_view view = text;
  or_fail(model.classify({&view, 1}, values));
  to_probabilities(values, model.is_multi_label());
  return ranked(model.labels(), values, kMaxLabels);
}

TextClassifierCall load_label_classifier(const ClassifyArguments& arguments,
                                         const std::string& path) {
  const std::shared_ptr<const LanguageModel> model =
      or_fail(load_language_model(path, language_model_options(arguments.language_model)));
  LabelPrompt prompt = arguments.prompt;
  if (arguments.is_chat && model->tokenizer() != nullptr) {
    prompt.chat_template =
        load_conversation_format(arguments.conversation, *model, path).chat_template;
    const std::time_t now = std::time(nullptr);
    localtime_r(&now, &prompt.now);
  }
  auto created = LabelClassifier::create(*model, arguments.labels, std::move(prompt),
                                         load_session_options(arguments.language_model, *model));
  if (!created.ok() && created.error().code == ErrorCode::kInvalidArgument) {
    throw CommandFailure{ExitCode::kUsage, created.error()};
  }
  if (!created.ok() && model->tokenizer() == nullptr) or_fail(at_place(path, created.error()));
  const auto classifier = std::make_shared<LabelClassifier>(or_fail(std::move(created)));
  return [model, classifier](const std::string& text) {
    const std::vector<double> values = or_fail(classifier->classify(text));
    return ranked(classifier->labels(), values, values.size());
  };
}

// A language model in one file: it has no labels of its own.
void refuse_language_model(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return;
  const GgufFile file = or_fail(GgufFile::open(path));
  const auto architecture = file.get_string("general.architecture");
  if (!architecture.ok() || !is_decoder_architecture(*architecture)) return;
  throw CommandFailure{ExitCode::kUsage,
                       fail(ErrorCode::kInvalidArgument,
                            "{}: a language model (\"{}\") has no labels of its own; name them by "
                            "--labels",
                            path, *architecture)};
}

// Whether --model is an encoder with a classifier of its own, rather than one that
// `train classifier` made.
bool is_encoder_model(const std::string& path) {
  std::error_code ignored;
  if (std::filesystem::is_directory(path, ignored)) return true;
  const GgufFile file = or_fail(GgufFile::open(path));
  const auto architecture = file.get_string("general.architecture");
  return architecture.ok() && is_bert_architecture(*architecture);
}

TextClassifierCall load_classifier(const ClassifyArguments& arguments) {
  const std::string path = model_path_or_fail(arguments.model_path);
  if (!arguments.labels.empty()) return load_label_classifier(arguments, path);
  refuse_language_model(path);
  if (is_encoder_model(path)) {
    if (!arguments.encoder_path.empty()) {
      or_fail(fail(ErrorCode::kInvalidArgument,
                   "--encoder: expected with a classifier made by `train classifier`, but {} is an "
                   "encoder itself; leave --encoder out",
                   arguments.model_path));
    }
    const auto model = std::make_shared<const ClassificationModel>(
        or_fail(ClassificationModel::load(or_fail(open_model(path)), {})));
    return [model](const std::string& text) { return classification_of(*model, text); };
  }
  const IdentifiedEncoder encoder =
      or_fail(load_identified_encoder(model_path_or_fail(arguments.encoder_path)));
  const auto classifier =
      std::make_shared<const Classifier>(or_fail(Classifier::load(path, encoder)));
  return [classifier](const std::string& text) { return or_fail(classifier->classify(text)); };
}

void add_label_options(CLI::App& command, ClassifyArguments& arguments, CLI::Option* labels) {
  command
      .add_option("--prompt", arguments.prompt.text,
                  "What it reads in front of the label, with {text} and perhaps {labels}")
      ->needs(labels)
      ->check(valid_utf8());
  CLI::Option* const chat =
      command
          .add_flag("--chat", arguments.is_chat,
                    "The prompt is a message and the label the answer, by the model's template")
          ->needs(labels);
  command.add_option("--system", arguments.prompt.system, "Instructions in front of the message")
      ->check(valid_utf8())
      ->needs(chat);
  add_template_option(command, arguments.conversation)->needs(chat);
  for (CLI::Option* const each : add_language_model_options(command, arguments.language_model)) {
    each->needs(labels);
  }
}

void classify_texts(const ClassifyArguments& arguments) {
  const TextClassifierCall classify = load_classifier(arguments);
  const std::vector<TextRow> rows = or_fail(read_texts(arguments));
  std::vector<double> latencies;
  for (const TextRow& row : rows) {
    const std::string& text = row.values[0];
    const int64_t start_ns = system_clock().steady_ns();
    const Classification result = classify(text);
    latencies.push_back(static_cast<double>(system_clock().steady_ns() - start_ns) * 1e-3);
    if (arguments.json) {
      fmt::print("{}\n", json_line(result, latencies.back()));
    } else {
      fmt::print("{:<32} {:>5.1f} %  {}\n", result.label, 100 * result.confidence,
                 text_excerpt(text));
    }
  }
  if (arguments.json || rows.size() < 2) return;
  std::nth_element(latencies.begin(), latencies.begin() + latencies.size() / 2, latencies.end());
  fmt::print(stderr, "{} texts, median {:.0f} µs each\n", rows.size(),
             latencies[latencies.size() / 2]);
}

}  // namespace

void add_classify_command(CLI::App& app) {
  CLI::App* const command = app.add_subcommand(
      "classify",
      "Give each text one of the labels of a classifier, or of yours by a language model");
  const auto arguments = std::make_shared<ClassifyArguments>();
  command
      ->add_option("--model", arguments->model_path,
                   "A classifier made by `train classifier`, an encoder with one "
                   "(…ForSequenceClassification), or with --labels a language model: a .gguf file "
                   "or a Hugging Face folder")
      ->required();
  CLI::Option* const labels =
      command
          ->add_option("--labels", arguments->labels,
                       "The labels that a language model chooses from, separated by commas")
          ->delimiter(',')
          ->check(not_blank())
          ->check(valid_utf8());
  add_label_options(*command, *arguments, labels);
  auto* const input = command->add_option("--input", arguments->input_path,
                                          ".jsonl, .csv or .txt; - is standard input");
  auto* const text = command->add_option("--text", arguments->text, "One text")->check(not_blank());
  input->excludes(text);
  command->add_option("--text-column", arguments->text_column, "Where the text stands")
      ->capture_default_str();
  command
      ->add_option("--format", arguments->format,
                   "jsonl, csv or lines; otherwise by the file's extension")
      ->check(CLI::IsMember({"jsonl", "csv", "lines"}));
  command
      ->add_option("--encoder", arguments->encoder_path,
                   "An encoder file or folder instead of the one inside the program")
      ->excludes(labels);
  command->add_flag("--json", arguments->json, "One JSON object a line");
  command->callback([arguments] {
    if (arguments->input_path.empty() && !arguments->text) arguments->input_path = "-";
    classify_texts(*arguments);
  });
}

}  // namespace ganglion
