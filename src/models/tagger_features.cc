#include "models/tagger_features.h"

#include <algorithm>
#include <array>

#include "base/hash.h"
#include "text/unicode.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

constexpr size_t kReach = 3;  // words to each side that a feature looks at
constexpr size_t kMaxAffix = 4;

// Order matters; the high bits of the result are well mixed.
constexpr uint64_t join(uint64_t a, uint64_t b) {
  const uint64_t spread = a * 0xbf58476d1ce4e5b9ULL;
  const uint64_t product = ((spread ^ (spread >> 32)) + b) * 0x9e3779b97f4a7c15ULL;
  return product ^ (product >> 29);
}

template <typename... Rest>
uint64_t join(uint64_t a, uint64_t b, Rest... rest) {
  return join(join(a, b), rest...);
}

// The kind of a code point in a shape: upper, lower, digit, or itself.
char32_t shape_of(char32_t c) {
  if (c < 0x80) {
    if (c >= '0' && c <= '9') return 'd';
    if (c >= 'A' && c <= 'Z') return 'A';
    return c >= 'a' && c <= 'z' ? 'a' : c;
  }
  if (is_number(c)) return 'd';
  if (is_letter(c)) return is_upper(c) ? 'A' : 'a';
  return c;
}

char32_t lower_of(char32_t c) {
  if (c < 0x80) return c >= 'A' && c <= 'Z' ? c + 32 : c;
  return lower_code_point(c);
}

struct WordForm {
  uint64_t lower = 0;
  uint64_t shape = 0;       // runs of three or more of a kind count as two
  uint64_t long_shape = 0;  // every code point's kind
  uint32_t length = 0;      // code points
  uint32_t num_affixes = 0;
  std::array<uint64_t, kMaxAffix> prefixes{};
  std::array<uint64_t, kMaxAffix> suffixes{};
};

WordForm form_of(std::string_view word) {
  WordForm form;
  std::array<char32_t, kMaxAffix> last{};  // the last code points, a ring
  char32_t previous_kind = 0;
  uint32_t run = 0;
  for (size_t offset = 0; offset < word.size();) {
    const DecodedCodePoint point = decode_utf8(word, offset);
    offset += point.num_bytes;
    const char32_t kind = shape_of(point.value);
    run = kind == previous_kind ? run + 1 : 1;
    previous_kind = kind;
    if (run <= 2) form.shape = join(form.shape, kind);
    form.long_shape = join(form.long_shape, kind);
    last[form.length % kMaxAffix] = lower_of(point.value);
    form.lower = join(form.lower, lower_of(point.value));
    if (form.length < kMaxAffix) form.prefixes[form.length] = form.lower;
    ++form.length;
  }
  form.num_affixes = std::min<uint32_t>(kMaxAffix, form.length - 1);
  uint64_t suffix = 0;
  for (uint32_t i = 0; i < form.num_affixes; ++i) {
    suffix = join(suffix, last[(form.length - 1 - i) % kMaxAffix]);
    form.suffixes[i] = suffix;
  }
  return form;
}

// A maximal run of words without a space between them: "06:15pm".
struct Chunk {
  size_t begin = 0;  // words [begin, end)
  size_t end = 0;
  uint64_t shape = 0;
  uint64_t lower = 0;
};

enum Template : uint32_t {
  kBias = 1,
  kWord,  // + offset from -kReach
  kWordPairs = 10,
  kShape = 20,
  kShapePairs = 30,
  kChunk = 40,
  kPrefix = 60,
  kSuffix = 70,
  kPosition = 80,
  kContext = 90,
  kPhrase = 100,
  kNoPhrase,
  kPhraseBefore,
  kPhraseAfter,
};

class Extractor {
 public:
  Extractor(std::string_view text, std::span<const TaggerWord> words,
            std::span<const std::string> context)
      : n_(words.size()), lower_(n_ + 2 * kReach), shape_(n_ + 2 * kReach), forms_(n_) {
    for (size_t i = 0; i < n_; ++i) {
      forms_[i] = form_of(text.substr(words[i].begin, words[i].end - words[i].begin));
      lower_[i + kReach] = forms_[i].lower;
      shape_[i + kReach] = forms_[i].shape;
    }
    for (size_t i = 0; i < kReach; ++i) {  // places before the start and after the end
      lower_[i] = shape_[i] = 1 + i;
      lower_[n_ + kReach + i] = shape_[n_ + kReach + i] = 100 + i;
    }
    find_chunks(words);
    hash_context(context);
  }

  TaggerFeatureRows run(const PhraseTable& phrases, std::span<const OwnPhrase> own) {
    match_phrases(phrases, own);
    TaggerFeatureRows rows;
    rows.hashes.reserve(n_ * 64);
    rows.begins.push_back(0);
    for (size_t i = 0; i < n_; ++i) {
      out_ = &rows.hashes;
      add_words(i);
      add_chunk(i);
      add_form(i);
      add_context(i);
      add_phrases(i);
      rows.begins.push_back(static_cast<uint32_t>(rows.hashes.size()));
    }
    return rows;
  }

 private:
  template <typename... Parts>
  void add(uint64_t feature_template, Parts... parts) {
    out_->push_back(static_cast<uint32_t>(join(feature_template, parts...) >> 32));
  }
  uint64_t word(size_t i, int offset) const {
    return lower_[static_cast<size_t>(static_cast<int64_t>(i + kReach) + offset)];
  }
  uint64_t shape(size_t i, int offset) const {
    return shape_[static_cast<size_t>(static_cast<int64_t>(i + kReach) + offset)];
  }

  void find_chunks(std::span<const TaggerWord> words) {
    chunk_of_.resize(n_);
    for (size_t i = 0; i < n_; ++i) {
      if (i == 0 || words[i].begin != words[i - 1].end) chunks_.push_back({i, i, 0, 0});
      Chunk& chunk = chunks_.back();
      chunk.end = i + 1;
      chunk.shape = join(chunk.shape, forms_[i].long_shape);
      chunk.lower = join(chunk.lower, forms_[i].lower);
      chunk_of_[i] = chunks_.size() - 1;
    }
  }

  void hash_context(std::span<const std::string> context) {
    std::vector<uint64_t> hashes;
    for (const std::string& item : context) hashes.push_back(fnv1a64(item));
    std::sort(hashes.begin(), hashes.end());
    hashes.erase(std::unique(hashes.begin(), hashes.end()), hashes.end());
    for (const uint64_t hash : hashes) context_ = join(context_, hash);
  }

  void match_phrases(const PhraseTable& phrases, std::span<const OwnPhrase> own) {
    matches_.resize(n_);
    if (phrases.empty()) return;
    for (size_t begin = 0; begin < n_; ++begin) {
      uint64_t phrase = kEmptyPhrase;
      const size_t limit = std::min(n_, begin + kMaxPhraseWords);
      for (size_t end = begin + 1; end <= limit; ++end) {
        phrase = extend_phrase(phrase, lower_[end - 1 + kReach]);
        std::span<const PhraseType> types;
        if (!phrases.find(phrase_key(phrase), types)) break;
        for (const PhraseType& seen : types) {
          if (times_own(own, phrase_key(phrase), seen.type) >= seen.count) continue;
          note_match(begin, end, seen.type);
        }
      }
    }
  }

  static size_t times_own(std::span<const OwnPhrase> own, uint32_t key, uint16_t type) {
    return static_cast<size_t>(std::count_if(own.begin(), own.end(), [&](const OwnPhrase& phrase) {
      return phrase.key == key && phrase.type == type;
    }));
  }

  // Where a word stands in the phrase (0 first, 1 within, 2 last, 3 alone) and how long that is.
  void note_match(size_t begin, size_t end, uint16_t type) {
    const size_t length = std::min<size_t>(end - begin, 4);
    for (size_t i = begin; i < end; ++i) {
      const size_t place = end - begin == 1 ? 3 : i == begin ? 0 : i + 1 == end ? 2 : 1;
      const uint64_t match = join(type, place * 10 + length);
      auto& seen = matches_[i];
      if (std::find(seen.begin(), seen.end(), match) == seen.end()) seen.push_back(match);
    }
  }

  void add_words(size_t i) {
    add(kBias, 0);
    for (int offset = -3; offset <= 3; ++offset) {
      add(kWord + static_cast<uint32_t>(offset + 3), word(i, offset));
    }
    for (int offset = -2; offset <= 2; ++offset) {
      add(kShape + static_cast<uint32_t>(offset + 2), shape(i, offset));
    }
    add(kWordPairs, word(i, -1), word(i, 0));
    add(kWordPairs + 1, word(i, 0), word(i, 1));
    add(kWordPairs + 2, word(i, -2), word(i, -1));
    add(kWordPairs + 3, word(i, 1), word(i, 2));
    add(kWordPairs + 4, word(i, -1), word(i, 1));
    add(kShapePairs, shape(i, -1), shape(i, 0));
    add(kShapePairs + 1, shape(i, 0), shape(i, 1));
    add(kShapePairs + 2, shape(i, -1), shape(i, 0), shape(i, 1));
    add(kShapePairs + 3, word(i, -1), shape(i, 0));
    add(kShapePairs + 4, shape(i, 0), word(i, 1));
    add(kShapePairs + 5, word(i, -2), word(i, -1), shape(i, 0));
  }

  void add_chunk(size_t i) {
    const Chunk& chunk = chunks_[chunk_of_[i]];
    const uint64_t place = join(chunk.shape, i - chunk.begin);
    const uint64_t before = word(chunk.begin, -1);
    const uint64_t after = word(chunk.end - 1, 1);
    add(kChunk, place);
    add(kChunk + 1, place, forms_[i].lower);
    add(kChunk + 2, chunk.lower, std::min<size_t>(i - chunk.begin, 4));
    add(kChunk + 3, before, place);
    add(kChunk + 4, after, place);
    add(kChunk + 5, before, after, place);
    add(kChunk + 6, before);
    add(kChunk + 7, after);
    if (chunk.begin > 0) {
      const Chunk& previous = chunks_[chunk_of_[i] - 1];
      add(kChunk + 8, word(previous.begin, -1), before, place);
    } else {
      add(kChunk + 8, 0, before, place);
    }
  }

  void add_form(size_t i) {
    const WordForm& form = forms_[i];
    for (uint32_t length = 0; length < form.num_affixes; ++length) {
      add(kPrefix + length, form.prefixes[length]);
      add(kSuffix + length, form.suffixes[length]);
    }
    add(kPosition, std::min<size_t>(i, 5));
    add(kPosition + 1, std::min<size_t>(n_ - 1 - i, 5));
    add(kPosition + 2, n_ == 1);
    add(kPosition + 3, form.lower, std::min<size_t>(i, 3));
    add(kPosition + 4, std::min<uint32_t>(form.length, 6));
  }

  void add_context(size_t i) {
    const Chunk& chunk = chunks_[chunk_of_[i]];
    add(kContext, context_);
    add(kContext + 1, context_, forms_[i].lower);
    add(kContext + 2, context_, forms_[i].shape);
    add(kContext + 3, context_, std::min<size_t>(n_, 6), std::min<size_t>(i, 3));
    add(kContext + 4, context_, join(chunk.shape, i - chunk.begin));
    add(kContext + 5, context_, word(i, -1));
  }

  void add_phrases(size_t i) {
    for (const uint64_t match : matches_[i]) add(kPhrase, match);
    if (matches_[i].empty()) add(kNoPhrase, 0);
    if (i > 0) {
      for (const uint64_t match : matches_[i - 1]) add(kPhraseBefore, match);
    }
    if (i + 1 < n_) {
      for (const uint64_t match : matches_[i + 1]) add(kPhraseAfter, match);
    }
  }

  size_t n_;
  std::vector<uint64_t> lower_;  // [n + 2 kReach]: word i at i + kReach
  std::vector<uint64_t> shape_;
  std::vector<WordForm> forms_;
  std::vector<Chunk> chunks_;
  std::vector<size_t> chunk_of_;
  std::vector<std::vector<uint64_t>> matches_;  // phrases that cover each word
  uint64_t context_ = 5;
  std::vector<uint32_t>* out_ = nullptr;
};

}  // namespace

std::vector<uint64_t> hash_tagger_words(std::string_view text, std::span<const TaggerWord> words) {
  std::vector<uint64_t> hashes;
  hashes.reserve(words.size());
  for (const TaggerWord& word : words) {
    hashes.push_back(form_of(text.substr(word.begin, word.end - word.begin)).lower);
  }
  return hashes;
}

TaggerFeatureRows extract_tagger_features(std::string_view text, std::span<const TaggerWord> words,
                                          std::span<const std::string> context,
                                          const PhraseTable& phrases,
                                          std::span<const OwnPhrase> own) {
  return Extractor(text, words, context).run(phrases, own);
}

}  // namespace ganglion
