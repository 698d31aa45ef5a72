#include "tokenizer/normalizer.h"

#include <unicode/brkiter.h>
#include <unicode/normalizer2.h>
#include <unicode/stringpiece.h>
#include <unicode/unistr.h>

#include <algorithm>

#include "base/check.h"
#include "text/unicode.h"
#include "text/utf8.h"
#include "tokenizer/char_class.h"

namespace ganglion {
namespace {

// Builds the text of the next step from the one before.
class Rewriter {
 public:
  explicit Rewriter(MappedText& text) : text_(text), with_sources_(!text.sources.empty()) {
    result_.text.reserve(text.text.size() + 8);
    if (with_sources_) result_.sources.reserve(text.text.size() + 8);
  }

  std::string_view input() const { return text_.text; }
  const std::string& output() const { return result_.text; }

  void copy(size_t begin, size_t end) {
    result_.text.append(text_.text, begin, end - begin);
    if (!with_sources_) return;
    for (size_t i = begin; i < end; ++i) result_.sources.push_back(text_.sources[i]);
  }

  // `bytes` stand for the input's [begin, end), which may be empty.
  void put(std::string_view bytes, size_t begin, size_t end) {
    result_.text.append(bytes);
    if (with_sources_)
      result_.sources.insert(result_.sources.end(), bytes.size(), source(begin, end));
  }

  void finish() { text_ = std::move(result_); }

 private:
  TokenSpan source(size_t begin, size_t end) const {
    const std::vector<TokenSpan>& sources = text_.sources;
    if (begin < end) return {sources[begin].begin, sources[end - 1].end};
    const size_t at = begin < sources.size() ? sources[begin].begin : sources.back().end;
    return {at, at};
  }

  MappedText& text_;
  MappedText result_;
  bool with_sources_;
};

bool is_ascii(std::string_view text) {
  return std::none_of(text.begin(), text.end(), [](char byte) { return (byte & 0x80) != 0; });
}

const icu::Normalizer2& icu_normalizer(NormalizerKind kind) {
  UErrorCode status = U_ZERO_ERROR;
  const icu::Normalizer2* normalizer =
      kind == NormalizerKind::kNfc    ? icu::Normalizer2::getNFCInstance(status)
      : kind == NormalizerKind::kNfd  ? icu::Normalizer2::getNFDInstance(status)
      : kind == NormalizerKind::kNfkc ? icu::Normalizer2::getNFKCInstance(status)
                                      : icu::Normalizer2::getNFKDInstance(status);
  GANGLION_ASSERT(U_SUCCESS(status));
  return *normalizer;
}

// Character by character up to the next place where a normal form may begin.
void normal_form(NormalizerKind kind, Rewriter& rewriter) {
  const icu::Normalizer2& normalizer = icu_normalizer(kind);
  const CharClasses& classes = CharClasses::instance();
  const std::string_view text = rewriter.input();
  for (size_t begin = 0; begin < text.size();) {
    size_t end = begin + classes.at(text, begin).num_bytes;
    while (end < text.size()) {
      const ClassifiedChar c = classes.at(text, end);
      if (normalizer.hasBoundaryBefore(static_cast<UChar32>(c.value)) != 0) break;
      end += c.num_bytes;
    }
    const std::string_view chunk = text.substr(begin, end - begin);
    if (is_ascii(chunk)) {
      rewriter.copy(begin, end);
    } else {
      UErrorCode status = U_ZERO_ERROR;
      std::string normal;
      normalizer
          .normalize(icu::UnicodeString::fromUTF8(
                         icu::StringPiece(chunk.data(), static_cast<int32_t>(chunk.size()))),
                     status)
          .toUTF8String(normal);
      GANGLION_ASSERT(U_SUCCESS(status));
      rewriter.put(normal, begin, end);
    }
    begin = end;
  }
}

void lowercase(Rewriter& rewriter) {
  const CharClasses& classes = CharClasses::instance();
  const std::string_view text = rewriter.input();
  std::string lower;
  for (size_t i = 0; i < text.size();) {
    const ClassifiedChar c = classes.at(text, i);
    lower.clear();
    if (c.value == 0x130) {
      lower = "i\u0307";  // the one code point whose lower case is two
    } else {
      append_utf8(lower, lower_char(c.value));
    }
    rewriter.put(lower, i, i + c.num_bytes);
    i += c.num_bytes;
  }
}

void strip_accents(Rewriter& rewriter) {
  const CharClasses& classes = CharClasses::instance();
  const std::string_view text = rewriter.input();
  for (size_t i = 0; i < text.size();) {
    const ClassifiedChar c = classes.at(text, i);
    if (!is_nonspacing_mark(c.value)) rewriter.copy(i, i + c.num_bytes);
    i += c.num_bytes;
  }
}

void strip(NormalizerKind kind, Rewriter& rewriter) {
  const CharClasses& classes = CharClasses::instance();
  const std::string_view text = rewriter.input();
  const auto is_blank = [](const ClassifiedChar& c) { return (c.char_class & kSpaceChar) != 0; };
  if (kind == NormalizerKind::kStripLeft) {
    return rewriter.copy(skip_while(classes, text, 0, is_blank), text.size());
  }
  size_t end = 0;
  for (size_t i = 0; i < text.size();) {
    const ClassifiedChar c = classes.at(text, i);
    i += c.num_bytes;
    if (!is_blank(c)) end = i;
  }
  rewriter.copy(0, end);
}

void replace(const NormalizerStep& step, Rewriter& rewriter) {
  const std::string_view text = rewriter.input();
  size_t begin = 0;
  for (size_t at = text.find(step.pattern); at != std::string_view::npos;
       at = text.find(step.pattern, begin)) {
    rewriter.copy(begin, at);
    begin = at + step.pattern.size();
    rewriter.put(step.content, at, begin);
  }
  rewriter.copy(begin, text.size());
}

// Runs of at least `min_chars` of what `is_blank` accepts.
template <typename Predicate>
void replace_runs(const NormalizerStep& step, size_t min_bytes, Predicate is_blank,
                  Rewriter& rewriter) {
  const CharClasses& classes = CharClasses::instance();
  const std::string_view text = rewriter.input();
  for (size_t i = 0; i < text.size();) {
    const size_t end = skip_while(classes, text, i, is_blank);
    if (end - i >= min_bytes) {
      rewriter.put(step.content, i, end);
      i = end;
      continue;
    }
    const size_t next = end > i ? end : i + classes.at(text, i).num_bytes;
    rewriter.copy(i, next);
    i = next;
  }
}

void prepend(const NormalizerStep& step, bool applies, Rewriter& rewriter) {
  const std::string_view text = rewriter.input();
  if (applies && !text.empty()) rewriter.put(step.content, 0, 0);
  rewriter.copy(0, text.size());
}

// The end of the longest key at `offset`, or `offset`.
size_t longest_key(const ByteTrie& trie, std::string_view text, size_t offset) {
  size_t end = offset;
  ByteTrie::Node node = ByteTrie::kRoot;
  for (size_t i = offset; i < text.size(); ++i) {
    node = trie.child(node, static_cast<uint8_t>(text[i]));
    if (node == ByteTrie::kNone) break;
    if (trie.value(node) != ByteTrie::kNoValue) end = i + 1;
  }
  return end;
}

// Any bytes may come; what is not UTF-8 becomes U+FFFD, a byte at a time.
void charsmap(const NormalizerStep& step, Rewriter& rewriter) {
  const std::string_view text = rewriter.input();
  for (size_t i = 0; i < text.size();) {
    if (const size_t kept = step.kept ? longest_key(*step.kept, text, i) : i; kept != i) {
      rewriter.copy(i, kept);
      i = kept;
      continue;
    }
    const DecodedCodePoint c = decode_utf8(text, i);
    const bool is_invalid = c.value == kReplacementCharacter && c.num_bytes == 1;
    const auto match = is_invalid ? std::nullopt : step.charsmap->match(text.substr(i), true);
    const size_t end = i + (match ? match->num_bytes : c.num_bytes);
    // A key of an untrusted table may end inside a character.
    const bool is_whole = find_invalid_utf8(text.substr(i, end - i)) == std::string_view::npos;
    if (is_invalid) {
      rewriter.put("\uFFFD", i, i + 1);
    } else if (match && is_whole) {
      rewriter.put(match->replacement, i, end);
    } else {
      rewriter.copy(i, i + c.num_bytes);
    }
    i = match && !is_whole ? i + c.num_bytes : end;
  }
}

// The end of each grapheme cluster.
std::vector<size_t> cluster_ends(std::string_view text) {
  std::vector<size_t> ends;
  if (is_ascii(text)) {
    for (size_t i = 0; i < text.size(); ++i) {
      if (text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n') continue;
      ends.push_back(i + 1);
    }
    return ends;
  }
  UErrorCode status = U_ZERO_ERROR;
  const icu::UnicodeString wide = icu::UnicodeString::fromUTF8(
      icu::StringPiece(text.data(), static_cast<int32_t>(text.size())));
  const std::unique_ptr<icu::BreakIterator> breaks(
      icu::BreakIterator::createCharacterInstance(icu::Locale::getRoot(), status));
  GANGLION_ASSERT(U_SUCCESS(status));
  breaks->setText(wide);
  size_t offset = 0;
  int32_t unit = 0;
  for (int32_t end = breaks->next(); end != icu::BreakIterator::DONE; end = breaks->next()) {
    for (; unit < end; unit = wide.moveIndex32(unit, 1)) {
      offset += CharClasses::instance().at(text, offset).num_bytes;
    }
    ends.push_back(offset);
  }
  return ends;
}

void charsmap_by_cluster(const NormalizerStep& step, Rewriter& rewriter) {
  constexpr size_t kMaxClusterBytes = 5;  // longer ones are replaced character by character
  const CharClasses& classes = CharClasses::instance();
  const std::string_view text = rewriter.input();
  size_t begin = 0;
  for (const size_t end : cluster_ends(text)) {
    if (end - begin <= kMaxClusterBytes) {
      if (const auto match = step.charsmap->match(text.substr(begin, end - begin), false)) {
        rewriter.put(match->replacement, begin, end);
        begin = end;
        continue;
      }
    }
    while (begin < end) {
      const size_t next = begin + classes.at(text, begin).num_bytes;
      if (const auto match = step.charsmap->match(text.substr(begin, next - begin), false)) {
        rewriter.put(match->replacement, begin, next);
      } else {
        rewriter.copy(begin, next);
      }
      begin = next;
    }
  }
}

void squeeze_spaces(Rewriter& rewriter) {
  const std::string_view text = rewriter.input();
  size_t begin = text.find_first_not_of(' ');
  while (begin != std::string_view::npos) {
    const size_t end = std::min(text.find(' ', begin), text.size());
    rewriter.copy(begin, end);
    begin = text.find_first_not_of(' ', end);
    if (begin != std::string_view::npos) rewriter.put(" ", end, begin);
  }
}

void mark_words(const NormalizerStep& step, Rewriter& rewriter) {
  const CharClasses& classes = CharClasses::instance();
  const std::string_view text = rewriter.input();
  const auto is_blank = [](const ClassifiedChar& c) { return (c.char_class & kSpaceChar) != 0; };
  for (size_t i = 0; i < text.size();) {
    const size_t begin = skip_while(classes, text, i, is_blank);
    const size_t end =
        skip_while(classes, text, begin, [&](const ClassifiedChar& c) { return !is_blank(c); });
    if (begin < end) {
      if (!text.substr(begin).starts_with(step.content)) rewriter.put(step.content, begin, begin);
      rewriter.copy(begin, end);
    }
    i = end;
  }
}

void apply_step(const NormalizerStep& step, bool at_begin, Rewriter& rewriter) {
  const auto begins_with_content = [&] { return rewriter.input().starts_with(step.content); };
  switch (step.kind) {
    case NormalizerKind::kNfc:
    case NormalizerKind::kNfd:
    case NormalizerKind::kNfkc:
    case NormalizerKind::kNfkd:
      return normal_form(step.kind, rewriter);
    case NormalizerKind::kLowercase:
      return lowercase(rewriter);
    case NormalizerKind::kStripAccents:
      return strip_accents(rewriter);
    case NormalizerKind::kStripLeft:
    case NormalizerKind::kStripRight:
      return strip(step.kind, rewriter);
    case NormalizerKind::kReplace:
      return replace(step, rewriter);
    case NormalizerKind::kReplaceSpaceRuns:
      return replace_runs(
          step, 1, [](const ClassifiedChar& c) { return (c.char_class & kSpaceChar) != 0; },
          rewriter);
    case NormalizerKind::kReplaceBlankRuns:
      return replace_runs(
          step, 2, [](const ClassifiedChar& c) { return c.value == ' '; }, rewriter);
    case NormalizerKind::kPrepend:
      return prepend(step, true, rewriter);
    case NormalizerKind::kPrependAtBegin:
      return prepend(step, at_begin, rewriter);
    case NormalizerKind::kPrependUnless:
      return prepend(step, !begins_with_content(), rewriter);
    case NormalizerKind::kPrependUnlessAtBegin:
      return prepend(step, at_begin && !begins_with_content(), rewriter);
    case NormalizerKind::kCharsmap:
      return charsmap(step, rewriter);
    case NormalizerKind::kCharsmapByCluster:
      return charsmap_by_cluster(step, rewriter);
    case NormalizerKind::kSqueezeSpaces:
      return squeeze_spaces(rewriter);
    case NormalizerKind::kMarkWords:
      return mark_words(step, rewriter);
  }
}

}  // namespace

void Normalizer::apply(MappedText& text, bool at_begin) const {
  for (const NormalizerStep& step : steps_) {
    if (text.text.empty()) return;
    Rewriter rewriter(text);
    apply_step(step, at_begin, rewriter);
    rewriter.finish();
  }
}

}  // namespace ganglion
