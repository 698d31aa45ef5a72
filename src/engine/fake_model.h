// A language model without weights, for tests: a script says the logits of every context.
#pragma once

#include <algorithm>
#include <functional>
#include <limits>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "engine/language_model.h"

namespace ganglion {

// The control tokens, one token for each byte, then the given words. Encoding takes the longest
// word at each place.
class FakeTokenizer : public Tokenizer {
 public:
  static constexpr int32_t kBegin = 0;
  static constexpr int32_t kEnd = 1;
  static constexpr int32_t kEndOfTurn = 2;
  static constexpr int32_t kFillPrefix = 3;
  static constexpr int32_t kFillSuffix = 4;
  static constexpr int32_t kFillMiddle = 5;
  static constexpr int32_t kFirstByte = 6;
  static constexpr int32_t kFirstWord = kFirstByte + 256;

  explicit FakeTokenizer(const std::vector<std::string>& words = {}, bool can_fill = true)
      : tokens_{"<s>", "</s>", "<eot>", "<fim_prefix>", "<fim_suffix>", "<fim_middle>"} {
    for (int byte = 0; byte < 256; ++byte) tokens_.emplace_back(1, static_cast<char>(byte));
    tokens_.insert(tokens_.end(), words.begin(), words.end());
    special_.begin = kBegin;
    special_.end = kEnd;
    special_.end_of_turn = kEndOfTurn;
    special_.adds_begin = true;
    if (can_fill) {
      special_.fill_prefix = kFillPrefix;
      special_.fill_suffix = kFillSuffix;
      special_.fill_middle = kFillMiddle;
    }
  }

  void encode(std::string_view text, const EncodeOptions& options, std::vector<int32_t>& ids,
              std::vector<TokenSpan>* spans = nullptr) const override {
    ids.clear();
    if (spans != nullptr) spans->clear();
    const auto add = [&](int32_t id, size_t begin, size_t end) {
      ids.push_back(id);
      if (spans != nullptr) spans->push_back({begin, end});
    };
    if (options.add_special_tokens) add(kBegin, 0, 0);
    for (size_t at = 0; at < text.size();) {
      const bool is_plain =
          std::any_of(options.plain_ranges.begin(), options.plain_ranges.end(),
                      [at](const TokenSpan& range) { return range.begin <= at && at < range.end; });
      const int32_t id = longest(text.substr(at), options.parse_special_tokens && !is_plain);
      add(id, at, at + tokens_[static_cast<size_t>(id)].size());
      at += tokens_[static_cast<size_t>(id)].size();
    }
    if (options.max_tokens > 0 && ids.size() > options.max_tokens) ids.resize(options.max_tokens);
    if (spans != nullptr) spans->resize(ids.size());
  }

  void append_bytes(int32_t id, std::string& text) const override {
    GANGLION_ASSERT(id >= 0 && static_cast<size_t>(id) < tokens_.size());
    if (id >= kFirstByte) text += tokens_[static_cast<size_t>(id)];
  }
  std::string decode(const std::vector<int32_t>& ids) const override {
    std::string text;
    for (const int32_t id : ids) append_bytes(id, text);
    return text;
  }
  size_t vocabulary_size() const override { return tokens_.size(); }
  std::string_view token(int32_t id) const override { return tokens_.at(static_cast<size_t>(id)); }
  int32_t find(std::string_view token) const override {
    const auto found = std::find(tokens_.begin(), tokens_.end(), token);
    return found == tokens_.end() ? -1 : static_cast<int32_t>(found - tokens_.begin());
  }
  TokenKind kind(int32_t id) const override {
    if (id < kFirstByte) return TokenKind::kControl;
    return id < kFirstWord ? TokenKind::kByte : TokenKind::kNormal;
  }
  const SpecialTokens& special_tokens() const override { return special_; }

  // The ids of `text` alone.
  std::vector<int32_t> ids(std::string_view text) const {
    std::vector<int32_t> ids;
    encode(text, {.add_special_tokens = false}, ids);
    return ids;
  }

 private:
  int32_t longest(std::string_view text, bool parse_special_tokens) const {
    int32_t best = kFirstByte + static_cast<unsigned char>(text[0]);
    for (int32_t id = 0; static_cast<size_t>(id) < tokens_.size(); ++id) {
      if (id < kFirstByte && !parse_special_tokens) continue;
      const std::string& token = tokens_[static_cast<size_t>(id)];
      if (token.size() > tokens_[static_cast<size_t>(best)].size() &&
          text.substr(0, token.size()) == token) {
        best = id;
      }
    }
    return best;
  }

  std::vector<std::string> tokens_;
  SpecialTokens special_;
};

// The logits [V] after the tokens of a context; `logits` comes in as zeros.
using FakeScript = std::function<void(std::span<const int32_t> context, std::span<float> logits)>;

// Writes `reply` after any prompt of `prompt_length` tokens, then the end token.
inline FakeScript scripted_reply(size_t prompt_length, std::vector<int32_t> reply) {
  return [prompt_length, reply = std::move(reply)](std::span<const int32_t> context,
                                                   std::span<float> logits) {
    const size_t at = context.size() - std::min(context.size(), prompt_length);
    logits[static_cast<size_t>(at < reply.size() ? reply[at] : FakeTokenizer::kEnd)] = 20;
  };
}

class FakeSession final : public Session {
 public:
  FakeSession(FakeScript script, size_t vocabulary_size, size_t capacity, bool can_drop)
      : script_(std::move(script)),
        vocabulary_size_(vocabulary_size),
        capacity_(capacity),
        can_drop_(can_drop) {}

  size_t length() const override { return tokens_.size(); }
  size_t capacity() const override { return capacity_; }

  Status append(std::span<const int32_t> tokens, LogitRows rows,
                std::vector<float>& logits) override {
    GANGLION_TRY(check_room(tokens.size()));
    logits.clear();
    for (size_t i = 0; i < tokens.size(); ++i) {
      GANGLION_ASSERT(tokens[i] >= 0 && static_cast<size_t>(tokens[i]) < vocabulary_size_);
      tokens_.push_back(tokens[i]);
      const bool is_wanted =
          rows == LogitRows::kAll || (rows == LogitRows::kLast && i + 1 == tokens.size());
      if (!is_wanted) continue;
      logits.resize(logits.size() + vocabulary_size_, 0.0F);
      script_(tokens_, std::span(logits).last(vocabulary_size_));
    }
    return {};
  }

  Status look_ahead(const TokenTree& tree, std::span<const TreeLogit> wanted,
                    std::vector<float>& logits) override {
    GANGLION_TRY(check_room(tree.tokens.size()));
    logits.clear();
    for (const TreeLogit& each : wanted) {
      std::vector<int32_t> context;
      for (int32_t at = each.place; at >= 0; at = tree.parents[static_cast<size_t>(at)]) {
        context.insert(context.begin(), tree.tokens[static_cast<size_t>(at)]);
      }
      context.insert(context.begin(), tokens_.begin(), tokens_.end());
      std::vector<float> row(vocabulary_size_);
      script_(context, row);
      logits.push_back(row.at(static_cast<size_t>(each.token)));
    }
    return {};
  }

  void truncate(size_t length) override {
    GANGLION_ASSERT(length <= tokens_.size());
    tokens_.resize(length);
    if (length <= num_exact_) num_exact_ = std::numeric_limits<size_t>::max();
  }

  Status drop(size_t begin, size_t end) override {
    if (!can_drop_) return fail(ErrorCode::kUnsupported, "the positions of this model are fixed");
    GANGLION_ASSERT(begin <= end && end <= tokens_.size());
    tokens_.erase(tokens_.begin() + static_cast<std::ptrdiff_t>(begin),
                  tokens_.begin() + static_cast<std::ptrdiff_t>(end));
    if (begin < end) num_exact_ = std::min(num_exact_, begin);
    return {};
  }

  Status check_room(size_t num_tokens) const {
    if (num_tokens <= capacity_ - tokens_.size()) return {};
    return fail(ErrorCode::kLimit, "{} tokens do not fit into the {} that are left", num_tokens,
                capacity_ - tokens_.size());
  }

  std::unique_ptr<Session> fork() override { return std::make_unique<FakeSession>(*this); }

  size_t reuse(std::span<const int32_t> tokens) override {
    const auto end = tokens_.begin() + static_cast<std::ptrdiff_t>(std::min(length(), num_exact_));
    const auto differs = std::mismatch(tokens_.begin(), end, tokens.begin(), tokens.end());
    truncate(static_cast<size_t>(differs.first - tokens_.begin()));
    return length();
  }

  // What has been read, for tests to look at.
  const std::vector<int32_t>& tokens() const { return tokens_; }

 private:
  FakeScript script_;
  size_t vocabulary_size_;
  size_t capacity_;
  bool can_drop_;
  std::vector<int32_t> tokens_;
  size_t num_exact_ = std::numeric_limits<size_t>::max();  // tokens in front of the first drop
};

class FakeModel final : public LanguageModel {
 public:
  explicit FakeModel(FakeScript script, const std::vector<std::string>& words = {},
                     bool can_fill = true)
      : script_(std::move(script)), tokenizer_(words, can_fill) {
    description_.architecture = "fake";
    description_.name = "scripted";
    description_.vocabulary_size = tokenizer_.vocabulary_size();
    description_.context_length = 64;
  }

  const ModelDescription& description() const override { return description_; }
  const FakeTokenizer* tokenizer() const override { return &tokenizer_; }
  std::string_view chat_template() const override { return chat_template_; }
  std::string_view tool_template() const override { return tool_template_; }
  Result<std::unique_ptr<Session>> start(const SessionOptions& options) const override {
    const size_t capacity =
        options.context_length > 0 ? options.context_length : description_.context_length;
    return std::unique_ptr<Session>(
        std::make_unique<FakeSession>(script_, tokenizer_.vocabulary_size(), capacity, can_drop_));
  }

  Status append_all(std::span<const SessionStep> steps) const override {
    for (const SessionStep& step : steps) {
      const auto& session = dynamic_cast<const FakeSession&>(*step.session);
      GANGLION_TRY(session.check_room(step.tokens.size()));
    }
    for (const SessionStep& step : steps) {
      GANGLION_TRY(step.session->append(step.tokens, step.rows, *step.logits));
    }
    return {};
  }

  uint64_t cache_bytes() const override { return 0; }

  void set_chat_template(std::string source) { chat_template_ = std::move(source); }
  void set_tool_template(std::string source) { tool_template_ = std::move(source); }
  // Sessions then refuse to drop tokens.
  void fix_positions() { can_drop_ = false; }

 private:
  FakeScript script_;
  FakeTokenizer tokenizer_;
  ModelDescription description_;
  std::string chat_template_;
  std::string tool_template_;
  bool can_drop_ = true;
};

}  // namespace ganglion
