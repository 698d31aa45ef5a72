// A folder of articles that answers "which passages speak of this?".
#pragma once

#include <cstddef>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "engine/encoder.h"
#include "retrieval/bm25_index.h"
#include "retrieval/passages.h"
#include "retrieval/terms.h"
#include "retrieval/vector_index.h"

namespace ganglion {

// What a passage's score is made of. A document's score counts for each of its passages: short
// passages leave out the words that their document is about. Chosen on the tickets of
// examples/support; see docs/decisions/retrieval.md.
struct FusionWeights {
  double passage_words = 0.3;  // BM25
  double document_words = 0.3;
  double passage_meaning = 0.2;  // cosine
  double document_meaning = 0.2;
};

struct KnowledgeBaseOptions {
  PassageOptions passages{};
  TermOptions terms{};
  Bm25Parameters bm25{};
  VectorPrecision precision = VectorPrecision::kFloat32;
  FusionWeights weights{};
  size_t max_document_bytes = 4 << 20;
};

struct Document {
  std::string id{};     // its path below the folder, as in "billing/refunds.md"
  std::string title{};  // the first heading, or the id
  std::string text{};   // valid UTF-8
};

// Lives in the knowledge base.
struct FoundPassage {
  const Document* document;
  const Passage* passage;
  double score;       // of the fused ranking; comparable within one search only
  double similarity;  // cosine of query and passage, -1 to 1; 0 without an encoder

  std::string_view text() const { return passage->range.in(document->text); }
};

// Immutable once built; searching is thread-safe.
class KnowledgeBase {
 public:
  // Reads every .md and .txt file below `folder`, in the order of their paths. `encoder` may be
  // null: then words alone decide; otherwise it must outlive the knowledge base. Fails where the
  // folder is missing or holds no article, or an article is too large or not valid UTF-8.
  static Result<KnowledgeBase> load(const std::filesystem::path& folder, const Encoder* encoder,
                                    const KnowledgeBaseOptions& options = {});

  // The same from memory.
  static Result<KnowledgeBase> build(std::vector<Document> documents, const Encoder* encoder,
                                     const KnowledgeBaseOptions& options = {});

  // The best `count` passages, best first: BM25 and embedding, fused by rank. Passages that share
  // no word with the query and are not near it in meaning are not found. Fails where the encoder
  // does.
  Result<std::vector<FoundPassage>> search(std::string_view query, size_t count) const;

  const std::vector<Document>& documents() const { return documents_; }
  bool has_encoder() const { return encoder_ != nullptr; }
  size_t num_passages() const { return entries_.size(); }
  const TermOptions& term_options() const { return options_.terms; }
  // How much a term tells here: see Bm25Index.
  double inverse_document_frequency(const std::string& term) const {
    return passage_index_.lexical.inverse_document_frequency(term);
  }

 private:
  struct Entry {
    size_t document;
    Passage passage;
  };

  // Both kinds of scores for one sort of text.
  struct Index {
    Bm25Index lexical;
    VectorIndex vectors;
  };

  KnowledgeBase(std::vector<Document> documents, const Encoder* encoder,
                const KnowledgeBaseOptions& options);
  Status index_documents();
  Status add_to(Index& index, const std::vector<std::string_view>& texts) const;
  std::vector<double> lexical_scores(const Index& index, std::span<const std::string> terms) const;
  std::vector<double> similarities(const Index& index, std::span<const float> query) const;

  KnowledgeBaseOptions options_;
  const Encoder* encoder_;
  std::vector<Document> documents_;
  std::vector<Entry> entries_;
  Index document_index_;  // in the order of documents_
  Index passage_index_;   // in the order of entries_
};

}  // namespace ganglion
