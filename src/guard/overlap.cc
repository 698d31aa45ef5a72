#include "guard/overlap.h"

#include <algorithm>
#include <map>

namespace ganglion {
namespace {

constexpr double kCheckedScore = 0.85;

bool is_checked(const Finding& finding) {
  const bool guessed = finding.type == PiiType::kPerson || finding.type == PiiType::kAddress;
  return finding.score >= kCheckedScore && !guessed;
}

bool wins_over(const Finding& a, const Finding& b) {
  const bool a_checked = is_checked(a);
  const bool b_checked = is_checked(b);
  if (a_checked != b_checked) return a_checked;
  if (a.end - a.begin != b.end - b.begin) return a.end - a.begin > b.end - b.begin;
  if (a.score != b.score) return a.score > b.score;
  if (a.begin != b.begin) return a.begin < b.begin;
  return a.type < b.type;
}

bool is_word_byte(char c) {
  const auto byte = static_cast<unsigned char>(c);
  return byte >= 0x80 || (byte >= '0' && byte <= '9') || ((byte | 32) >= 'a' && (byte | 32) <= 'z');
}

// Only free-form values have parts that mean something alone.
bool keeps_remainder(PiiType type) {
  return type == PiiType::kPerson || type == PiiType::kAddress || type == PiiType::kUrl ||
         type == PiiType::kPassword;
}

// Disjoint findings by start.
class Kept {
 public:
  explicit Kept(std::string_view text) : text_(text) {}

  void add(const Finding& finding) {
    size_t begin = finding.begin;
    bool overlapped = false;
    for (auto next = first_ending_after(begin); begin < finding.end; ++next) {
      const bool more = next != by_begin_.end() && next->second.begin < finding.end;
      const size_t end = more ? next->second.begin : finding.end;
      overlapped = overlapped || more;
      pieces_.push_back({finding.type, begin, std::max(begin, end), finding.score});
      if (!more) break;
      begin = next->second.end;
    }
    if (!overlapped) {
      by_begin_.emplace(finding.begin, finding);
    } else if (keeps_remainder(finding.type)) {
      for (const Finding& piece : pieces_) add_piece(piece);
    }
    pieces_.clear();
  }

  std::vector<Finding> in_order() const {
    std::vector<Finding> findings;
    findings.reserve(by_begin_.size());
    for (const auto& entry : by_begin_) findings.push_back(entry.second);
    return findings;
  }

 private:
  std::map<size_t, Finding>::const_iterator first_ending_after(size_t byte) const {
    auto next = by_begin_.upper_bound(byte);
    if (next != by_begin_.begin() && std::prev(next)->second.end > byte) --next;
    return next;
  }

  // Without the punctuation at its ends; a lone letter or digit is not worth a span, and what is
  // left of an address without a number was a guess around the winner.
  void add_piece(Finding piece) {
    while (piece.begin < piece.end && !is_word_byte(text_[piece.begin])) ++piece.begin;
    while (piece.end > piece.begin && !is_word_byte(text_[piece.end - 1])) --piece.end;
    const std::string_view left = text_.substr(piece.begin, piece.end - piece.begin);
    const bool plausible = piece.type != PiiType::kAddress ||
                           left.find_first_of("0123456789") != std::string_view::npos;
    if (left.size() >= 2 && plausible) by_begin_.emplace(piece.begin, piece);
  }

  std::string_view text_;
  std::map<size_t, Finding> by_begin_;
  std::vector<Finding> pieces_;
};

}  // namespace

std::vector<Finding> resolve_overlaps(std::string_view text, std::vector<Finding> findings) {
  std::sort(findings.begin(), findings.end(), wins_over);
  Kept kept(text);
  for (const Finding& finding : findings) kept.add(finding);
  return kept.in_order();
}

}  // namespace ganglion
