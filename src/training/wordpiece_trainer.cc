#include "training/wordpiece_trainer.h"

#include <algorithm>
#include <queue>
#include <unordered_map>
#include <unordered_set>
#include <utility>

#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr std::string_view kContinuation = "##";
constexpr size_t kMaxPieceWordBytes = 40;

// A mark is always a word of its own, so it never continues one.
bool can_continue(const std::string& character) {
  const char32_t c = decode_utf8(character, 0).value;
  return is_letter(c) || is_number(c);
}

bool is_splittable(const std::string& word) {
  if (word.size() > kMaxPieceWordBytes) return false;
  for (size_t offset = 0; offset < word.size();) {
    const DecodedCodePoint decoded = decode_utf8(word, offset);
    if (!is_letter(decoded.value) && !is_number(decoded.value)) return false;
    offset += decoded.num_bytes;
  }
  return true;
}

// Byte-pair merges over words, with the counts of pairs kept up to date.
class PieceFinder {
 public:
  void add_word(const std::string& word, uint64_t count) {
    std::vector<int> symbols;
    for (size_t offset = 0; offset < word.size();) {
      const size_t num_bytes = decode_utf8(word, offset).num_bytes;
      const std::string character = word.substr(offset, num_bytes);
      symbols.push_back(symbol(offset == 0 ? character : std::string(kContinuation) + character));
      offset += num_bytes;
    }
    if (symbols.size() < 2) return;
    const auto word_index = static_cast<int>(words_.size());
    words_.push_back({std::move(symbols), count});
    count_pairs(word_index, /*is_removal=*/false);
  }

  // Up to `num_pieces` merged symbols that `known` does not have.
  std::vector<std::string> find(size_t num_pieces, const std::unordered_set<std::string>& known) {
    for (const auto& [pair, uses] : pairs_) push(pair);
    std::vector<std::string> pieces;
    while (pieces.size() < num_pieces && !queue_.empty()) {
      const Candidate best = queue_.top();
      queue_.pop();
      Uses& uses = pairs_[best.pair];
      if (uses.count != best.count) {  // outdated: put it back in its place
        if (uses.count > 0) push(best.pair);
        continue;
      }
      if (uses.count < kMinPairCount) break;
      const std::string merged = spelling(best.pair);
      const int id = symbol(merged);
      if (!known.contains(merged) && found_.insert(id).second) pieces.push_back(merged);
      merge(best.pair, id);
    }
    return pieces;
  }

 private:
  static constexpr uint64_t kMinPairCount = 2;

  using Pair = uint64_t;  // left symbol in the upper half, right one in the lower
  struct Word {
    std::vector<int> symbols;
    uint64_t count;
  };
  struct Uses {
    uint64_t count = 0;
    std::vector<int> words;  // may name a word twice, or one that lost the pair
  };
  struct Candidate {
    uint64_t count;
    std::string text;
    Pair pair;
    bool operator<(const Candidate& other) const {
      return count != other.count ? count < other.count : text > other.text;
    }
  };

  static Pair pair_of(int left, int right) {
    return (static_cast<uint64_t>(left) << 32) | static_cast<uint32_t>(right);
  }

  int symbol(const std::string& text) {
    const auto [place, is_added] = ids_.emplace(text, static_cast<int>(texts_.size()));
    if (is_added) texts_.push_back(text);
    return place->second;
  }

  std::string spelling(Pair pair) const {
    const std::string& right = texts_[pair & UINT32_MAX];
    return texts_[pair >> 32] + right.substr(kContinuation.size());
  }

  void push(Pair pair) { queue_.push({pairs_[pair].count, spelling(pair), pair}); }

  void count_pairs(int word_index, bool is_removal) {
    const Word& word = words_[static_cast<size_t>(word_index)];
    for (size_t i = 0; i + 1 < word.symbols.size(); ++i) {
      Uses& uses = pairs_[pair_of(word.symbols[i], word.symbols[i + 1])];
      if (is_removal) {
        uses.count -= word.count;
      } else {
        uses.count += word.count;
        uses.words.push_back(word_index);
      }
    }
  }

  void merge(Pair pair, int merged) {
    const auto left = static_cast<int>(pair >> 32);
    const auto right = static_cast<int>(pair & UINT32_MAX);
    std::vector<int> word_indices = std::move(pairs_[pair].words);
    std::sort(word_indices.begin(), word_indices.end());
    word_indices.erase(std::unique(word_indices.begin(), word_indices.end()), word_indices.end());
    for (const int word_index : word_indices) {
      count_pairs(word_index, /*is_removal=*/true);
      std::vector<int>& symbols = words_[static_cast<size_t>(word_index)].symbols;
      std::vector<int> joined;
      for (size_t i = 0; i < symbols.size(); ++i) {
        const bool is_pair =
            i + 1 < symbols.size() && symbols[i] == left && symbols[i + 1] == right;
        joined.push_back(is_pair ? merged : symbols[i]);
        if (is_pair) ++i;
      }
      symbols = std::move(joined);
      count_pairs(word_index, /*is_removal=*/false);
      for (size_t i = 0; i + 1 < symbols.size(); ++i) {
        if (symbols[i] == merged || symbols[i + 1] == merged) {
          push(pair_of(symbols[i], symbols[i + 1]));
        }
      }
    }
  }

  std::vector<std::string> texts_;
  std::unordered_map<std::string, int> ids_;
  std::vector<Word> words_;
  std::unordered_map<Pair, Uses> pairs_;
  std::priority_queue<Candidate> queue_;
  std::unordered_set<int> found_;
};

std::vector<std::string> base_tokens(const std::vector<std::string>& alphabet) {
  std::vector<std::string> tokens = {"[PAD]", "[UNK]", "[CLS]", "[SEP]"};
  tokens.insert(tokens.end(), alphabet.begin(), alphabet.end());
  for (const std::string& character : alphabet) {
    if (can_continue(character)) tokens.push_back(std::string(kContinuation) + character);
  }
  return tokens;
}

}  // namespace

Result<std::vector<std::string>> train_wordpiece(const WordTable& table,
                                                 const WordpieceTrainingOptions& options) {
  std::vector<std::string> tokens = base_tokens(table.alphabet);
  if (options.vocabulary_size < tokens.size() + options.num_pieces) {
    return fail(ErrorCode::kInvalidArgument,
                "vocabulary size: expected at least {} for {} single characters and {} pieces, "
                "found {}",
                tokens.size() + options.num_pieces, tokens.size(), options.num_pieces,
                options.vocabulary_size);
  }
  std::unordered_set<std::string> known(tokens.begin(), tokens.end());
  const size_t num_until_pieces = options.vocabulary_size - options.num_pieces;
  PieceFinder finder;
  for (const WordCount& entry : table.words) {
    if (known.contains(entry.word)) continue;
    if (tokens.size() < num_until_pieces) {
      tokens.push_back(entry.word);
      known.insert(entry.word);
    } else if (is_splittable(entry.word)) {
      finder.add_word(entry.word, std::min(entry.count, options.max_piece_count));
    }
  }
  for (std::string& piece : finder.find(options.num_pieces, known)) {
    tokens.push_back(std::move(piece));
  }
  return tokens;
}

}  // namespace ganglion
