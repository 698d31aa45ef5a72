#include "training/word_counts.h"

#include <algorithm>
#include <cmath>
#include <map>
#include <set>
#include <unordered_map>
#include <utility>

#include "text/unicode.h"
#include "text/utf8.h"
#include "tokenizer/wordpiece.h"

namespace ganglion {
namespace {

constexpr std::string_view kContinuation = "##";
constexpr size_t kMaxWordChars = 40;  // longer runs are keys, hashes and ornaments, not words
// Zipf–Mandelbrot: the first words of a vocabulary are flatter than 1 / rank.
constexpr double kRankOffset = 10;

std::vector<std::string> find_alphabet(std::span<const std::string> texts,
                                       uint64_t min_character_count) {
  std::map<char32_t, uint64_t> counts;
  for (const std::string& text : texts) {
    const bool is_ascii =
        std::all_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x80; });
    if (is_ascii) continue;
    const std::string cleaned = nfd(to_lower(text));
    for (size_t offset = 0; offset < cleaned.size();) {
      const DecodedCodePoint decoded = decode_utf8(cleaned, offset);
      offset += decoded.num_bytes;
      const char32_t c = decoded.value;
      if (c < 0x80 || is_space(c) || is_control(c) || is_nonspacing_mark(c)) continue;
      if (c != kReplacementCharacter) ++counts[c];
    }
  }
  std::vector<std::string> alphabet;
  for (char c = '!'; c <= '~'; ++c) {
    if (c < 'A' || c > 'Z') alphabet.emplace_back(1, c);
  }
  for (const auto& [code_point, count] : counts) {
    if (count < min_character_count) continue;
    alphabet.emplace_back();
    append_utf8(alphabet.back(), code_point);
  }
  return alphabet;
}

// A tokenizer that knows single characters only: an initial one starts a word, the others continue
// it. So the words are those that the trained tokenizer will see.
Result<WordPiece> character_tokenizer(const std::vector<std::string>& alphabet) {
  WordPieceSpec spec;
  spec.tokens = {"[UNK]"};
  spec.max_word_chars = kMaxWordChars;
  for (const std::string& character : alphabet) spec.tokens.push_back(character);
  for (const std::string& character : alphabet) {
    spec.tokens.push_back(std::string(kContinuation).append(character));
  }
  return WordPiece::create(std::move(spec));
}

void sort_words(std::vector<WordCount>& words) {
  std::sort(words.begin(), words.end(), [](const WordCount& a, const WordCount& b) {
    return a.count != b.count ? a.count > b.count : a.word < b.word;
  });
}

}  // namespace

Result<WordTable> count_words(std::span<const std::string> texts, uint64_t min_character_count) {
  WordTable table;
  table.alphabet = find_alphabet(texts, min_character_count);
  GANGLION_ASSIGN(const WordPiece characters, character_tokenizer(table.alphabet));
  std::unordered_map<std::string, uint64_t> counts;
  std::vector<int32_t> ids;
  std::string word;
  const auto finish_word = [&] {
    if (!word.empty()) ++counts[word];
    word.clear();
  };
  const auto num_characters = static_cast<int32_t>(table.alphabet.size());
  for (const std::string& text : texts) {
    characters.encode(text, {.add_special_tokens = false}, ids);
    for (const int32_t id : ids) {
      if (id <= num_characters) finish_word();
      if (id == characters.unknown_id()) continue;
      word += table.alphabet[static_cast<size_t>((id - 1) % num_characters)];
    }
    finish_word();
  }
  if (counts.empty()) {
    return fail(ErrorCode::kInvalidArgument, "the text has no word in {} lines", texts.size());
  }
  for (const auto& [text, count] : counts) {
    table.words.push_back({text, count});
    table.total += count;
  }
  sort_words(table.words);
  return table;
}

void add_ranked_vocabulary(std::span<const std::string> vocabulary, uint64_t total,
                           WordTable& table) {
  const std::set<std::string, std::less<>> alphabet(table.alphabet.begin(), table.alphabet.end());
  const auto is_word = [&](const std::string& token) {
    if (token.starts_with(kContinuation) || token.starts_with('[')) return false;
    size_t num_chars = 0;
    for (size_t offset = 0; offset < token.size(); ++num_chars) {
      const size_t num_bytes = decode_utf8(token, offset).num_bytes;
      if (!alphabet.contains(std::string_view(token).substr(offset, num_bytes))) return false;
      offset += num_bytes;
    }
    return num_chars > 1;
  };
  std::vector<const std::string*> words;
  for (const std::string& token : vocabulary) {
    if (is_word(token)) words.push_back(&token);
  }
  double mass = 0;
  for (size_t rank = 0; rank < words.size(); ++rank) {
    mass += 1.0 / (static_cast<double>(rank) + kRankOffset);
  }
  std::unordered_map<std::string_view, size_t> places;
  for (size_t i = 0; i < table.words.size(); ++i) places.emplace(table.words[i].word, i);
  std::vector<WordCount> added;
  for (size_t rank = 0; rank < words.size(); ++rank) {
    const double share = 1.0 / (static_cast<double>(rank) + kRankOffset) / mass;
    const auto count = static_cast<uint64_t>(std::llround(share * static_cast<double>(total)));
    table.total += count;
    const auto place = places.find(*words[rank]);
    if (place != places.end()) {
      table.words[place->second].count += count;
    } else {
      added.push_back({*words[rank], count});
    }
  }
  table.words.insert(table.words.end(), added.begin(), added.end());
  sort_words(table.words);
}

}  // namespace ganglion
