#include "models/random_vocabulary.h"

#include <algorithm>
#include <string>
#include <unordered_set>
#include <utility>
#include <vector>

#include "base/check.h"
#include "text/utf8.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {
namespace {

constexpr size_t kMaxWordBytes = 12;
constexpr std::string_view kLetters = "etaoinsrhldcumfpgwybvkxjqz";  // by frequency in English
constexpr std::string_view kOtherCharacters =
    "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.,;:!?'\"()[]{}<>/\\|@#$%^&*-_=+~`\n\t";

struct Tables {
  std::vector<std::string> tokens;
  std::vector<int32_t> kinds;
  std::vector<std::string> merges;

  uint32_t add(std::string_view token, TokenKind kind) {
    tokens.emplace_back(token);
    kinds.push_back(static_cast<int32_t>(kind));
    return static_cast<uint32_t>(tokens.size() - 1);
  }
};

// GPT-2's spelling of a byte: printable ones as they are, the others from U+0100 on.
std::vector<std::string> byte_spellings() {
  std::vector<std::string> spellings(256);
  char32_t next = 0x100;
  for (size_t byte = 0; byte < 256; ++byte) {
    const bool is_printable =
        (byte >= '!' && byte <= '~') || (byte >= 0xA1 && byte <= 0xAC) || byte >= 0xAE;
    append_utf8(spellings[byte], is_printable ? static_cast<char32_t>(byte) : next++);
  }
  return spellings;
}

// Adds words until there are `size` tokens: each is an earlier word or letter behind another.
// `starts` begin a word ("▁" or "Ġ" or nothing), and never stand inside one.
void add_words(std::string_view start, uint64_t size, Rng& rng, Tables& tables) {
  std::vector<std::string> insides;
  std::vector<std::string> fronts = {std::string(start)};
  for (const char letter : kLetters) {
    insides.emplace_back(1, letter);
    fronts.emplace_back(1, letter);
  }
  std::unordered_set<std::string> seen(tables.tokens.begin(), tables.tokens.end());
  while (tables.tokens.size() < size) {
    const std::string& left = fronts[rng.below(fronts.size())];
    const std::string& right = insides[rng.below(insides.size())];
    std::string word = left + right;
    if (word.size() > kMaxWordBytes + start.size() || !seen.insert(word).second) continue;
    tables.merges.push_back(fmt::format("{} {}", left, right));
    tables.add(word, TokenKind::kNormal);
    if (!word.starts_with(start)) insides.push_back(word);
    fronts.push_back(std::move(word));
  }
}

void add_lists(const Tables& tables, GgufWriter& metadata) {
  metadata.set_strings("tokenizer.ggml.tokens", std::span<const std::string>(tables.tokens));
  metadata.set_i32s("tokenizer.ggml.token_type", tables.kinds);
}

void add_ends(uint32_t begin, uint32_t end, bool adds_begin, GgufWriter& metadata) {
  metadata.set_u32("tokenizer.ggml.bos_token_id", begin);
  metadata.set_u32("tokenizer.ggml.eos_token_id", end);
  metadata.set_bool("tokenizer.ggml.add_bos_token", adds_begin);
  metadata.set_bool("tokenizer.ggml.add_eos_token", false);
}

void add_sentencepiece(const RandomVocabulary& vocabulary, Rng& rng, GgufWriter& metadata) {
  constexpr std::string_view kStart = "\u2581";
  Tables tables;
  const uint32_t unknown = tables.add("<unk>", TokenKind::kUnknown);
  const uint32_t begin = tables.add("<s>", TokenKind::kControl);
  const uint32_t end = tables.add("</s>", TokenKind::kControl);
  for (int byte = 0; byte < 256; ++byte) {
    tables.add(fmt::format("<0x{:02X}>", byte), TokenKind::kByte);
  }
  tables.add(std::string(kStart), TokenKind::kNormal);
  for (const char c : kLetters) tables.add(std::string(1, c), TokenKind::kNormal);
  for (const char c : kOtherCharacters) tables.add(std::string(1, c), TokenKind::kNormal);
  add_words(kStart, vocabulary.size, rng, tables);
  std::vector<float> scores(tables.tokens.size(), 0.0F);
  const size_t first_word = tables.tokens.size() - tables.merges.size();
  for (size_t i = first_word; i < scores.size(); ++i) {
    scores[i] = -static_cast<float>(i - first_word);
  }
  metadata.set_string("tokenizer.ggml.model", "llama");
  metadata.set_string("tokenizer.ggml.pre", "default");
  add_lists(tables, metadata);
  metadata.set_f32s("tokenizer.ggml.scores", scores);
  metadata.set_u32("tokenizer.ggml.unknown_token_id", unknown);
  add_ends(begin, end, vocabulary.adds_begin, metadata);
}

void add_byte_level(const RandomVocabulary& vocabulary, Rng& rng, GgufWriter& metadata) {
  Tables tables;
  for (const std::string& spelling : byte_spellings()) {
    tables.add(spelling, TokenKind::kNormal);
  }
  add_words("\u0120", vocabulary.size - 3, rng, tables);
  const uint32_t begin = tables.add("<|begin_of_text|>", TokenKind::kControl);
  const uint32_t end = tables.add("<|end_of_text|>", TokenKind::kControl);
  tables.add("<|eot_id|>", TokenKind::kControl);
  metadata.set_string("tokenizer.ggml.model", "gpt2");
  metadata.set_string("tokenizer.ggml.pre", vocabulary.pre_tokenizer);
  add_lists(tables, metadata);
  metadata.set_strings("tokenizer.ggml.merges", std::span<const std::string>(tables.merges));
  add_ends(begin, end, vocabulary.adds_begin, metadata);
}

// With BERT's ids of the control tokens; in GGUF what begins a word has "▁" in front.
void add_wordpiece(const RandomVocabulary& vocabulary, Rng& rng, GgufWriter& metadata) {
  constexpr std::string_view kStart = "\u2581";
  constexpr uint32_t kUnknown = 100;
  Tables tables;
  for (uint32_t id = 0; id < kUnknown; ++id) {
    tables.add(id == 0 ? "[PAD]" : fmt::format("[unused{}]", id), TokenKind::kControl);
  }
  for (const char* name : {"[UNK]", "[CLS]", "[SEP]", "[MASK]"}) {
    tables.add(name, TokenKind::kControl);
  }
  for (const std::string_view characters : {kLetters, kOtherCharacters}) {
    for (const char c : characters) {
      if (c == '\n' || c == '\t' || (c >= 'A' && c <= 'Z')) continue;
      tables.add(fmt::format("{}{}", kStart, c), TokenKind::kNormal);
    }
  }
  for (const char c : kLetters) tables.add(std::string(1, c), TokenKind::kNormal);
  add_words(kStart, vocabulary.size, rng, tables);
  metadata.set_string("tokenizer.ggml.model", "bert");
  add_lists(tables, metadata);
  metadata.set_u32("tokenizer.ggml.token_type_count", 2);
  metadata.set_u32("tokenizer.ggml.padding_token_id", 0);
  metadata.set_u32("tokenizer.ggml.unknown_token_id", kUnknown);
  metadata.set_u32("tokenizer.ggml.cls_token_id", kUnknown + 1);
  metadata.set_u32("tokenizer.ggml.seperator_token_id", kUnknown + 2);
  metadata.set_u32("tokenizer.ggml.mask_token_id", kUnknown + 3);
}

}  // namespace

void add_random_vocabulary(const RandomVocabulary& vocabulary, Rng& rng, GgufWriter& metadata) {
  constexpr uint64_t kMinSize = 2048;
  GANGLION_ASSERT(vocabulary.size >= kMinSize);
  switch (vocabulary.kind) {
    case VocabularyKind::kSentencePiece:
      return add_sentencepiece(vocabulary, rng, metadata);
    case VocabularyKind::kByteLevel:
      return add_byte_level(vocabulary, rng, metadata);
    case VocabularyKind::kWordPiece:
      return add_wordpiece(vocabulary, rng, metadata);
  }
}

}  // namespace ganglion
