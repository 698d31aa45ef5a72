#include "engine/bert_model.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/rng.h"
#include "kernels/dispatch.h"
#include "models/gguf_tokenizer.h"

namespace ganglion {
namespace {

// Tokens of one forward pass: its activations stay in the L2 cache, its weights are read once.
constexpr size_t kChunkTokens = 192;

// The last chunks are smaller, so that the threads end together.
constexpr size_t kMinChunkTokens = 48;

// Fewer tokens are not worth waking a thread for.
constexpr size_t kMinTeamTokens = 24;

size_t count_tokens(std::span<const TokenSequence> sequences) {
  size_t num_tokens = 0;
  for (const TokenSequence& sequence : sequences) num_tokens += sequence.ids.size();
  return num_tokens;
}

// The first sequence of each chunk, and the number of sequences. With several threads a chunk takes
// half of a thread's share of what is left.
std::vector<size_t> split_chunks(std::span<const TokenSequence> sequences, size_t num_threads) {
  std::vector<size_t> starts = {0};
  size_t left = count_tokens(sequences);
  size_t num_tokens = 0;
  size_t limit = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (num_tokens > 0 && num_tokens + sequences[i].ids.size() > limit) {
      starts.push_back(i);
      left -= num_tokens;
      num_tokens = 0;
    }
    if (num_tokens == 0) {
      limit = num_threads == 1
                  ? kChunkTokens
                  : std::clamp(left / (2 * num_threads), kMinChunkTokens, kChunkTokens);
    }
    num_tokens += sequences[i].ids.size();
  }
  starts.push_back(sequences.size());
  return starts;
}

// Cuts two texts to `room` tokens together: the longer one first, as the package `tokenizers`
// (utils/truncation.rs, LongestFirst) does.
void cut_pair(std::vector<int32_t>& first, std::vector<int32_t>& second, size_t room) {
  if (first.size() + second.size() <= room) return;
  std::vector<int32_t>& shorter = first.size() <= second.size() ? first : second;
  std::vector<int32_t>& longer = &shorter == &first ? second : first;
  const size_t kept = std::min(shorter.size(), room / 2);
  shorter.resize(kept);
  longer.resize(room - kept);
}

void append(std::vector<int32_t>& ids, const std::vector<int32_t>& more) {
  ids.insert(ids.end(), more.begin(), more.end());
}

}  // namespace

BertModel::BertModel(std::shared_ptr<const GgufFile> file, Bert bert, const KernelTable& kernels,
                     size_t num_threads)
    : file_(std::move(file)),
      bert_(std::move(bert)),
      max_tokens_(bert_.config().max_positions),
      kernels_(kernels),
      pool_(num_threads) {}

Result<std::unique_ptr<const BertModel>> BertModel::load(GgufFile gguf,
                                                         const EncoderOptions& options) {
  const auto file = std::make_shared<const GgufFile>(std::move(gguf));
  GANGLION_ASSIGN(const KernelTable* kernels, active_kernels());
  GANGLION_ASSIGN(const BertConfig config, read_bert_config(*file));
  GANGLION_ASSIGN(Bert bert, Bert::load(config, file));
  std::unique_ptr<BertModel> model(
      new BertModel(file, std::move(bert), *kernels, options.num_threads));
  GANGLION_ASSIGN(model->head_, ClassificationHead::load(*file, config));
  if (Status status = model->read_tokenizer(); !status.ok()) return status.error();
  if (options.precision == Precision::kS8) model->quantize();
  return std::unique_ptr<const BertModel>(std::move(model));
}

Status BertModel::read_tokenizer() {
  const auto model = file_->get_string("tokenizer.ggml.model");
  if (!model.ok() || *model == "none" || *model == "no_vocab") return {};
  GANGLION_ASSIGN(std::unique_ptr<Tokenizer> tokenizer, load_gguf_tokenizer(*file_));
  GANGLION_ASSIGN(const uint64_t max_tokens,
                  file_->get_unsigned_or("tokenizer.ganglion.max_tokens", max_tokens_));
  max_tokens_ = std::min<size_t>(max_tokens_, max_tokens);
  Status status = add_tokenizer(std::move(tokenizer));
  if (!status.ok()) return at_place(file_->source_name(), status.error());
  // RoBERTa's kin have two separators between the texts of a pair, and one type for both.
  types_tell_pairs_ = *model == "bert" && config().num_token_types > 1;
  if (*model != "bert") append(between_ids_, suffix_ids_);
  return {};
}

Status BertModel::add_tokenizer(std::unique_ptr<const Tokenizer> tokenizer) {
  const size_t num_rows = config().vocabulary_size;
  if (tokenizer->vocabulary_size() > num_rows) {
    return fail(ErrorCode::kMalformed,
                "tokenizer: expected at most the {} tokens of the model's vocabulary, found {}",
                num_rows, tokenizer->vocabulary_size());
  }
  std::vector<int32_t> around;
  tokenizer->encode("", {}, around);
  const auto num_begin = static_cast<std::ptrdiff_t>(tokenizer->special_tokens().adds_begin);
  if (around.empty()) {
    return fail(
        ErrorCode::kMalformed,
        "tokenizer: expected special tokens around a text, found none; a tokenizer.json with "
        "a post_processor, or a GGUF file's add_bos_token and add_eos_token, says which");
  }
  if (max_tokens_ <= around.size()) {
    return fail(ErrorCode::kMalformed,
                "longest sequence: expected more than the {} special tokens, found {}",
                around.size(), max_tokens_);
  }
  prefix_ids_.assign(around.begin(), around.begin() + num_begin);
  suffix_ids_.assign(around.begin() + num_begin, around.end());
  between_ids_ = suffix_ids_;
  tokenizer_ = std::move(tokenizer);
  return {};
}

// Sequences of random words between the special tokens: enough to see which hidden elements are
// large, which hardly depends on the text.
void BertModel::quantize() {
  constexpr size_t kNumSequences = 8;
  constexpr size_t kNumWords = 14;
  constexpr uint64_t kSeed = 3;
  Rng rng(kSeed);
  const size_t num_special = prefix_ids_.size() + suffix_ids_.size();
  const size_t num_words = std::min(kNumWords, config().max_positions - num_special);
  const size_t num_tokens =
      tokenizer_ == nullptr ? config().vocabulary_size : tokenizer_->vocabulary_size();
  std::vector<int32_t> ids;
  std::vector<size_t> lengths;
  for (size_t i = 0; i < kNumSequences; ++i) {
    append(ids, prefix_ids_);
    for (size_t j = 0; j < num_words; ++j)
      ids.push_back(static_cast<int32_t>(rng.below(num_tokens)));
    append(ids, suffix_ids_);
    lengths.push_back(num_words + num_special);
  }
  bert_.quantize(kernels_, {ids, lengths});
}

Status BertModel::check_tokenizer() const {
  if (tokenizer_ != nullptr) return {};
  return fail(ErrorCode::kNotFound,
              "{}: metadata \"tokenizer.ggml.model\": expected a tokenizer, but the model holds "
              "none; convert it from a folder with its vocabulary, or give token ids to `ganglion "
              "debug hidden`",
              source_name());
}

TokenSequence BertModel::encode(std::string_view text) const {
  GANGLION_ASSERT(tokenizer_ != nullptr);
  TokenSequence sequence;
  tokenizer_->encode(text, {.max_tokens = max_tokens_}, sequence.ids);
  return sequence;
}

TokenSequence BertModel::encode_pair(std::string_view first, std::string_view second) const {
  GANGLION_ASSERT(tokenizer_ != nullptr);
  // Whole: cut_pair() goes by their lengths.
  const EncodeOptions options = {.add_special_tokens = false};
  std::vector<int32_t> first_ids;
  std::vector<int32_t> second_ids;
  tokenizer_->encode(first, options, first_ids);
  tokenizer_->encode(second, options, second_ids);
  const size_t num_special = prefix_ids_.size() + between_ids_.size() + suffix_ids_.size();
  cut_pair(first_ids, second_ids, max_tokens_ - std::min(max_tokens_, num_special));
  TokenSequence sequence;
  append(sequence.ids, prefix_ids_);
  append(sequence.ids, first_ids);
  append(sequence.ids, between_ids_);
  if (types_tell_pairs_) sequence.types.assign(sequence.ids.size(), 0);
  append(sequence.ids, second_ids);
  append(sequence.ids, suffix_ids_);
  sequence.ids.resize(std::min(sequence.ids.size(), max_tokens_));
  if (types_tell_pairs_) sequence.types.resize(sequence.ids.size(), 1);
  return sequence;
}

void BertModel::run(std::span<const TokenSequence> sequences, const HiddenSink& sink) const {
  if (sequences.empty()) return;
  const size_t num_tokens = count_tokens(sequences);
  const size_t num_threads = pool_.num_threads();
  if (num_tokens <= kChunkTokens || sequences.size() == 1) {
    const bool is_worth_waking = num_threads > 1 && num_tokens >= kMinTeamTokens;
    return run_chunk(sequences, 0, sink, is_worth_waking ? &pool_ : nullptr);
  }
  const std::vector<size_t> starts = split_chunks(sequences, num_threads);
  const auto run_chunks = [&](size_t begin, size_t end) {
    for (size_t chunk = begin; chunk < end; ++chunk) {
      const size_t first = starts[chunk];
      run_chunk(sequences.subspan(first, starts[chunk + 1] - first), first, sink, nullptr);
    }
  };
  pool_.parallel_for(starts.size() - 1, 1, run_chunks);
}

void BertModel::run_chunk(std::span<const TokenSequence> sequences, size_t first,
                          const HiddenSink& sink, ThreadPool* team) const {
  thread_local std::vector<BertScratch> scratches(1);
  thread_local AlignedVector<float> hidden;
  std::vector<int32_t> ids;
  std::vector<int32_t> types;
  std::vector<size_t> lengths;
  for (const TokenSequence& sequence : sequences) {
    GANGLION_ASSERT(sequence.types.empty() || sequence.types.size() == sequence.ids.size());
    append(ids, sequence.ids);
    append(types, sequence.types);
    types.resize(ids.size(), 0);
    lengths.push_back(sequence.ids.size());
  }
  const size_t size = config().hidden_size;
  hidden.resize(ids.size() * size);
  if (team == nullptr) {
    bert_.forward(kernels_, {ids, lengths, types}, hidden, scratches[0]);
  } else {
    if (scratches.size() < team->num_threads()) scratches.resize(team->num_threads());
    bert_.forward(kernels_, {ids, lengths, types}, hidden,
                  std::span(scratches).first(team->num_threads()), *team);
  }
  const float* rows = hidden.data();
  for (size_t i = 0; i < sequences.size(); ++i) {
    sink(first + i, {rows, lengths[i] * size});
    rows += lengths[i] * size;
  }
}

Status BertModel::check_finite(std::span<const float> results, std::string_view what) const {
  if (std::all_of(results.begin(), results.end(), [](float x) { return std::isfinite(x); })) {
    return {};
  }
  return fail(
      ErrorCode::kMalformed,
      "{}: the model's {} hold NaN or infinity: its file is damaged, or its weights overflow",
      source_name(), what);
}

}  // namespace ganglion
