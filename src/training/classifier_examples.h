// What a text classifier is fitted on, and the form in which its towers read it.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "models/text_classifier.h"

namespace ganglion {

// Borrowed. All three have one entry a text.
struct ClassifierExamples {
  std::span<const std::string> texts;  // valid UTF-8
  std::span<const uint32_t> labels;    // below the number of labels
  std::span<const float> embeddings;   // [texts, embedding_size], row-major, unit length

  size_t embedding_size() const { return embeddings.size() / texts.size(); }
};

// The examples as features. Row r's n-grams are ids and values [begins[r], begins[r + 1]).
struct TowerInput {
  std::vector<size_t> begins;  // [rows + 1]
  std::vector<uint32_t> ids;
  std::vector<float> values;
  std::vector<float> embeddings;  // [rows, embedding_size], centred
  std::vector<uint32_t> labels;   // [rows]
  size_t num_ngrams = 0;          // in the vocabulary
  size_t num_classes = 0;
  size_t embedding_size = 0;

  size_t num_rows() const { return labels.size(); }
  std::span<const float> embedding(size_t row) const {
    return std::span(embeddings).subspan(row * embedding_size, embedding_size);
  }
};

std::vector<float> mean_embedding(const ClassifierExamples& examples);
// [num_classes, embedding_size]: the mean embedding of each class scaled to unit length; zero for a
// class without examples.
std::vector<float> class_mean_embeddings(const ClassifierExamples& examples, size_t num_classes);

TowerInput make_tower_input(const ClassifierExamples& examples, const NgramVocabulary& vocabulary,
                            const EmbeddingInput& embedding_input, size_t num_classes);

}  // namespace ganglion
