#include "engine/bert_encoder.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <utility>

#include "base/check.h"
#include "base/rng.h"
#include "formats/hf_config.h"
#include "formats/safetensors.h"
#include "kernels/dispatch.h"
#include "models/gguf_wordpiece.h"
#include "tokenizer/wordpiece_files.h"

namespace ganglion {
namespace {

// Tokens of one forward pass: its activations stay in the L2 cache, its weights are read once.
constexpr size_t kChunkTokens = 192;

// Checkpoints differ in a prefix, and old ones in the names of the norm's parts.
Result<TensorView> find_weight(const SafetensorsFile& file, std::string_view name,
                               const Shape& shape) {
  std::string old_name(name);
  for (const auto& [part, old_part] :
       {std::pair{"LayerNorm.weight", "LayerNorm.gamma"}, {"LayerNorm.bias", "LayerNorm.beta"}}) {
    if (name.ends_with(part)) {
      old_name.replace(old_name.size() - std::string_view(part).size(), std::string::npos,
                       old_part);
    }
  }
  for (const std::string_view prefix : {"", "bert.", "distilbert."}) {
    for (const std::string_view spelling : {name, std::string_view(old_name)}) {
      const std::string full = fmt::format("{}{}", prefix, spelling);
      if (file.find_tensor(full) != nullptr) return file.get_tensor(full, shape);
    }
  }
  return file.get_tensor(name, shape);  // for its error
}

// 1_Pooling/config.json of sentence-transformers.
Status read_pooling(const std::filesystem::path& folder, BertConfig& config) {
  const std::filesystem::path path = folder / "1_Pooling" / "config.json";
  if (!std::filesystem::exists(path)) return {};
  GANGLION_ASSIGN(const HfConfig pooling, HfConfig::open(path));
  GANGLION_ASSIGN(const bool by_cls, pooling.get_bool_or("pooling_mode_cls_token", false));
  GANGLION_ASSIGN(const bool by_mean, pooling.get_bool_or("pooling_mode_mean_tokens", false));
  if (by_cls == by_mean) {
    return fail(
        ErrorCode::kUnsupported,
        "{}: expected one of \"pooling_mode_mean_tokens\" and \"pooling_mode_cls_token\" to "
        "be true, found {}",
        pooling.source_name(), by_cls ? "both" : "neither");
  }
  config.pooling = by_cls ? Pooling::kCls : Pooling::kMean;
  return {};
}

// sentence_bert_config.json may cut texts earlier than the model must.
Result<size_t> read_max_tokens(const std::filesystem::path& folder, size_t max_positions) {
  const std::filesystem::path path = folder / "sentence_bert_config.json";
  if (!std::filesystem::exists(path)) return max_positions;
  GANGLION_ASSIGN(const HfConfig config, HfConfig::open(path));
  if (!config.has("max_seq_length")) return max_positions;
  GANGLION_ASSIGN(const uint64_t max_tokens, config.get_unsigned("max_seq_length"));
  return std::min<size_t>(max_positions, max_tokens);
}

void normalize(float* vector, size_t size) {
  double squares = 0.0;
  for (size_t i = 0; i < size; ++i) {
    squares += static_cast<double>(vector[i]) * static_cast<double>(vector[i]);
  }
  if (squares <= 0.0) return;
  const auto inverse = static_cast<float>(1.0 / std::sqrt(squares));
  for (size_t i = 0; i < size; ++i) vector[i] *= inverse;
}

// Sequences of random words between the special tokens: enough to see which hidden elements are
// large, which hardly depends on the text.
void quantize(Bert& bert, const WordPiece& tokenizer, const KernelTable& kernels) {
  constexpr size_t kNumSequences = 8;
  constexpr size_t kNumWords = 14;
  constexpr uint64_t kSeed = 3;
  Rng rng(kSeed);
  const WordPieceSpec& spec = tokenizer.spec();
  std::vector<int32_t> ids;
  std::vector<size_t> lengths;
  const size_t num_special = spec.prefix_ids.size() + spec.suffix_ids.size();
  const size_t num_words = std::min(kNumWords, bert.config().max_positions - num_special);
  for (size_t i = 0; i < kNumSequences; ++i) {
    ids.insert(ids.end(), spec.prefix_ids.begin(), spec.prefix_ids.end());
    for (size_t j = 0; j < num_words; ++j) {
      ids.push_back(static_cast<int32_t>(rng.below(tokenizer.vocabulary_size())));
    }
    ids.insert(ids.end(), spec.suffix_ids.begin(), spec.suffix_ids.end());
    lengths.push_back(num_words + num_special);
  }
  bert.quantize(kernels, ids, lengths);
}

// The first sequence of each chunk, and the number of sequences.
std::vector<size_t> split_chunks(std::span<const std::vector<int32_t>> sequences,
                                 size_t chunk_tokens) {
  std::vector<size_t> starts = {0};
  size_t num_tokens = 0;
  for (size_t i = 0; i < sequences.size(); ++i) {
    if (num_tokens > 0 && num_tokens + sequences[i].size() > chunk_tokens) {
      starts.push_back(i);
      num_tokens = 0;
    }
    num_tokens += sequences[i].size();
  }
  starts.push_back(sequences.size());
  return starts;
}

}  // namespace

BertEncoder::BertEncoder(Bert bert, WordPiece tokenizer, size_t max_tokens,
                         const KernelTable& kernels, size_t num_threads)
    : bert_(std::move(bert)),
      tokenizer_(std::move(tokenizer)),
      max_tokens_(max_tokens),
      kernels_(kernels),
      pool_(num_threads) {}

Result<std::unique_ptr<BertEncoder>> BertEncoder::create(Bert bert, WordPiece tokenizer,
                                                         size_t max_tokens,
                                                         const EncoderOptions& options) {
  GANGLION_ASSIGN(const KernelTable* kernels, active_kernels());
  if (tokenizer.vocabulary_size() > bert.config().vocabulary_size) {
    return fail(ErrorCode::kMalformed,
                "tokenizer: expected at most the {} tokens of the model's vocabulary, found {}",
                bert.config().vocabulary_size, tokenizer.vocabulary_size());
  }
  const size_t num_special =
      tokenizer.spec().prefix_ids.size() + tokenizer.spec().suffix_ids.size();
  if (num_special == 0 || max_tokens <= num_special) {
    return fail(ErrorCode::kMalformed,
                "longest sequence: expected more than the {} special tokens (at least 1), found {}",
                num_special, max_tokens);
  }
  if (options.precision == Precision::kS8) quantize(bert, tokenizer, *kernels);
  return std::unique_ptr<BertEncoder>(new BertEncoder(std::move(bert), std::move(tokenizer),
                                                      max_tokens, *kernels, options.num_threads));
}

Result<std::unique_ptr<BertEncoder>> BertEncoder::load(GgufFile gguf,
                                                       const EncoderOptions& options) {
  const auto file = std::make_shared<const GgufFile>(std::move(gguf));
  GANGLION_ASSIGN(const BertConfig config, read_bert_config(*file));
  GANGLION_ASSIGN(WordPiece tokenizer, read_gguf_wordpiece(*file));
  const TensorSource source = [&](std::string_view name, const Shape& shape) {
    return file->get_tensor(name, shape);
  };
  GANGLION_ASSIGN(Bert bert, Bert::load(config, BertTensorNames::gguf(), source, file));
  auto encoder = create(std::move(bert), std::move(tokenizer), config.max_positions, options);
  if (!encoder.ok()) return at_place(file->source_name(), encoder.error());
  return encoder;
}

Result<std::unique_ptr<BertEncoder>> BertEncoder::load_folder(const std::filesystem::path& folder,
                                                              const EncoderOptions& options) {
  GANGLION_ASSIGN(const HfConfig hf_config, HfConfig::open(folder / "config.json"));
  GANGLION_ASSIGN(BertConfig config, read_bert_config(hf_config));
  GANGLION_TRY(read_pooling(folder, config));
  GANGLION_ASSIGN(const size_t max_tokens, read_max_tokens(folder, config.max_positions));
  GANGLION_ASSIGN(WordPiece tokenizer, load_wordpiece(folder));
  GANGLION_ASSIGN(SafetensorsFile weights, SafetensorsFile::open(folder / "model.safetensors"));
  const auto file = std::make_shared<const SafetensorsFile>(std::move(weights));
  const TensorSource source = [&](std::string_view name, const Shape& shape) {
    return find_weight(*file, name, shape);
  };
  Result<Bert> bert =
      Bert::load(config, BertTensorNames::hugging_face(config.model_type), source, file);
  if (!bert.ok()) return bert.error();
  auto encoder = create(std::move(bert).value(), std::move(tokenizer), max_tokens, options);
  if (!encoder.ok()) return at_place(folder.string(), encoder.error());
  return encoder;
}

Status BertEncoder::embed(std::span<const std::string_view> texts, std::span<float> out) const {
  std::vector<std::vector<int32_t>> sequences(texts.size());
  for (size_t i = 0; i < texts.size(); ++i) {
    tokenizer_.encode(texts[i], {.max_tokens = max_tokens_}, sequences[i]);
  }
  embed_tokens(sequences, out);
  return {};
}

void BertEncoder::embed_tokens(std::span<const std::vector<int32_t>> sequences,
                               std::span<float> out) const {
  const size_t size = hidden_size();
  GANGLION_ASSERT(out.size() == sequences.size() * size);
  const std::vector<size_t> starts = split_chunks(sequences, kChunkTokens);
  const auto run = [&](size_t begin, size_t end) {
    for (size_t chunk = begin; chunk < end; ++chunk) {
      const size_t first = starts[chunk];
      const size_t count = starts[chunk + 1] - first;
      embed_chunk(sequences.subspan(first, count), out.subspan(first * size, count * size));
    }
  };
  const size_t num_chunks = starts.size() - 1;
  if (num_chunks == 1) {
    run(0, 1);  // without waking a thread
  } else {
    pool_.parallel_for(num_chunks, 1, run);
  }
}

void BertEncoder::embed_chunk(std::span<const std::vector<int32_t>> sequences,
                              std::span<float> out) const {
  thread_local BertScratch scratch;
  thread_local AlignedVector<float> hidden;
  std::vector<int32_t> ids;
  std::vector<size_t> lengths;
  for (const std::vector<int32_t>& sequence : sequences) {
    ids.insert(ids.end(), sequence.begin(), sequence.end());
    lengths.push_back(sequence.size());
  }
  hidden.resize(ids.size() * hidden_size());
  bert_.forward(kernels_, ids, lengths, hidden, scratch);
  bert_.pool(hidden, lengths, out);
  for (size_t i = 0; i < sequences.size(); ++i) {
    normalize(out.data() + i * hidden_size(), hidden_size());
  }
}

}  // namespace ganglion
