#include "tokenizer/wordpiece_tokenizer.h"

#include <algorithm>

#include "base/check.h"

namespace ganglion {

WordPieceTokenizer::WordPieceTokenizer(WordPiece wordpiece) : wordpiece_(std::move(wordpiece)) {
  const WordPieceSpec& spec = wordpiece_.spec();
  special_.unknown = spec.unknown_id;
  special_.padding = wordpiece_.find("[PAD]");
  if (!spec.prefix_ids.empty()) special_.begin = spec.prefix_ids.front();
  if (!spec.suffix_ids.empty()) special_.end = special_.separator = spec.suffix_ids.back();
  special_.adds_begin = !spec.prefix_ids.empty();
  special_.adds_end = !spec.suffix_ids.empty();
  control_ids_ = spec.prefix_ids;
  control_ids_.insert(control_ids_.end(), spec.suffix_ids.begin(), spec.suffix_ids.end());
  for (const std::string_view name : {"[PAD]", "[CLS]", "[SEP]", "[MASK]"}) {
    if (const int32_t id = wordpiece_.find(name); id >= 0) control_ids_.push_back(id);
  }
  std::sort(control_ids_.begin(), control_ids_.end());
  control_ids_.erase(std::unique(control_ids_.begin(), control_ids_.end()), control_ids_.end());
}

void WordPieceTokenizer::encode(std::string_view text, const EncodeOptions& options,
                                std::vector<int32_t>& ids, std::vector<TokenSpan>* spans) const {
  if (options.parse_special_tokens) return encode_with_special(text, options, ids, spans);
  wordpiece_.encode(text, options, ids, spans);
}

void WordPieceTokenizer::encode_with_special(std::string_view text, const EncodeOptions& options,
                                             std::vector<int32_t>& ids,
                                             std::vector<TokenSpan>* spans) const {
  const WordPieceSpec& spec = wordpiece_.spec();
  ids.clear();
  if (spans != nullptr) spans->clear();
  const auto add = [&](int32_t id, TokenSpan span) {
    ids.push_back(id);
    if (spans != nullptr) spans->push_back(span);
  };
  std::vector<int32_t> part_ids;
  std::vector<TokenSpan> part_spans;
  const auto add_part = [&](size_t begin, size_t end) {
    wordpiece_.encode(text.substr(begin, end - begin), {.add_special_tokens = false}, part_ids,
                      spans == nullptr ? nullptr : &part_spans);
    for (size_t i = 0; i < part_ids.size(); ++i) {
      const TokenSpan span = spans == nullptr ? TokenSpan{} : part_spans[i];
      add(part_ids[i], {begin + span.begin, begin + span.end});
    }
  };
  if (options.add_special_tokens) {
    for (const int32_t id : spec.prefix_ids) add(id, {0, 0});
  }
  size_t begin = 0;
  for (size_t i = text.find('['); i != std::string_view::npos; i = text.find('[', i + 1)) {
    for (const int32_t id : control_ids_) {
      const std::string_view name = token(id);
      if (name.empty() || !text.substr(i).starts_with(name)) continue;
      add_part(begin, i);
      begin = i + name.size();
      add(id, {i, begin});
      i = begin - 1;
      break;
    }
  }
  add_part(begin, text.size());
  const size_t num_suffix = options.add_special_tokens ? spec.suffix_ids.size() : 0;
  const size_t limit = options.max_tokens == 0 ? SIZE_MAX : options.max_tokens;
  ids.resize(std::min(ids.size(), limit - std::min(limit, num_suffix)));
  if (spans != nullptr) spans->resize(ids.size());
  for (size_t i = 0; i < num_suffix && ids.size() < limit; ++i) {
    add(spec.suffix_ids[i], {text.size(), text.size()});
  }
}

void WordPieceTokenizer::append_bytes(int32_t id, std::string& text) const {
  const TokenKind token_kind = kind(id);
  if (token_kind != TokenKind::kNormal) return;
  const std::string_view spelled = token(id);
  const std::string& prefix = wordpiece_.spec().continuation_prefix;
  if (!prefix.empty() && spelled.starts_with(prefix)) {
    text += spelled.substr(prefix.size());
  } else {
    text += ' ';
    text += spelled;
  }
}

std::string WordPieceTokenizer::decode(const std::vector<int32_t>& ids) const {
  std::string text;
  for (const int32_t id : ids) append_bytes(id, text);
  if (text.starts_with(' ')) text.erase(0, 1);
  return text;
}

std::string_view WordPieceTokenizer::token(int32_t id) const {
  GANGLION_ASSERT(id >= 0 && static_cast<size_t>(id) < vocabulary_size());
  return wordpiece_.token(id);
}

TokenKind WordPieceTokenizer::kind(int32_t id) const {
  GANGLION_ASSERT(id >= 0 && static_cast<size_t>(id) < vocabulary_size());
  if (id == special_.unknown) return TokenKind::kUnknown;
  const bool is_control = std::binary_search(control_ids_.begin(), control_ids_.end(), id);
  return is_control ? TokenKind::kControl : TokenKind::kNormal;
}

}  // namespace ganglion
