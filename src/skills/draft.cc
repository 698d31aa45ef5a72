#include "skills/draft.h"

#include <algorithm>
#include <set>
#include <tuple>
#include <utility>

namespace ganglion {
namespace {

// Weights of what makes a sentence worth quoting. The passage's rank counts most, so that one
// passage is quoted at length rather than several in shreds.
constexpr double kRankWeight = 1.0;
constexpr double kOverlapWeight = 0.7;
constexpr double kFirstWeight = 0.1;

struct Candidate {
  size_t rank;  // of the passage
  ByteRange range;
  double overlap;  // summed idf of the terms it shares with the request
  bool is_first;   // of its passage
  double score = 0;
};

std::vector<Candidate> list_candidates(const KnowledgeBase& articles,
                                       const std::vector<FoundPassage>& passages,
                                       std::string_view request) {
  const auto terms = extract_terms(request, articles.term_options());
  const std::set<std::string> wanted(terms.begin(), terms.end());
  std::vector<Candidate> candidates;
  for (size_t rank = 0; rank < passages.size(); ++rank) {
    const std::string_view text = passages[rank].document->text;
    bool is_first = true;
    for (const ByteRange& range : split_sentences(text, passages[rank].passage->range)) {
      const auto own_terms = extract_terms(range.in(text), articles.term_options());
      double overlap = 0;
      for (const std::string& term : std::set<std::string>(own_terms.begin(), own_terms.end())) {
        if (wanted.contains(term)) overlap += articles.inverse_document_frequency(term);
      }
      candidates.push_back(
          {.rank = rank, .range = range, .overlap = overlap, .is_first = is_first});
      is_first = false;
    }
  }
  return candidates;
}

// Keeps the best `count`, in the order of passages and of the text.
void keep_best(std::vector<Candidate>& candidates, size_t count) {
  double most = 0;
  for (const Candidate& candidate : candidates) most = std::max(most, candidate.overlap);
  for (Candidate& candidate : candidates) {
    candidate.score = kRankWeight / static_cast<double>(candidate.rank + 1) +
                      (most > 0 ? kOverlapWeight * candidate.overlap / most : 0) +
                      (candidate.is_first ? kFirstWeight : 0);
  }
  std::ranges::stable_sort(
      candidates, [](const Candidate& a, const Candidate& b) { return a.score > b.score; });
  candidates.resize(std::min(count, candidates.size()));
  std::ranges::sort(candidates, [](const Candidate& a, const Candidate& b) {
    return std::tie(a.rank, a.range.begin) < std::tie(b.rank, b.range.begin);
  });
}

void add_block(std::string& text, std::string_view block) {
  if (block.empty()) return;
  if (!text.empty()) text += "\n\n";
  text += block;
}

// Adds title and text, or notes that a value for them is missing.
void add_text(Draft& draft, std::string_view name, const FillTemplate& title,
              const FillTemplate& text, const DraftRequest& request) {
  const Result<std::string> title_text = title.fill(request.values);
  const Result<std::string> body = text.fill(request.values);
  if (title_text.ok() && body.ok()) {
    add_block(draft.text, title_text->empty() ? *body : *title_text + "\n" + *body);
  } else {
    draft.left_out.emplace_back(name);
  }
}

// A line break inside a sentence is a space to Markdown.
std::string join_lines(std::string_view quote) {
  std::string line;
  for (const char c : quote) {
    const bool is_blank = c == '\n' || c == '\r' || c == ' ' || c == '\t';
    if (!is_blank) {
      line += c;
    } else if (!line.empty() && line.back() != ' ') {
      line += ' ';
    }
  }
  return line;
}

void add_quotes(Draft& draft, const DraftSection& section, const DraftRequest& request,
                std::vector<Citation> citations) {
  if (citations.empty()) {
    draft.left_out.push_back(section.name);
    draft.status = DraftStatus::kNoPassage;
    return;
  }
  const Result<std::string> title = section.title.fill(request.values);
  std::string block = title.ok() ? *title : "";
  for (Citation& citation : citations) {
    citation.number = draft.citations.size() + 1;
    block += fmt::format("{}- {} [{}]", block.empty() ? "" : "\n", join_lines(citation.quote),
                         citation.number);
    draft.citations.push_back(std::move(citation));
  }
  add_block(draft.text, block);
}

std::string list_sources(const std::vector<Citation>& citations) {
  std::string sources;
  for (const Citation& citation : citations) {
    sources +=
        fmt::format("{}[{}] {} ({}, bytes {} to {})", sources.empty() ? "" : "\n", citation.number,
                    citation.heading, citation.document, citation.range.begin, citation.range.end);
  }
  return sources;
}

}  // namespace

std::string_view draft_status_name(DraftStatus status) {
  switch (status) {
    case DraftStatus::kReady:
      return "ready";
    case DraftStatus::kPolicyViolation:
      return "policy_violation";
    case DraftStatus::kNoPassage:
      return "no_passage";
  }
  return "unknown";
}

Result<Draft> Drafter::draft(const DraftRequest& request) const {
  GANGLION_ASSIGN(std::vector<FoundPassage> passages,
                  articles_.search(request.text, policy_.passages));
  if (articles_.has_encoder()) {
    std::erase_if(passages, [this](const FoundPassage& passage) {
      return passage.similarity < policy_.minimum_similarity;
    });
  }
  Draft draft;
  add_text(draft, "greeting", {}, policy_.greeting, request);
  for (const DraftSection& section : policy_.sections) {
    if (section.quotes > 0) {
      add_quotes(draft, section, request, choose_quotes(request, passages, section.quotes));
    } else {
      add_text(draft, section.name, section.title, section.text, request);
    }
  }
  add_text(draft, "closing", {}, policy_.closing, request);
  check_phrases(draft);
  add_block(draft.text, list_sources(draft.citations));
  return draft;
}

std::vector<Citation> Drafter::choose_quotes(const DraftRequest& request,
                                             const std::vector<FoundPassage>& passages,
                                             size_t count) const {
  std::vector<Candidate> chosen = list_candidates(articles_, passages, request.text);
  keep_best(chosen, count);
  std::vector<Citation> citations;
  for (const Candidate& candidate : chosen) {
    const FoundPassage& passage = passages[candidate.rank];
    citations.push_back({.number = 0,
                         .document = passage.document->id,
                         .heading = passage.passage->heading,
                         .range = candidate.range,
                         .quote = std::string(candidate.range.in(passage.document->text)),
                         .score = passage.score,
                         .similarity = passage.similarity});
  }
  return citations;
}

void Drafter::check_phrases(Draft& draft) const {
  const std::vector<Word> words = split_words(draft.text);
  for (const Phrase& phrase : policy_.required_phrases) {
    if (phrase.find_in(words)) continue;
    draft.violations.push_back({PolicyViolation::Kind::kRequiredMissing, phrase.text()});
  }
  for (const Phrase& phrase : policy_.forbidden_phrases) {
    const auto found = phrase.find_in(words);
    if (!found) continue;
    draft.violations.push_back({PolicyViolation::Kind::kForbiddenFound, phrase.text(),
                                std::string(found->in(draft.text))});
  }
  if (!draft.violations.empty()) draft.status = DraftStatus::kPolicyViolation;
}

json::object draft_to_json(const Draft& draft) {
  json::array citations;
  for (const Citation& citation : draft.citations) {
    citations.push_back({{"number", citation.number},
                         {"document", citation.document},
                         {"heading", citation.heading},
                         {"begin", citation.range.begin},
                         {"end", citation.range.end},
                         {"quote", citation.quote},
                         {"score", citation.score},
                         {"similarity", citation.similarity}});
  }
  json::array violations;
  for (const PolicyViolation& violation : draft.violations) {
    const bool is_missing = violation.kind == PolicyViolation::Kind::kRequiredMissing;
    violations.push_back({{"kind", is_missing ? "required_phrase_missing" : "forbidden_phrase"},
                          {"phrase", violation.phrase},
                          {"found", violation.found}});
  }
  return {{"status", std::string(draft_status_name(draft.status))},
          {"draft", draft.text},
          {"citations", std::move(citations)},
          {"violations", std::move(violations)},
          {"left_out", json::array(draft.left_out.begin(), draft.left_out.end())}};
}

}  // namespace ganglion
