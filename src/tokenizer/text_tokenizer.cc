#include "tokenizer/text_tokenizer.h"

#include <algorithm>
#include <utility>

#include "base/check.h"
#include "text/utf8.h"
#include "tokenizer/byte_level.h"

namespace ganglion {
namespace {

std::string replaced(std::string_view text, std::string_view pattern, std::string_view content) {
  std::string result;
  size_t begin = 0;
  for (size_t at = text.find(pattern); at != std::string_view::npos;
       at = text.find(pattern, begin)) {
    result += text.substr(begin, at - begin);
    result += content;
    begin = at + pattern.size();
  }
  result += text.substr(begin);
  return result;
}

std::string bytes_of_token(const TextTokenizerSpec& spec, size_t id) {
  const std::string& spelled = spec.tokens.spelled[id];
  const TokenKind kind = spec.tokens.kinds[id];
  if (kind == TokenKind::kControl || kind == TokenKind::kUnknown) return "";
  const bool marks_spaces = spec.spelling == TokenSpelling::kMarkedSpaces;
  if (kind == TokenKind::kUserDefined && !marks_spaces) return spelled;
  if (marks_spaces) {
    if (kind == TokenKind::kByte) {
      if (const auto byte = byte_of_hex_token(spelled)) {
        return std::string(1, static_cast<char>(*byte));
      }
    }
    return replaced(spelled, kSpaceMark, " ");
  }
  if (!spec.word_end.empty() && spelled.ends_with(spec.word_end)) {
    const std::string_view word =
        std::string_view(spelled).substr(0, spelled.size() - spec.word_end.size());
    return bytes_of_byte_level(word).value_or(std::string(word)) + " ";
  }
  return bytes_of_byte_level(spelled).value_or(spelled);
}

// Bytes of the sequence that is cut off or wrong at `offset`: the longest begin of a valid one, or
// one byte (Unicode 15, section 3.9, "maximal subparts").
size_t invalid_part(std::string_view text, size_t offset) {
  const auto byte = [&](size_t i) {
    return offset + i < text.size() ? static_cast<unsigned char>(text[offset + i]) : 0U;
  };
  const unsigned first = byte(0);
  if (first < 0xC2 || first > 0xF4) return 1;
  const unsigned low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 1;
  const size_t length = first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  size_t part = 2;
  while (part < length && byte(part) >= 0x80 && byte(part) <= 0xBF) ++part;
  return part;
}

MappedText repaired(std::string_view text, InvalidUtf8 policy, bool with_sources) {
  constexpr std::string_view kReplacement = "\uFFFD";
  MappedText result;
  result.text.reserve(text.size() + 16);
  for (size_t begin = 0; begin < text.size();) {
    const size_t good = std::min(find_invalid_utf8(text.substr(begin)), text.size() - begin);
    result.text += text.substr(begin, good);
    for (size_t i = begin; with_sources && i < begin + good; ++i) {
      result.sources.push_back({i, i + 1});
    }
    begin += good;
    if (begin == text.size()) break;
    const size_t bad = policy == InvalidUtf8::kReplaceParts ? invalid_part(text, begin) : 1;
    result.text += kReplacement;
    if (with_sources) {
      result.sources.insert(result.sources.end(), kReplacement.size(), {begin, begin + bad});
    }
    begin += bad;
  }
  return result;
}

// `part` and where its bytes come from: it begins at `offset` of what `sources` is about.
MappedText mapped(std::string_view part, size_t offset, const std::vector<TokenSpan>& sources,
                  bool with_sources) {
  MappedText result{std::string(part), {}};
  for (size_t i = offset; with_sources && i < offset + part.size(); ++i) {
    result.sources.push_back(sources.empty() ? TokenSpan{i, i + 1} : sources[i]);
  }
  return result;
}

Status check_ids(const TextTokenizerSpec& spec) {
  std::vector<int32_t> ids = spec.prefix_ids;
  ids.insert(ids.end(), spec.suffix_ids.begin(), spec.suffix_ids.end());
  for (const AddedToken& token : spec.added) ids.push_back(token.id);
  for (const int32_t id : ids) {
    if (id < 0 || static_cast<size_t>(id) >= spec.tokens.spelled.size()) {
      return fail(ErrorCode::kMalformed, "special token id: expected 0 to {}, found {}",
                  spec.tokens.spelled.size() - 1, id);
    }
  }
  return {};
}

}  // namespace

// One call of encode().
struct TextTokenizer::Call {
  const EncodeOptions& options;
  std::vector<int32_t>& ids;
  std::vector<TokenSpan>* spans;
  size_t max_ids;  // less what comes behind the text
  bool at_begin = true;
  PieceScratch scratch = {};
  std::vector<TextPiece> pieces = {};

  bool is_full() const { return ids.size() >= max_ids; }
};

Result<std::unique_ptr<Tokenizer>> TextTokenizer::create(TextTokenizerSpec spec) {
  GANGLION_ASSERT(spec.model != nullptr);
  GANGLION_TRY(check_vocabulary(spec.tokens));
  GANGLION_TRY(check_ids(spec));
  std::vector<AddedToken> raw;
  std::vector<AddedToken> normalized;
  for (const AddedToken& token : spec.added) {
    if (!token.is_normalized) {
      raw.push_back(token);
      continue;
    }
    // It is looked for in the form that the text will have.
    MappedText content{token.content, {}};
    if (!token.is_content_final) spec.normalizer.apply(content, true);
    normalized.push_back(token);
    normalized.back().content = content.text;
  }
  GANGLION_ASSIGN(AddedTokenMatcher raw_matcher, AddedTokenMatcher::create(std::move(raw)));
  GANGLION_ASSIGN(AddedTokenMatcher normalized_matcher,
                  AddedTokenMatcher::create(std::move(normalized)));
  return std::unique_ptr<Tokenizer>(
      new TextTokenizer(std::move(spec), std::move(raw_matcher), std::move(normalized_matcher)));
}

TextTokenizer::TextTokenizer(TextTokenizerSpec spec, AddedTokenMatcher raw,
                             AddedTokenMatcher normalized)
    : spec_(std::move(spec)),
      spelled_(spec_.tokens.spelled, SeededHash(digest_of(spec_.tokens.spelled))),
      raw_(std::move(raw)),
      normalized_(std::move(normalized)) {
  bytes_.reserve(spelled_.size());
  for (size_t id = 0; id < spelled_.size(); ++id) bytes_.push_back(bytes_of_token(spec_, id));
  spec_.tokens.spelled = {};
}

void TextTokenizer::encode(std::string_view text, const EncodeOptions& options,
                           std::vector<int32_t>& ids, std::vector<TokenSpan>* spans) const {
  ids.clear();
  if (spans != nullptr) spans->clear();
  const size_t limit = options.max_tokens == 0 ? SIZE_MAX : options.max_tokens;
  const auto add_special = [&](const std::vector<int32_t>& special, TokenSpan span) {
    for (const int32_t id : special) {
      if (ids.size() == limit) return;
      ids.push_back(id);
      if (spans != nullptr) spans->push_back(span);
    }
  };
  if (options.add_special_tokens) add_special(spec_.prefix_ids, {0, 0});
  const size_t num_suffix = options.add_special_tokens ? spec_.suffix_ids.size() : 0;
  Call call{options, ids, spans, limit - std::min(limit, num_suffix)};
  const bool is_valid =
      spec_.invalid_utf8 == InvalidUtf8::kKeep || find_invalid_utf8(text) == std::string_view::npos;
  MappedText storage;
  if (!is_valid) storage = repaired(text, spec_.invalid_utf8, spans != nullptr);
  encode_valid(is_valid ? text : std::string_view(storage.text), storage.sources, call);
  if (ids.size() > call.max_ids) {
    ids.resize(call.max_ids);
    if (spans != nullptr) spans->resize(call.max_ids);
  }
  if (options.add_special_tokens) add_special(spec_.suffix_ids, {text.size(), text.size()});
}

void TextTokenizer::add_token(const AddedTokenMatcher::Match& match, const Sources& sources,
                              Call& call) {
  call.at_begin = false;
  call.ids.push_back(match.id);
  if (call.spans == nullptr) return;
  call.spans->push_back({match.begin, match.end});
  if (!sources.empty() && match.begin < match.end) {
    call.spans->back() = {sources[match.begin].begin, sources[match.end - 1].end};
  }
}

void TextTokenizer::encode_valid(std::string_view text, const Sources& sources, Call& call) const {
  std::vector<AddedTokenMatcher::Match> matches;
  // Repairs move the bytes that plain ranges count; then nothing is special rather than too much.
  const bool with_special =
      call.options.parse_special_tokens && (sources.empty() || call.options.plain_ranges.empty());
  raw_.find_all(text, with_special, call.options.plain_ranges, matches);
  size_t begin = 0;
  for (const AddedTokenMatcher::Match& match : matches) {
    encode_part(text.substr(begin, match.begin - begin), begin, sources, call);
    if (call.is_full()) return;
    add_token(match, sources, call);
    begin = match.end;
  }
  encode_part(text.substr(begin), begin, sources, call);
}

void TextTokenizer::encode_part(std::string_view part, size_t offset, const Sources& sources,
                                Call& call) const {
  if (part.empty() || call.is_full()) return;
  const bool at_begin = std::exchange(call.at_begin, false);
  const bool is_identity = spec_.normalizer.is_identity();
  if (is_identity && normalized_.is_empty()) {
    return encode_normalized(part, offset, sources, at_begin, call);
  }
  MappedText normal;
  if (!is_identity) {
    normal = mapped(part, offset, sources, call.spans != nullptr);
    spec_.normalizer.apply(normal, at_begin);
  }
  const std::string_view text = is_identity ? part : std::string_view(normal.text);
  const size_t base = is_identity ? offset : 0;
  const Sources& from = is_identity ? sources : normal.sources;
  std::vector<AddedTokenMatcher::Match> matches;
  const bool with_special = call.options.parse_special_tokens && call.options.plain_ranges.empty();
  normalized_.find_all(text, with_special, {}, matches);
  size_t begin = 0;
  for (const AddedTokenMatcher::Match& match : matches) {
    encode_normalized(text.substr(begin, match.begin - begin), base + begin, from,
                      at_begin && begin == 0, call);
    if (call.is_full()) return;
    begin = match.end;
    add_token({match.id, base + match.begin, base + match.end}, from, call);
  }
  encode_normalized(text.substr(begin), base + begin, from, at_begin && begin == 0, call);
}

void TextTokenizer::encode_normalized(std::string_view part, size_t offset, const Sources& sources,
                                      bool at_begin, Call& call) const {
  if (part.empty() || call.is_full()) return;
  if (spec_.part_normalizer.is_identity()) return encode_pieces(part, offset, sources, call);
  MappedText normal = mapped(part, offset, sources, call.spans != nullptr);
  spec_.part_normalizer.apply(normal, at_begin);
  encode_pieces(normal.text, 0, normal.sources, call);
}

void TextTokenizer::encode_pieces(std::string_view part, size_t offset, const Sources& sources,
                                  Call& call) const {
  const size_t first = call.ids.size();
  spec_.pre_tokenizer.split(part, call.pieces);
  for (const TextPiece piece : call.pieces) {
    if (call.is_full()) break;
    spec_.model->encode(part.substr(piece.begin, piece.end - piece.begin), call.scratch,
                        {call.ids, call.spans, offset + piece.begin});
  }
  if (call.spans == nullptr || sources.empty()) return;
  for (size_t i = first; i < call.spans->size(); ++i) {
    TokenSpan& span = (*call.spans)[i];
    if (span.begin < span.end) span = {sources[span.begin].begin, sources[span.end - 1].end};
  }
}

void TextTokenizer::append_bytes(int32_t id, std::string& text) const {
  GANGLION_ASSERT(id >= 0 && static_cast<size_t>(id) < bytes_.size());
  text += bytes_[static_cast<size_t>(id)];
}

std::string TextTokenizer::decode(const std::vector<int32_t>& ids) const {
  std::string text;
  for (const int32_t id : ids) append_bytes(id, text);
  if (spec_.begins_with_space && text.starts_with(' ')) text.erase(0, 1);
  if (!spec_.word_end.empty() && text.ends_with(' ')) text.pop_back();
  return text;
}

std::string_view TextTokenizer::token(int32_t id) const {
  GANGLION_ASSERT(id >= 0 && static_cast<size_t>(id) < spelled_.size());
  return spelled_[static_cast<size_t>(id)];
}

TokenKind TextTokenizer::kind(int32_t id) const {
  GANGLION_ASSERT(id >= 0 && static_cast<size_t>(id) < spec_.tokens.kinds.size());
  return spec_.tokens.kinds[static_cast<size_t>(id)];
}

}  // namespace ganglion
