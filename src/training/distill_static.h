// Makes a static-embedding encoder out of a teacher: its own vocabulary, a first vector for every
// token (the token alone through the teacher, projected and weighted by rarity), then a regression
// of the teacher's vectors of whole texts.
// Sources: model2vec (first vectors: projection and weighting), Arora et al. 2017 eq. 1 (weighting,
// SIF), tokenlearn (regression).
//
// The caller runs the stages, so that each can show its progress:
//   plan = plan_static_distillation(texts, teacher vocabulary, options)
//   text vectors = embed_all(plan.texts), token vectors = embed_all(plan.token_texts)
//   weights = fit_static_embedding(plan, text vectors, token vectors, options)
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/progress.h"
#include "base/result.h"
#include "models/static_embedding.h"
#include "training/static_regression.h"
#include "training/wordpiece_trainer.h"

namespace ganglion {

struct StaticDistillOptions {
  WordpieceTrainingOptions vocabulary = {.vocabulary_size = 28000, .num_pieces = 3500};
  uint64_t min_character_count = 10;  // rarer characters beyond ASCII are unknown
  size_t dimension = 256;             // at most the teacher's hidden size
  double rarity = 1e-4;               // SIF's a: a token of frequency f weighs a / (a + f)
  size_t max_texts = 0;               // use a seeded sample of at most so many; 0 means all
  StaticRegressionOptions regression;
};

struct StaticDistillPlan {
  std::vector<std::string> texts;        // distinct, at least two words of known characters each
  std::vector<std::string> tokens;       // by id
  std::vector<std::string> token_texts;  // what the teacher reads for each token: "ing" for "##ing"
  std::vector<double> frequencies;       // of each token, sum 1
  StaticRegressionData regression;       // ids and text_begin; targets are filled by the fit
};

// `teacher_vocabulary` is sorted by falling frequency (as BERT's is): it says which words are
// common where the text is too small to say so. kInvalidArgument when the text or the sizes do not
// suffice.
Result<StaticDistillPlan> plan_static_distillation(std::vector<std::string> texts,
                                                   std::span<const std::string> teacher_vocabulary,
                                                   const StaticDistillOptions& options);

// Writes the L2-normalised vectors of the texts, [num_texts, H] row-major.
using TeacherFunction =
    std::function<Status(std::span<const std::string_view> texts, std::span<float> out)>;

// The vectors of all texts, [N, H], in their order. Similar lengths go to the teacher together.
Result<std::vector<float>> embed_all(const TeacherFunction& teacher, size_t teacher_hidden_size,
                                     std::span<const std::string> texts, ProgressSink& progress);

struct StaticDistillResult {
  StaticEmbeddingWeights weights;
  double kept_variance = 0;  // of the teacher's vectors by the projection, 0 to 1
  double loss = 0;           // mean of 1 - cosine to the teacher over the last epoch
};

// Requires vectors [plan.texts, H] and [plan.tokens, H] (asserted). Deterministic.
StaticDistillResult fit_static_embedding(StaticDistillPlan plan,
                                         std::span<const float> text_vectors,
                                         std::span<const float> token_vectors,
                                         const StaticDistillOptions& options,
                                         ProgressSink& progress);

}  // namespace ganglion
