// The narrow waist: a loaded decoder and the token timelines that run on it. Above it nothing sees
// a tensor. engine/fake_model.h is a scripted one.
// Letters: V tokens in the vocabulary.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "nn/linear.h"
#include "tensor/dtype.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

class LoraAdapter;

inline constexpr size_t kUsualContext = 8192;  // tokens, unless asked for more

struct SessionOptions {
  // Tokens the session can hold; 0: what the model was trained for, at most kUsualContext.
  size_t context_length = 0;
  DType cache_type = DType::kBF16;  // of keys and values: F32, F16, BF16 or Q8_0
  // Of this model's load_adapter(); null: the model as it is.
  std::shared_ptr<const LoraAdapter> adapter = nullptr;
};

// For which of the appended tokens the next token's logits are wanted.
enum class LogitRows { kNone, kLast, kAll };

// Tokens that may follow what a session has read, as a tree.
struct TokenTree {
  static constexpr size_t kMaxTokens = 1024;

  std::vector<int32_t> tokens;
  // Of each token: the earlier one that it follows, or -1: it follows what has been read.
  std::vector<int32_t> parents;
};

// The next token's logit of `token` behind tokens[place] of a tree, -1: behind what has been read.
struct TreeLogit {
  int32_t place = -1;
  int32_t token = 0;
};

// One token timeline: what the model has read so far. Not thread-safe; outlived by its model.
class Session {
 public:
  virtual ~Session() = default;

  virtual size_t length() const = 0;    // tokens read
  virtual size_t capacity() const = 0;  // tokens it can hold

  // Reads `tokens` (each below V, asserted) and replaces `logits` by the wanted rows, [rows, V].
  // kLimit, with nothing read, when they do not fit. The same tokens give the same bits, however
  // they are cut into calls.
  virtual Status append(std::span<const int32_t> tokens, LogitRows rows,
                        std::vector<float>& logits) = 0;

  // Replaces `logits` by the wanted ones, as if each branch of the tree had been appended alone,
  // but for rounding: the whole tree is read in one pass, and of the output matrix only what is
  // wanted. What the session has read stays as it is. kInvalidArgument when it has read nothing;
  // kLimit for a tree of more than TokenTree::kMaxTokens, or one that does not fit behind what has
  // been read.
  virtual Status look_ahead(const TokenTree& tree, std::span<const TreeLogit> wanted,
                            std::vector<float>& logits) = 0;

  // Forgets the tokens from `length` (at most length(), asserted) on.
  virtual void truncate(size_t length) = 0;

  // Forgets tokens [begin, end) and moves the later ones down to `begin`, as if those had been read
  // there (a context shift: an approximation). kUnsupported for models whose positions cannot move.
  virtual Status drop(size_t begin, size_t end) = 0;

  // A session that has read the same. The two share what they hold, whole blocks of tokens until
  // one of them changes, so that branches of one text take its memory once.
  virtual std::unique_ptr<Session> fork() = 0;

  // Makes the session hold as much of the beginning of `tokens` as it, or a session of the model
  // with the same adapter and cache type, has read and not forgotten, and nothing else; returns
  // length(). What comes next gives the same bits as if all had been read here.
  virtual size_t reuse(std::span<const int32_t> tokens) = 0;
};

// Tokens for one of several sessions.
struct SessionStep {
  Session* session = nullptr;
  std::span<const int32_t> tokens;
  LogitRows rows = LogitRows::kLast;
  std::vector<float>* logits = nullptr;
};

struct ModelDescription {
  std::string architecture;  // as GGUF names it: "llama"
  std::string name;
  size_t vocabulary_size = 0;
  size_t context_length = 0;  // tokens, as trained
  uint64_t num_parameters = 0;
  uint64_t weight_bytes = 0;
  uint64_t cache_bytes_per_token = 0;  // with an F16 cache
  std::vector<std::string> notes;      // what whoever loaded the model should know
};

// Immutable and thread-safe.
class LanguageModel {
 public:
  virtual ~LanguageModel() = default;

  virtual const ModelDescription& description() const = 0;
  // Null when the file has no vocabulary.
  virtual const Tokenizer* tokenizer() const = 0;
  // The Jinja source, empty when the file has none.
  virtual std::string_view chat_template() const = 0;
  // The one for conversations with tools, empty when the file has no such.
  virtual std::string_view tool_template() const = 0;

  // A low-rank adapter (LoRA) for sessions of this model: a GGUF adapter, or a PEFT folder
  // (adapter_config.json beside adapter_model.safetensors). The files are untrusted. kConflict
  // names where it does not match this model: architecture, tensor or shape; kUnsupported names
  // what is not implemented.
  virtual Result<std::shared_ptr<const LoraAdapter>> load_adapter(
      const std::filesystem::path& path) const {
    return fail(ErrorCode::kUnsupported, "{}: this model takes no adapters", path.string());
  }

  // kInvalidArgument for a cache type that is not supported; kLimit when the cache does not fit in
  // this machine's memory.
  virtual Result<std::unique_ptr<Session>> start(const SessionOptions& options) const = 0;

  // What each session's append() would do, in one pass over the weights for all of them. The
  // sessions are different ones of this model (asserted). kLimit, with nothing read, when the
  // tokens of one do not fit. Each gives the same bits as alone.
  virtual Status append_all(std::span<const SessionStep> steps) const = 0;

  // Bytes of the keys and values of all sessions, and of what is kept for coming ones; what is
  // shared counts once.
  virtual uint64_t cache_bytes() const = 0;
};

// Where the weights, repacked for products in 8 bits, are kept between loads
// (engine/panel_folder.h).
struct PanelOptions {
  std::filesystem::path folder;  // empty: they are made anew in memory by every load
  // Of all files in it; those that have not been used for longest go first.
  uint64_t max_bytes = uint64_t{32} << 30;
  uint64_t min_bytes = uint64_t{64} << 20;  // smaller ones are made faster than files are read
};

struct LanguageModelOptions {
  size_t num_threads = 0;           // 0: one per processor
  uint64_t memory_limit_bytes = 0;  // 0: what the machine has available
  // Of keys and values of what was read, kept for sessions that begin the same (Session::reuse).
  // The least recently used go first; 0: none.
  uint64_t prefix_cache_bytes = uint64_t{256} << 20;
  // kS8: quantised weights meet activations rounded to 8 bits (kernels/weight_panels.h); kF32: all
  // products in float32, many times slower.
  Precision precision = Precision::kS8;
  PanelOptions panels = {};
};

// From a GGUF file or a Hugging Face folder. The files are untrusted; every error names the file
// and the field, and says what would work. kLimit when the weights do not fit in memory.
Result<std::unique_ptr<const LanguageModel>> load_language_model(
    const std::filesystem::path& path, const LanguageModelOptions& options = {});

}  // namespace ganglion
