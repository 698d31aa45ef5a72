#include "tokenizer/pre_tokenizer.h"

#include <algorithm>

#include "base/check.h"
#include "tokenizer/split_words.h"

namespace ganglion {
namespace {

using splits::Matcher;

// The end of a match that begins exactly there, or `offset` itself. In the order of Split.
Matcher matcher_of(Split split) {
  switch (split) {
    case Split::kGpt2Words:
      return splits::gpt2_words;
    case Split::kLlama3Words:
      return splits::llama3_words;
    case Split::kQwen2Words:
      return splits::qwen2_words;
    case Split::kQwen35Words:
      return splits::qwen35_words;
    case Split::kGpt4oWords:
      return splits::gpt4o_words;
    case Split::kTekkenWords:
      return splits::tekken_words;
    case Split::kSeedCoderWords:
      return splits::seed_coder_words;
    case Split::kDeepseekV3Words:
      return splits::deepseek_v3_words;
    case Split::kBloomWords:
      return splits::bloom_words;
    case Split::kClipWords:
      return splits::clip_words;
    case Split::kNewline:
      return splits::newline;
    case Split::kNewlineRuns:
      return splits::newline_runs;
    case Split::kNumber:
      return splits::number;
    case Split::kNumbers:
      return splits::numbers;
    case Split::kUpTo3Numbers:
      return splits::up_to_3_numbers;
    case Split::k3Digits:
      return splits::exactly_3_digits;
    case Split::kDigitBytes:
      return splits::digit_bytes;
    case Split::kSpacedLetters:
      return splits::spaced_letters;
    case Split::kSpacedPunctuation:
      return splits::spaced_punctuation;
    case Split::kSpacedCasedLetters:
      return splits::spaced_cased_letters;
    case Split::kSpacedWidePunctuation:
      return splits::spaced_wide_punctuation;
    case Split::kHanOrHangul:
      return splits::han_or_hangul;
    case Split::kHanOrKana:
      return splits::han_or_kana;
    case Split::kPunctuationOrMath:
      return splits::punctuation_or_math;
    case Split::kPunctuationMathOrTick:
      return splits::punctuation_math_or_tick;
    case Split::kPunctuationRuns:
      return splits::punctuation_runs;
    case Split::kMarkedWords:
      return splits::marked_words;
    case Split::kEachMark:
      return splits::each_mark;
    case Split::kTrailingSpaces:
      break;  // does not match at a place of its own choice: split_trailing_spaces()
  }
  GANGLION_ASSERT(false);
}

size_t character_bytes(std::string_view text, size_t offset) {
  const auto first = static_cast<unsigned char>(text[offset]);
  return first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
}

void add_piece(size_t base, size_t begin, size_t end, std::vector<TextPiece>& pieces) {
  if (begin < end) {
    pieces.push_back({static_cast<uint32_t>(base + begin), static_cast<uint32_t>(base + end)});
  }
}

// "\s+$": what is blank at the end of the text.
void split_trailing_spaces(std::string_view text, size_t base, std::vector<TextPiece>& pieces) {
  const CharClasses& classes = CharClasses::instance();
  size_t blank_from = 0;
  for (size_t i = 0; i < text.size();) {
    const ClassifiedChar c = classes.at(text, i);
    i += c.num_bytes;
    if ((c.char_class & kSpaceChar) == 0) blank_from = i;
  }
  add_piece(base, 0, blank_from, pieces);
  add_piece(base, blank_from, text.size(), pieces);
}

void split_stage(const SplitStage& stage, std::string_view text, size_t base,
                 std::vector<TextPiece>& pieces) {
  if (stage.split == Split::kTrailingSpaces) return split_trailing_spaces(text, base, pieces);
  const CharClasses& classes = CharClasses::instance();
  const Matcher match = matcher_of(stage.split);
  // These may cut inside a character: what they match are bytes.
  const bool by_bytes = stage.split == Split::kDigitBytes || stage.split == Split::k3Digits;
  size_t gap = 0;
  for (size_t i = 0; i < text.size();) {
    const size_t end = match(classes, text, i);
    if (end == i) {
      i += by_bytes ? 1 : character_bytes(text, i);
      continue;
    }
    if (stage.keeps_gaps) add_piece(base, gap, i, pieces);
    add_piece(base, i, end, pieces);
    i = gap = end;
  }
  if (stage.keeps_gaps) add_piece(base, gap, text.size(), pieces);
}

// One entry for each expression or sequence of them.
struct SplitFamily {
  std::vector<std::string_view> names;
  std::vector<Split> splits;
  bool tokens_first = false;
  bool adds_begin = false;
};

const std::vector<SplitFamily>& families() {
  using enum Split;
  static const auto* const kFamilies = new std::vector<SplitFamily>{
      {{"default", ""}, {kPunctuationOrMath, kGpt2Words, kNumbers, k3Digits}},
      {{"gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "granite-docling", "exaone4",
        "jina-es", "jina-de", "jina-v2-es", "jina-v2-de", "jina-v1-en", "jina-v2-code",
        "roberta-bpe", "modern-bert", "gigachat", "a.x-4.0", "mellum"},
       {kGpt2Words}},
      {{"llama-bpe", "llama3", "llama-v3", "falcon3", "falcon-h1", "pixtral", "midm-2.0", "lfm2",
        "jina-v5-nano"},
       {kLlama3Words},
       true,
       true},
      {{"dbrx", "smaug-bpe", "glm4", "chatglm-bpe"}, {kLlama3Words}},
      {{"qwen2", "deepseek-r1-qwen", "stablelm2", "megrez", "hunyuan", "solar-open", "grok-2",
        "bailingmoe", "bailingmoe2", "llada-moe", "kormo", "f2llmv2"},
       {kQwen2Words}},
      {{"qwen35"}, {kQwen35Words}},
      {{"gpt-4o", "llama4", "kanana2", "talkie", "minimax-m2"}, {kGpt4oWords}},
      {{"tekken"}, {kTekkenWords}, true, true},
      {{"starcoder", "refact", "command-r", "smollm", "codeshell", "exaone", "minerva-7b",
        "mellum2"},
       {kNumber, kGpt2Words}},
      {{"falcon"}, {kPunctuationMathOrTick, kGpt2Words, k3Digits}},
      {{"deepseek-llm"},
       {kNewline, kSpacedCasedLetters, kSpacedWidePunctuation, kTrailingSpaces, kHanOrHangul,
        kNumbers}},
      {{"deepseek-coder"}, {kNewline, kSpacedLetters, kSpacedPunctuation, kHanOrHangul, kNumber}},
      {{"deepseek-v3", "hunyuan-dense", "joyai-llm", "hy_v4"},
       {kUpTo3Numbers, kHanOrKana, kDeepseekV3Words}},
      {{"seed-coder"}, {kSeedCoderWords}},
      {{"bloom", "gpt3-finnish", "poro-chat"}, {kBloomWords}},
      {{"viking"}, {kBloomWords, kNumber}},
  };
  return *kFamilies;
}

}  // namespace

void PreTokenizer::split(std::string_view text, std::vector<TextPiece>& pieces) const {
  GANGLION_ASSERT(text.size() < UINT32_MAX);
  pieces.clear();
  add_piece(0, 0, text.size(), pieces);
  std::vector<TextPiece> previous;
  for (const SplitStage& stage : stages_) {
    if (pieces.size() == 1) {
      const TextPiece whole = pieces[0];
      pieces.clear();
      split_stage(stage, text.substr(whole.begin, whole.end - whole.begin), whole.begin, pieces);
      continue;
    }
    previous.swap(pieces);
    pieces.clear();
    for (const TextPiece piece : previous) {
      split_stage(stage, text.substr(piece.begin, piece.end - piece.begin), piece.begin, pieces);
    }
  }
}

Result<NamedPreTokenizer> find_pre_tokenizer(std::string_view name) {
  std::string known;
  for (const SplitFamily& family : families()) {
    for (const std::string_view candidate : family.names) {
      if (candidate == name) {
        NamedPreTokenizer found{candidate, {}, family.tokens_first, family.adds_begin};
        for (const Split split : family.splits) found.stages.push_back({split});
        return found;
      }
      if (!candidate.empty()) known += fmt::format("{}{}", known.empty() ? "" : ", ", candidate);
    }
  }
  return fail(ErrorCode::kUnsupported, "pre-tokenizer \"{}\": expected one of {}", name, known);
}

}  // namespace ganglion
