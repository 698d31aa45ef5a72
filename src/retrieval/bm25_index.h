// Lexical ranking: BM25 (Robertson and Zaragoza 2009) in Lucene's form, whose idf is never
// negative:
//   score = Σ ln(1 + (N - df + 0.5) / (df + 0.5)) · tf / (tf + k1 (1 - b + b · length / mean
//   length))
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace ganglion {

struct Bm25Parameters {
  double k1 = 1.2;  // how fast repetitions of a term stop counting
  double b = 0.75;  // how much long documents are held back, 0 to 1
};

struct ScoredIndex {
  uint32_t index;  // in the order of adding
  double score;

  friend bool operator==(const ScoredIndex&, const ScoredIndex&) = default;
};

// In memory; adding is not thread-safe, searching is.
class Bm25Index {
 public:
  explicit Bm25Index(const Bm25Parameters& parameters = {}) : parameters_(parameters) {}

  // Adds a document by its terms and returns its index.
  uint32_t add(std::span<const std::string> terms);

  // The best `count` documents that hold any of the terms, best first; equal ones by index. A term
  // that is given twice counts twice. Cost: the postings of the terms.
  std::vector<ScoredIndex> search(std::span<const std::string> terms, size_t count) const;

  // ln(1 + (N - df + 0.5) / (df + 0.5)): large for rare terms, and largest for unknown ones.
  double inverse_document_frequency(const std::string& term) const;

  size_t size() const { return lengths_.size(); }

 private:
  struct Posting {
    uint32_t index;
    uint32_t frequency;
  };

  Bm25Parameters parameters_;
  std::unordered_map<std::string, std::vector<Posting>> postings_;
  std::vector<uint32_t> lengths_;  // in terms
  uint64_t total_length_ = 0;
};

// Sorts best first (equal scores by index) and keeps the first `count`.
void keep_best(std::vector<ScoredIndex>& scored, size_t count);

}  // namespace ganglion
