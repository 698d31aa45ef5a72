#include "retrieval/knowledge_base.h"

#include <algorithm>
#include <array>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "retrieval/fusion.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kEmbedBatch = 64;

Result<std::vector<std::filesystem::path>> list_articles(const std::filesystem::path& folder) {
  std::error_code error;
  std::vector<std::filesystem::path> paths;
  std::filesystem::recursive_directory_iterator entry(folder, error);
  while (!error && entry != std::filesystem::recursive_directory_iterator()) {
    const std::string extension = entry->path().extension();
    if (entry->is_regular_file(error) && (extension == ".md" || extension == ".txt")) {
      paths.push_back(entry->path());
    }
    if (!error) entry.increment(error);
  }
  if (error) {
    return fail(ErrorCode::kIo, "{}: cannot list the articles: {}; give an existing folder",
                folder.string(), error.message());
  }
  if (paths.empty()) {
    return fail(ErrorCode::kNotFound, "{}: holds no articles; expected .md or .txt files",
                folder.string());
  }
  std::ranges::sort(paths);
  return paths;
}

Status check_document(const Document& document) {
  const size_t invalid = find_invalid_utf8(document.text);
  if (invalid == std::string_view::npos) return {};
  const auto line = std::count(document.text.begin(),
                               document.text.begin() + static_cast<ptrdiff_t>(invalid), '\n');
  return fail(ErrorCode::kMalformed, "{}:{}: not valid UTF-8 (byte {}); save the article as UTF-8",
              document.id, line + 1, invalid);
}

}  // namespace

KnowledgeBase::KnowledgeBase(std::vector<Document> documents, const Encoder* encoder,
                             const KnowledgeBaseOptions& options)
    : options_(options),
      encoder_(encoder),
      documents_(std::move(documents)),
      document_index_{
          Bm25Index(options.bm25),
          VectorIndex(encoder == nullptr ? 0 : encoder->hidden_size(), options.precision)},
      passage_index_(document_index_) {}

Result<KnowledgeBase> KnowledgeBase::load(const std::filesystem::path& folder,
                                          const Encoder* encoder,
                                          const KnowledgeBaseOptions& options) {
  GANGLION_ASSIGN(const auto paths, list_articles(folder));
  std::vector<Document> documents;
  for (const std::filesystem::path& path : paths) {
    GANGLION_ASSIGN(std::string text, read_file(path, options.max_document_bytes));
    Document document;
    document.id = path.lexically_relative(folder).generic_string();
    document.title = find_title(text);
    document.text = std::move(text);
    if (document.title.empty()) document.title = document.id;
    documents.push_back(std::move(document));
  }
  return build(std::move(documents), encoder, options);
}

Result<KnowledgeBase> KnowledgeBase::build(std::vector<Document> documents, const Encoder* encoder,
                                           const KnowledgeBaseOptions& options) {
  for (const Document& document : documents) GANGLION_TRY(check_document(document));
  KnowledgeBase base(std::move(documents), encoder, options);
  GANGLION_TRY(base.index_documents());
  return base;
}

Status KnowledgeBase::index_documents() {
  std::vector<std::string> passages;
  for (size_t i = 0; i < documents_.size(); ++i) {
    for (Passage& passage : split_passages(documents_[i].text, options_.passages)) {
      // The headings say what the passage is about, often better than it does itself.
      passages.push_back(passage.heading + "\n" +
                         std::string(passage.range.in(documents_[i].text)));
      entries_.push_back({i, std::move(passage)});
    }
  }
  GANGLION_TRY(add_to(passage_index_, {passages.begin(), passages.end()}));
  std::vector<std::string_view> texts;
  for (const Document& document : documents_) texts.push_back(document.text);
  return add_to(document_index_, texts);
}

Status KnowledgeBase::add_to(Index& index, const std::vector<std::string_view>& texts) const {
  for (const std::string_view text : texts) {
    index.lexical.add(extract_terms(text, options_.terms));
  }
  if (encoder_ == nullptr) return {};
  const size_t hidden_size = encoder_->hidden_size();
  std::vector<float> rows;
  for (size_t begin = 0; begin < texts.size(); begin += kEmbedBatch) {
    const auto batch = std::span(texts).subspan(begin, std::min(kEmbedBatch, texts.size() - begin));
    rows.resize(batch.size() * hidden_size);
    GANGLION_TRY(encoder_->embed(batch, rows));
    for (size_t i = 0; i < batch.size(); ++i) {
      index.vectors.add(std::span<const float>(rows).subspan(i * hidden_size, hidden_size));
    }
  }
  return {};
}

std::vector<double> KnowledgeBase::lexical_scores(const Index& index,
                                                  std::span<const std::string> terms) const {
  std::vector<double> scores(index.lexical.size(), 0.0);
  for (const auto& [i, score] : index.lexical.search(terms, scores.size())) scores[i] = score;
  return scores;
}

std::vector<double> KnowledgeBase::similarities(const Index& index,
                                                std::span<const float> query) const {
  std::vector<double> scores(index.vectors.size(), 0.0);
  for (const auto& [i, score] : index.vectors.search(query, scores.size())) scores[i] = score;
  return scores;
}

Result<std::vector<FoundPassage>> KnowledgeBase::search(std::string_view query,
                                                        size_t count) const {
  // A document's score, given to each of its passages.
  const auto spread = [this](const std::vector<double>& of_documents) {
    std::vector<double> scores;
    scores.reserve(entries_.size());
    for (const Entry& entry : entries_) scores.push_back(of_documents[entry.document]);
    return scores;
  };
  const FusionWeights& weights = options_.weights;
  const std::vector<std::string> terms = extract_terms(query, options_.terms);
  std::vector<WeightedScores> lists = {
      {lexical_scores(passage_index_, terms), weights.passage_words},
      {spread(lexical_scores(document_index_, terms)), weights.document_words}};
  std::vector<double> nearness(entries_.size(), 0.0);
  if (encoder_ != nullptr) {
    std::vector<float> vector(encoder_->hidden_size());
    GANGLION_TRY(encoder_->embed(std::array{query}, vector));
    nearness = similarities(passage_index_, vector);
    lists.push_back({nearness, weights.passage_meaning});
    lists.push_back({spread(similarities(document_index_, vector)), weights.document_meaning});
  }
  std::vector<ScoredIndex> scored;
  const std::vector<double> fused = fuse_scores(lists);
  for (uint32_t i = 0; i < fused.size(); ++i) {
    if (fused[i] > 0) scored.push_back({i, fused[i]});
  }
  keep_best(scored, count);
  std::vector<FoundPassage> found;
  found.reserve(scored.size());
  for (const auto& [i, score] : scored) {
    found.push_back({&documents_[entries_[i].document], &entries_[i].passage, score, nearness[i]});
  }
  return found;
}

}  // namespace ganglion
