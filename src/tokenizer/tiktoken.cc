#include "tokenizer/tiktoken.h"

#include <charconv>

#include "tokenizer/base64.h"
#include "tokenizer/byte_level.h"

namespace ganglion {
namespace {

struct RankedToken {
  std::string bytes;
  uint32_t rank;
};

// Nothing when the line is not "base64 rank".
std::optional<RankedToken> parse_line(std::string_view line) {
  const size_t space = line.find(' ');
  if (space == std::string_view::npos || space == 0) return std::nullopt;
  std::optional<std::string> bytes = decode_base64(line.substr(0, space));
  const std::string_view digits = line.substr(space + 1);
  uint32_t rank = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), rank);
  if (!bytes || bytes->empty() || error != std::errc() || end != digits.data() + digits.size()) {
    return std::nullopt;
  }
  return RankedToken{std::move(*bytes), rank};
}

// The next line, without its end; takes it off `text`.
std::string_view next_line(std::string_view& text) {
  const size_t end = std::min(text.find('\n'), text.size());
  std::string_view line = text.substr(0, end);
  text.remove_prefix(std::min(end + 1, text.size()));
  if (line.ends_with('\r')) line.remove_suffix(1);
  return line;
}

Status put_token(const RankedToken& token, size_t max_tokens, BpeSpec& spec) {
  if (token.rank >= max_tokens) {
    return fail(ErrorCode::kMalformed, "expected a rank from 0 to {}, found {}", max_tokens - 1,
                token.rank);
  }
  if (token.rank >= spec.symbols.size()) spec.symbols.resize(token.rank + 1);
  if (!spec.symbols[token.rank].empty()) {
    return fail(ErrorCode::kMalformed, "expected every rank once, found {} again", token.rank);
  }
  spec.symbols[token.rank] = token.bytes;
  return {};
}

}  // namespace

bool looks_like_tiktoken(std::string_view bytes) {
  return parse_line(next_line(bytes)).has_value();
}

Result<TextTokenizerSpec> parse_tiktoken(std::string_view text, std::string_view pre_tokenizer,
                                         std::string_view source_name) {
  Result<NamedPreTokenizer> named = find_pre_tokenizer(pre_tokenizer);
  if (!named.ok()) return at_place(source_name, named.error());
  // Ranks may have gaps, but a file cannot make us allocate far more than it holds itself.
  const size_t max_tokens = std::min(kMaxVocabularyTokens, 1024 + text.size() / 2);
  BpeSpec bpe;
  bpe.byte_ids.fill(BpeSpec::kNone);
  bpe.tokens_first = true;
  for (size_t line = 1; !text.empty(); ++line) {
    const std::string_view content = next_line(text);
    if (content.empty()) continue;
    const auto token = parse_line(content);
    if (!token) {
      return fail(ErrorCode::kMalformed, "{}:{}: expected \"base64 rank\"", source_name, line);
    }
    if (Status status = put_token(*token, max_tokens, bpe); !status.ok()) {
      return at_place(fmt::format("{}:{}", source_name, line), status.error());
    }
  }
  TextTokenizerSpec spec;
  bpe.num_tokens = bpe.symbols.size();
  std::vector<uint32_t> ranks(bpe.num_tokens);
  for (size_t id = 0; id < bpe.num_tokens; ++id) {
    ranks[id] = static_cast<uint32_t>(id);
    const std::string& bytes = bpe.symbols[id];
    if (bytes.size() == 1)
      bpe.byte_ids[static_cast<unsigned char>(bytes[0])] = static_cast<int32_t>(id);
    std::string spelled;
    for (const char byte : bytes) append_byte_level(spelled, static_cast<uint8_t>(byte));
    spec.tokens.spelled.push_back(std::move(spelled));
    spec.tokens.kinds.push_back(bytes.empty() ? TokenKind::kUnused : TokenKind::kNormal);
  }
  if (Status status = add_ranked_merges(ranks, bpe); !status.ok()) {
    return at_place(source_name, status.error());
  }
  spec.pre_tokenizer = PreTokenizer(named->stages);
  const SeededHash hash(digest_of(bpe.symbols));
  spec.model = std::make_unique<Bpe>(std::move(bpe), hash);
  return spec;
}

}  // namespace ganglion
