#include "training/distill_static.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <unordered_set>
#include <utility>

#include "base/check.h"
#include "base/rng.h"
#include "training/principal_axes.h"
#include "training/word_counts.h"

namespace ganglion {
namespace {

constexpr std::string_view kContinuation = "##";
constexpr size_t kMinWords = 2;         // one word is what the token itself is
constexpr size_t kTeacherBatch = 32;    // texts in one call
constexpr size_t kMaxAxesRows = 50000;  // texts that the projection is found from

// Distinct texts, or a sample of them, in a seeded order: any first part is a fair sample.
std::vector<std::string> choose_texts(std::vector<std::string> texts,
                                      const StaticDistillOptions& options) {
  std::unordered_set<std::string> seen;
  std::vector<std::string> chosen;
  for (std::string& text : texts) {
    if (seen.insert(text).second) chosen.push_back(std::move(text));
  }
  Rng rng(options.regression.seed);
  rng.shuffle(std::span<std::string>(chosen));
  if (options.max_texts != 0 && chosen.size() > options.max_texts) {
    chosen.resize(options.max_texts);
  }
  return chosen;
}

// Fills ids, drops texts of fewer than kMinWords known tokens, and returns each token's count.
std::vector<double> encode_texts(const WordPiece& tokenizer, StaticDistillPlan& plan) {
  std::vector<double> counts(plan.tokens.size());
  std::vector<std::string> kept;
  std::vector<int32_t> ids;
  plan.regression.text_begin = {0};
  for (std::string& text : plan.texts) {
    tokenizer.encode(text, {.add_special_tokens = false}, ids);
    std::erase(ids, tokenizer.unknown_id());
    if (ids.size() < kMinWords) continue;
    for (const int32_t id : ids) counts[static_cast<size_t>(id)] += 1;
    plan.regression.ids.insert(plan.regression.ids.end(), ids.begin(), ids.end());
    plan.regression.text_begin.push_back(plan.regression.ids.size());
    kept.push_back(std::move(text));
  }
  plan.texts = std::move(kept);
  return counts;
}

// Frequencies of the tokens in the text, with half of what the word table adds for whole words, so
// that a common word which the text happens to lack is not taken for a rare one.
std::vector<double> token_frequencies(const StaticDistillPlan& plan, const WordPiece& tokenizer,
                                      std::vector<double> counts, const WordTable& table) {
  for (const WordCount& entry : table.words) {
    const int32_t id = tokenizer.find(entry.word);
    if (id >= 0) counts[static_cast<size_t>(id)] += 0.5 * static_cast<double>(entry.count);
  }
  const double total = std::accumulate(counts.begin(), counts.end(), 0.0);
  GANGLION_ASSERT(total > 0 && counts.size() == plan.tokens.size());
  for (double& count : counts) count /= total;
  return counts;
}

bool is_special(const std::string& token) { return token.size() > 2 && token.front() == '['; }

std::string text_of_token(const std::string& token) {
  const bool is_piece = token.starts_with(kContinuation) && token.size() > kContinuation.size();
  return is_piece ? token.substr(kContinuation.size()) : token;
}

void normalize(std::span<float> vector) {
  double squares = 0;
  for (const float value : vector) squares += static_cast<double>(value) * value;
  if (squares <= 0) return;
  const auto factor = static_cast<float>(1.0 / std::sqrt(squares));
  for (float& value : vector) value *= factor;
}

std::vector<float> mean_row(std::span<const float> rows, size_t num_columns) {
  std::vector<double> sums(num_columns);
  const size_t num_rows = rows.size() / num_columns;
  for (size_t i = 0; i < rows.size(); ++i) sums[i % num_columns] += rows[i];
  std::vector<float> means;
  means.reserve(num_columns);
  for (const double sum : sums) {
    means.push_back(static_cast<float>(sum / static_cast<double>(num_rows)));
  }
  return means;
}

// [V, D]: each token alone through the teacher, centred, projected, and weighted by rarity.
std::vector<float> first_vectors(const StaticDistillPlan& plan, const PrincipalAxes& axes,
                                 std::span<const float> token_vectors, double rarity) {
  const size_t hidden_size = axes.num_columns;
  const size_t size = axes.num_axes;
  const std::vector<float> mean = mean_row(token_vectors, hidden_size);
  std::vector<float> vectors(plan.tokens.size() * size);
  for (size_t id = 0; id < plan.tokens.size(); ++id) {
    if (is_special(plan.tokens[id])) continue;
    const auto out = std::span(vectors).subspan(id * size, size);
    project(axes, token_vectors.subspan(id * hidden_size, hidden_size), mean, out);
    const auto weight = static_cast<float>(rarity / (rarity + plan.frequencies[id]));
    for (float& value : out) value *= weight;
  }
  return vectors;
}

}  // namespace

Result<StaticDistillPlan> plan_static_distillation(std::vector<std::string> texts,
                                                   std::span<const std::string> teacher_vocabulary,
                                                   const StaticDistillOptions& options) {
  GANGLION_ASSIGN(WordTable table, count_words(texts, options.min_character_count));
  add_ranked_vocabulary(teacher_vocabulary, table.total, table);
  StaticDistillPlan plan;
  GANGLION_ASSIGN(plan.tokens, train_wordpiece(table, options.vocabulary));
  plan.texts = choose_texts(std::move(texts), options);
  WordPieceSpec spec;
  spec.tokens = plan.tokens;
  spec.unknown_id = kTrainedUnknownId;
  GANGLION_ASSIGN(const WordPiece tokenizer, WordPiece::create(std::move(spec)));
  std::vector<double> counts = encode_texts(tokenizer, plan);
  if (plan.texts.empty()) {
    return fail(ErrorCode::kInvalidArgument,
                "the text has no line of at least {} words: give one sentence a line", kMinWords);
  }
  plan.frequencies = token_frequencies(plan, tokenizer, std::move(counts), table);
  for (const std::string& token : plan.tokens) plan.token_texts.push_back(text_of_token(token));
  plan.regression.num_dimensions = options.dimension;
  return plan;
}

Result<std::vector<float>> embed_all(const TeacherFunction& teacher, size_t teacher_hidden_size,
                                     std::span<const std::string> texts, ProgressSink& progress) {
  std::vector<size_t> order(texts.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return texts[a].size() < texts[b].size(); });
  // Batches in a mixed order, so that the rate seen early on is the rate of the whole.
  std::vector<size_t> batches((texts.size() + kTeacherBatch - 1) / kTeacherBatch);
  std::iota(batches.begin(), batches.end(), size_t{0});
  Rng rng(1);
  rng.shuffle(std::span<size_t>(batches));
  std::vector<float> vectors(texts.size() * teacher_hidden_size);
  std::vector<std::string_view> batch;
  std::vector<float> out;
  uint64_t num_done = 0;
  for (const size_t index : batches) {
    const auto members = std::span(order).subspan(
        index * kTeacherBatch, std::min(kTeacherBatch, texts.size() - index * kTeacherBatch));
    batch.clear();
    for (const size_t text : members) batch.push_back(texts[text]);
    out.resize(members.size() * teacher_hidden_size);
    GANGLION_TRY(teacher(batch, out));
    for (size_t i = 0; i < members.size(); ++i) {
      std::copy_n(out.data() + i * teacher_hidden_size, teacher_hidden_size,
                  vectors.data() + members[i] * teacher_hidden_size);
    }
    num_done += members.size();
    progress.update(num_done, texts.size(), "");
  }
  return vectors;
}

StaticDistillResult fit_static_embedding(StaticDistillPlan plan,
                                         std::span<const float> text_vectors,
                                         std::span<const float> token_vectors,
                                         const StaticDistillOptions& options,
                                         ProgressSink& progress) {
  GANGLION_ASSERT(!plan.texts.empty() && text_vectors.size() % plan.texts.size() == 0);
  const size_t hidden_size = text_vectors.size() / plan.texts.size();
  GANGLION_ASSERT(token_vectors.size() == plan.tokens.size() * hidden_size);
  const size_t num_axes_rows = std::min(plan.texts.size(), kMaxAxesRows);
  const PrincipalAxes axes = find_principal_axes(text_vectors.first(num_axes_rows * hidden_size),
                                                 hidden_size, options.dimension);
  plan.regression.targets.resize(plan.texts.size() * options.dimension);
  for (size_t i = 0; i < plan.texts.size(); ++i) {
    const auto target =
        std::span(plan.regression.targets).subspan(i * options.dimension, options.dimension);
    project(axes, text_vectors.subspan(i * hidden_size, hidden_size), axes.mean, target);
    normalize(target);
  }
  std::vector<float> vectors = first_vectors(plan, axes, token_vectors, options.rarity);
  StaticDistillResult result;
  result.kept_variance = axes.kept_variance;
  result.loss = fit_static_vectors(plan.regression, options.regression, vectors, progress);
  result.weights = quantize_static_embedding(std::move(plan.tokens), kTrainedUnknownId,
                                             options.dimension, vectors);
  return result;
}

}  // namespace ganglion
