#include "tokenizer/bpe.h"

#include <algorithm>

#include "base/check.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

// Up to here a search of all pairs for every merge is quicker than a heap.
constexpr size_t kShortSymbols = 48;

constexpr int32_t kNoSymbol = -1;  // a character or byte that no symbol stands for

}  // namespace

Bpe::Bpe(BpeSpec spec, const SeededHash& hash)
    : spec_(std::move(spec)), symbols_(spec_.symbols, hash), merges_(spec_.merges, hash) {
  GANGLION_ASSERT(spec_.num_tokens <= spec_.symbols.size());
  const auto is_symbol = [&](int32_t id) { return static_cast<size_t>(id) < symbols_.size(); };
  for (const MergeRule& rule : spec_.merges) {
    GANGLION_ASSERT(is_symbol(rule.left) && is_symbol(rule.right) && is_symbol(rule.id));
  }
  has_all_bytes_ = std::none_of(spec_.byte_ids.begin(), spec_.byte_ids.end(),
                                [](int32_t id) { return id == BpeSpec::kNone; });
  drops_bytes_ = spec_.by_bytes && !has_all_bytes_ && spec_.unknown_id == BpeSpec::kNone;
  reached_ = std::make_unique<std::atomic<Reached>[]>(spec_.num_tokens);
  // Both live on in their tables.
  spec_.symbols = {};
  spec_.merges = {};
}

int32_t Bpe::find_token(std::string_view piece) const {
  if (spec_.last_suffix.empty()) return symbols_.find(piece);
  if (piece.size() + spec_.last_suffix.size() > symbols_.max_token_bytes()) return BpeSpec::kNone;
  std::string spelt(piece);
  spelt += spec_.last_suffix;
  return symbols_.find(spelt);
}

void Bpe::encode(std::string_view piece, PieceScratch& scratch, const PieceOutput& output) const {
  const int32_t token = find_token(piece);
  const bool is_token = token >= 0 && static_cast<size_t>(token) < spec_.num_tokens;
  Reached reached = Reached::kNo;
  if (is_token) {
    reached = spec_.tokens_first
                  ? Reached::kYes
                  : reached_[static_cast<size_t>(token)].load(std::memory_order_relaxed);
    if (reached == Reached::kYes) return output.add(token, 0, piece.size());
  }
  begin_symbols(piece, scratch.symbols);
  merge(scratch);
  if (reached == Reached::kUntested) {
    const bool yes = scratch.symbols.size() == 1 && scratch.symbols[0] == token;
    reached_[static_cast<size_t>(token)].store(yes ? Reached::kYes : Reached::kNo,
                                               std::memory_order_relaxed);
  }
  emit(piece, scratch.symbols, output);
}

void Bpe::begin_symbols(std::string_view piece, std::vector<int32_t>& symbols) const {
  symbols.clear();
  if (spec_.by_bytes) {
    for (const char byte : piece) {
      symbols.push_back(spec_.byte_ids[static_cast<unsigned char>(byte)]);
    }
    if (!spec_.last_byte_ids.empty()) {
      symbols.back() = spec_.last_byte_ids[static_cast<unsigned char>(piece.back())];
    }
    // What is dropped does not keep its neighbours apart.
    if (drops_bytes_) std::erase(symbols, kNoSymbol);
    return;
  }
  for (size_t i = 0; i < piece.size();) {
    const size_t size = decode_utf8(piece, i).num_bytes;
    symbols.push_back(symbols_.find(piece.substr(i, size)));
    i += size;
  }
}

void Bpe::merge(PieceScratch& scratch) const {
  if (scratch.symbols.size() <= kShortSymbols) {
    merge_short(scratch.symbols);
  } else {
    merge_long(scratch);
  }
}

void Bpe::merge_short(std::vector<int32_t>& symbols) const {
  std::array<MergeTable::Merge, kShortSymbols> pairs;  // of each symbol with the next
  size_t size = symbols.size();
  for (size_t i = 0; i + 1 < size; ++i) pairs[i] = merges_.find(symbols[i], symbols[i + 1]);
  while (size > 1) {
    size_t best = 0;
    for (size_t i = 1; i + 1 < size; ++i) {
      if (pairs[i].rank < pairs[best].rank) best = i;
    }
    if (pairs[best].rank == MergeTable::kNoRank) break;
    symbols[best] = pairs[best].id;
    for (size_t i = best + 1; i + 1 < size; ++i) {
      symbols[i] = symbols[i + 1];
      pairs[i - 1] = pairs[i];
    }
    --size;
    if (best + 1 < size) pairs[best] = merges_.find(symbols[best], symbols[best + 1]);
    if (best > 0) pairs[best - 1] = merges_.find(symbols[best - 1], symbols[best]);
  }
  symbols.resize(size);
}

// A linked list of symbols and a heap of (rank, position). An entry whose pair has changed since is
// recognised by its rank: the pair that is there now has another, or an entry of its own.
void Bpe::merge_long(PieceScratch& scratch) const {
  std::vector<int32_t>& symbols = scratch.symbols;
  std::vector<uint32_t>& previous = scratch.previous;
  std::vector<uint32_t>& next = scratch.next;
  std::vector<uint64_t>& heap = scratch.heap;
  constexpr uint32_t kEnd = UINT32_MAX;
  constexpr int32_t kMerged = -2;
  const auto size = static_cast<uint32_t>(symbols.size());
  const auto entry = [&](uint32_t left) {
    const MergeTable::Merge pair = merges_.find(symbols[left], symbols[next[left]]);
    return uint64_t{pair.rank} << 32 | left;
  };
  const auto has_merge = [](uint64_t e) { return e >> 32 != MergeTable::kNoRank; };
  previous.resize(size);
  next.resize(size);
  heap.clear();
  for (uint32_t i = 0; i < size; ++i) {
    previous[i] = i == 0 ? kEnd : i - 1;
    next[i] = i + 1 == size ? kEnd : i + 1;
    if (i + 1 == size) break;
    if (const uint64_t e = entry(i); has_merge(e)) heap.push_back(e);
  }
  std::make_heap(heap.begin(), heap.end(), std::greater<>());
  const auto push = [&](uint32_t left) {
    const uint64_t e = entry(left);
    if (!has_merge(e)) return;
    heap.push_back(e);
    std::push_heap(heap.begin(), heap.end(), std::greater<>());
  };
  while (!heap.empty()) {
    const uint64_t top = heap.front();
    std::pop_heap(heap.begin(), heap.end(), std::greater<>());
    heap.pop_back();
    const auto left = static_cast<uint32_t>(top);
    const uint32_t right = next[left];
    if (symbols[left] == kMerged || right == kEnd) continue;
    const MergeTable::Merge pair = merges_.find(symbols[left], symbols[right]);
    if (pair.rank == MergeTable::kNoRank || pair.rank != top >> 32) continue;
    symbols[left] = pair.id;
    symbols[right] = kMerged;
    next[left] = next[right];
    if (next[right] != kEnd) {
      previous[next[right]] = left;
      push(left);
    }
    if (previous[left] != kEnd) push(previous[left]);
  }
  std::erase(symbols, kMerged);
}

void Bpe::emit(std::string_view piece, const std::vector<int32_t>& symbols,
               const PieceOutput& output) const {
  const size_t first = output.ids.size();
  size_t begin = 0;
  bool after_unknown = false;
  for (const int32_t symbol : symbols) {
    const size_t num_bytes = symbol != kNoSymbol ? symbols_[static_cast<size_t>(symbol)].size()
                             : spec_.by_bytes    ? 1
                                                 : decode_utf8(piece, begin).num_bytes;
    const size_t end = end_of_symbol(piece, begin, num_bytes);
    if (symbol != kNoSymbol && static_cast<size_t>(symbol) < spec_.num_tokens) {
      output.add(symbol, begin, end);
      after_unknown = false;
    } else {
      const size_t before = output.ids.size();
      emit_without_symbol(piece, begin, end, after_unknown && before > first, output);
      after_unknown = !output.ids.empty() && output.ids.back() == spec_.unknown_id;
    }
    begin = end;
  }
}

// Where a symbol of `num_bytes` ends. It may go over bytes that were dropped, and CLIP's spell more
// than they stand for.
size_t Bpe::end_of_symbol(std::string_view piece, size_t begin, size_t num_bytes) const {
  if (!drops_bytes_) return std::min(begin + num_bytes, piece.size());
  for (; num_bytes > 0 && begin < piece.size(); ++begin) {
    if (spec_.byte_ids[static_cast<unsigned char>(piece[begin])] != BpeSpec::kNone) --num_bytes;
  }
  return begin;
}

void Bpe::emit_without_symbol(std::string_view piece, size_t begin, size_t end, bool after_unknown,
                              const PieceOutput& output) const {
  const auto byte_id = [&](size_t i) {
    return spec_.byte_ids[static_cast<unsigned char>(piece[i])];
  };
  if (!spec_.by_bytes) {
    bool has_bytes = has_all_bytes_;
    for (size_t i = begin; !has_bytes; ++i) {
      if (i == end) {
        has_bytes = true;
      } else if (byte_id(i) == BpeSpec::kNone) {
        break;
      }
    }
    if (has_bytes) {
      for (size_t i = begin; i < end; ++i) output.add(byte_id(i), i, i + 1);
      return;
    }
  }
  if (spec_.unknown_id == BpeSpec::kNone) return;
  if (spec_.fuses_unknown && after_unknown) {
    if (output.spans != nullptr) output.spans->back().end = output.base + end;
    return;
  }
  output.add(spec_.unknown_id, begin, end);
}

}  // namespace ganglion
