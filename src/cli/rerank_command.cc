// ganglion rerank: a query and texts in, the texts in the order of their relevance out.
#include <fmt/core.h>

#include <algorithm>
#include <memory>
#include <numeric>
#include <string>
#include <vector>

#include "cli/commands.h"
#include "cli/encoder_options.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "cli/text_checks.h"
#include "cli/text_excerpt.h"
#include "dataset/text_rows.h"
#include "engine/classification_model.h"
#include "engine/encoder.h"
#include "formats/gguf.h"
#include "models/bert_config.h"
#include "models/hugging_face/convert.h"
#include "models/static_embedding.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct RerankArguments {
  std::string model_path;
  std::string query;
  std::string input_path;
  std::string column = "text";
  std::vector<std::string> texts;
  EncoderArguments encoder;
  size_t top = 0;  // 0: all
  bool json = false;
};

struct Scores {
  std::string_view kind;      // what a score is: "logit" or "cosine"
  std::vector<float> values;  // of each text
};

using Texts = std::span<const std::string_view>;

Scores score_by_cross_encoder(const ClassificationModel& model, const std::string& source_name,
                              std::string_view query, Texts texts) {
  if (model.labels().size() != 1) {
    or_fail(fail(ErrorCode::kUnsupported,
                 "{}: expected a cross-encoder (one label), found a classifier of {} labels; "
                 "`ganglion classify` runs it",
                 source_name, model.labels().size()));
  }
  Scores scores{"logit", std::vector<float>(texts.size())};
  or_fail(model.classify_pairs(query, texts, scores.values));
  return scores;
}

Scores score_by_cosine(const Encoder& encoder, std::string_view query, Texts texts) {
  std::vector<std::string_view> all = {query};
  all.insert(all.end(), texts.begin(), texts.end());
  const size_t size = encoder.hidden_size();
  std::vector<float> vectors(all.size() * size);
  or_fail(encoder.embed(all, vectors));
  Scores scores{"cosine", {}};
  for (size_t i = 1; i < all.size(); ++i) {
    scores.values.push_back(std::inner_product(vectors.begin(), vectors.begin() + size,
                                               vectors.begin() + i * size, 0.0F));
  }
  return scores;
}

// Whether the file says that it scores texts; what it lacks for that, ClassificationModel names.
bool is_scoring(const GgufFile& file) {
  const std::string_view architecture = or_fail(file.get_string("general.architecture"));
  if (is_bert_architecture(architecture)) {
    return or_fail(read_bert_config(file)).pooling == Pooling::kRank;
  }
  if (architecture != StaticEmbedding::kArchitecture) {
    or_fail(fail(ErrorCode::kUnsupported,
                 "{}: metadata \"general.architecture\": expected a cross-encoder or an embedding "
                 "encoder ({} or \"{}\"), found \"{}\"; take a model whose "
                 "config.json names a ...ForSequenceClassification with one label",
                 file.source_name(), kBertArchitectures, StaticEmbedding::kArchitecture,
                 architecture));
  }
  return false;
}

Scores score(const RerankArguments& arguments, Texts texts) {
  const std::string path = model_path_or_fail(arguments.model_path);
  GgufFile file = or_fail(open_model(path));
  if (is_scoring(file)) {
    const ClassificationModel model =
        or_fail(ClassificationModel::load(std::move(file), arguments.encoder.options()));
    return score_by_cross_encoder(model, path, arguments.query, texts);
  }
  return score_by_cosine(*or_fail(load_encoder(path, arguments.encoder.options())), arguments.query,
                         texts);
}

void print_ranking(const RerankArguments& arguments, const Scores& scores, Texts texts) {
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return scores.values[a] > scores.values[b]; });
  if (arguments.top > 0) order.resize(std::min(order.size(), arguments.top));
  if (!arguments.json && scores.kind == "cosine") {
    fmt::print(stderr,
               "ranked by the cosine of embeddings: the model is no cross-encoder, which would "
               "read query and text together\n");
  }
  for (size_t rank = 0; rank < order.size(); ++rank) {
    const size_t index = order[rank];
    if (!arguments.json) {
      fmt::print("{:>4} {:>9.4f}  {}\n", index + 1, scores.values[index],
                 text_excerpt(texts[index]));
      continue;
    }
    fmt::print("{{\"rank\":{},\"index\":{},\"score\":{:.9g},\"score_kind\":\"{}\",\"text\":{}}}\n",
               rank + 1, index, scores.values[index], scores.kind,
               json::serialize(json::value(texts[index])));
  }
}

void run_rerank(const RerankArguments& arguments) {
  std::vector<std::string> texts = arguments.texts;
  if (!arguments.input_path.empty()) {
    for (TextRow& row : or_fail(read_text_rows(arguments.input_path, {arguments.column}))) {
      texts.push_back(std::move(row.values[0]));
    }
  }
  const std::vector<std::string_view> views(texts.begin(), texts.end());
  print_ranking(arguments, score(arguments, views), views);
}

}  // namespace

void add_rerank_command(CLI::App& app) {
  CLI::App* command = app.add_subcommand("rerank", "Order texts by how well they answer a query");
  const auto arguments = std::make_shared<RerankArguments>();
  command
      ->add_option("--model", arguments->model_path,
                   "A cross-encoder (or an embedding encoder, ranked by cosine): a .gguf file, a "
                   "Hugging Face folder or a stored name")
      ->required();
  command->add_option("--query", arguments->query, "What is looked for")
      ->check(not_blank())
      ->check(valid_utf8())
      ->required();
  CLI::Option* text =
      command->add_option("texts", arguments->texts, "The texts to order")->check(valid_utf8());
  CLI::Option* input = command->add_option("--input", arguments->input_path,
                                           "Texts: .jsonl, .csv with a header, or .txt by lines");
  command->add_option("--column", arguments->column, "The member or column that holds the text")
      ->capture_default_str();
  command->add_option("--top", arguments->top, "Print the best K only")
      ->check(CLI::Range(size_t{1}, size_t{1} << 30));
  add_encoder_options(*command, arguments->encoder);
  command->add_flag("--json", arguments->json,
                    "Print a JSON object a line: rank, index (from 0), score, score_kind, text");
  command->callback([arguments, text, input] {
    if (text->empty() && input->empty()) throw CLI::RequiredError("texts or --input");
    run_rerank(*arguments);
  });
}

}  // namespace ganglion
