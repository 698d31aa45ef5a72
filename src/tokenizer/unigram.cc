#include "tokenizer/unigram.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr double kUnknownPenalty = 10;
constexpr size_t kMaxTokenBytes = 256;
constexpr uint32_t kUnreached = UINT32_MAX;

}  // namespace

Result<std::unique_ptr<PieceModel>> Unigram::create(UnigramSpec spec) {
  if (spec.scores.size() != spec.tokens.size()) {
    return fail(ErrorCode::kMalformed, "scores: expected {} (one a token), found {}",
                spec.tokens.size(), spec.scores.size());
  }
  if (spec.unknown_id < 0 || static_cast<size_t>(spec.unknown_id) >= spec.tokens.size()) {
    return fail(ErrorCode::kMalformed, "unknown token: expected an id from 0 to {}, found {}",
                static_cast<int64_t>(spec.tokens.size()) - 1, spec.unknown_id);
  }
  for (size_t id = 0; id < spec.tokens.size(); ++id) {
    if (!std::isfinite(spec.scores[id])) {
      return fail(ErrorCode::kMalformed, "score of token {}: expected a finite number, found {}",
                  id, spec.scores[id]);
    }
    if (spec.tokens[id].size() > kMaxTokenBytes) {
      return fail(ErrorCode::kLimit, "token {}: expected at most {} bytes, found {}", id,
                  kMaxTokenBytes, spec.tokens[id].size());
    }
  }
  return std::unique_ptr<PieceModel>(new Unigram(std::move(spec)));
}

Unigram::Unigram(UnigramSpec spec)
    : scores_(std::move(spec.scores)),
      unknown_id_(spec.unknown_id),
      byte_ids_(spec.byte_ids),
      single_precision_(spec.single_precision) {
  std::vector<std::pair<std::string_view, int32_t>> entries;
  double lowest = std::numeric_limits<double>::max();
  for (size_t id = 0; id < spec.tokens.size(); ++id) {
    if (spec.tokens[id].empty()) continue;
    entries.emplace_back(spec.tokens[id], static_cast<int32_t>(id));
    lowest = std::min(lowest, scores_[id]);
  }
  trie_ = ByteTrie(std::move(entries));
  unknown_score_ = lowest - kUnknownPenalty;
  if (single_precision_) {
    unknown_score_ = static_cast<float>(lowest) - static_cast<float>(kUnknownPenalty);
  }
  has_bytes_ = std::none_of(byte_ids_.begin(), byte_ids_.end(),
                            [](int32_t id) { return id == UnigramSpec::kNone; });
}

// scratch: for every byte position the best score of a path that ends there, the token it ends
// with, and where that begins.
void Unigram::find_best_path(std::string_view piece, PieceScratch& scratch) const {
  const size_t size = piece.size();
  scratch.scores.assign(size + 1, 0);
  scratch.symbols.assign(size + 1, unknown_id_);
  scratch.previous.assign(size + 1, kUnreached);
  const auto offer = [&](size_t begin, size_t end, int32_t id, double score) {
    double sum = scratch.scores[begin] + score;
    if (single_precision_) {
      sum = static_cast<float>(scratch.scores[begin]) + static_cast<float>(score);
    }
    if (scratch.previous[end] != kUnreached && sum <= scratch.scores[end]) return;
    scratch.scores[end] = sum;
    scratch.symbols[end] = id;
    scratch.previous[end] = static_cast<uint32_t>(begin);
  };
  for (size_t begin = 0; begin < size;) {
    const size_t next = begin + decode_utf8(piece, begin).num_bytes;
    bool has_character = false;
    ByteTrie::Node node = ByteTrie::kRoot;
    for (size_t i = begin; i < size; ++i) {
      node = trie_.child(node, static_cast<uint8_t>(piece[i]));
      if (node == ByteTrie::kNone) break;
      const int32_t id = trie_.value(node);
      if (id == ByteTrie::kNoValue) continue;
      offer(begin, i + 1, id, scores_[static_cast<size_t>(id)]);
      has_character = has_character || i + 1 == next;
    }
    if (!has_character) offer(begin, next, unknown_id_, unknown_score_);
    // A token of an untrusted table may end inside a character: such places are passed over.
    begin = next;
  }
}

void Unigram::encode(std::string_view piece, PieceScratch& scratch,
                     const PieceOutput& output) const {
  find_best_path(piece, scratch);
  // From the end to the begin: the ends of the tokens.
  std::vector<uint32_t>& ends = scratch.next;
  ends.clear();
  for (auto end = static_cast<uint32_t>(piece.size()); end > 0; end = scratch.previous[end]) {
    ends.push_back(end);
  }
  bool after_unknown = false;
  for (auto end = ends.rbegin(); end != ends.rend(); ++end) {
    const int32_t id = scratch.symbols[*end];
    const size_t begin = scratch.previous[*end];
    if (id != unknown_id_) {
      output.add(id, begin, *end);
    } else if (has_bytes_) {
      for (size_t i = begin; i < *end; ++i) {
        output.add(byte_ids_[static_cast<unsigned char>(piece[i])], i, i + 1);
      }
    } else if (after_unknown) {
      if (output.spans != nullptr) output.spans->back().end = output.base + *end;
    } else {
      output.add(id, begin, *end);
    }
    after_unknown = id == unknown_id_ && !has_bytes_;
  }
}

}  // namespace ganglion
