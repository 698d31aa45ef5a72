#include "training/classifier_examples.h"

#include <cmath>

namespace ganglion {

std::vector<float> mean_embedding(const ClassifierExamples& examples) {
  const size_t size = examples.embedding_size();
  std::vector<double> sums(size, 0.0);
  for (size_t i = 0; i < examples.embeddings.size(); ++i) sums[i % size] += examples.embeddings[i];
  std::vector<float> mean;
  mean.reserve(size);
  for (const double sum : sums) {
    mean.push_back(static_cast<float>(sum / static_cast<double>(examples.texts.size())));
  }
  return mean;
}

std::vector<float> class_mean_embeddings(const ClassifierExamples& examples, size_t num_classes) {
  const size_t size = examples.embedding_size();
  std::vector<float> means(num_classes * size, 0.0F);
  for (size_t row = 0; row < examples.texts.size(); ++row) {
    float* mean = &means[examples.labels[row] * size];
    for (size_t i = 0; i < size; ++i) mean[i] += examples.embeddings[row * size + i];
  }
  for (size_t k = 0; k < num_classes; ++k) {
    float* mean = &means[k * size];
    float squares = 0;
    for (size_t i = 0; i < size; ++i) squares += mean[i] * mean[i];
    const float scale = squares > 0 ? 1 / std::sqrt(squares) : 0;
    for (size_t i = 0; i < size; ++i) mean[i] *= scale;
  }
  return means;
}

TowerInput make_tower_input(const ClassifierExamples& examples, const NgramVocabulary& vocabulary,
                            const EmbeddingInput& embedding_input, size_t num_classes) {
  TowerInput input;
  input.num_ngrams = vocabulary.size();
  input.num_classes = num_classes;
  input.embedding_size = examples.embedding_size();
  input.labels.assign(examples.labels.begin(), examples.labels.end());
  input.begins.push_back(0);
  for (const std::string& text : examples.texts) {
    const SparseVector vector = vocabulary.features(text).vector;
    input.ids.insert(input.ids.end(), vector.ids.begin(), vector.ids.end());
    input.values.insert(input.values.end(), vector.values.begin(), vector.values.end());
    input.begins.push_back(input.ids.size());
  }
  input.embeddings.resize(examples.embeddings.size());
  const size_t size = input.embedding_size;
  for (size_t row = 0; row < input.num_rows(); ++row) {
    embedding_input.centre(examples.embeddings.subspan(row * size, size),
                           std::span(input.embeddings).subspan(row * size, size));
  }
  return input;
}

}  // namespace ganglion
