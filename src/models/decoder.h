// A decoder-only language model: tokens in, logits of the next token out. What each architecture is
// made of stands in its own file (models/llama.cc, models/gemma3.cc, …).
// Letters: M tokens of a pass, H hidden size, V tokens in the vocabulary.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/decoder_file.h"
#include "nn/decoder_layer.h"

namespace ganglion {

// What an architecture's file puts together.
struct DecoderParts {
  DecoderSizes sizes;
  StoredMatrix embedding;  // [V, H]
  float embedding_scale = 1;
  std::optional<StoredMatrix> positions;  // [context_length, H], learned; none: rotary or nothing
  std::vector<Rope> ropes;                // which CausalAttention::rope points into
  std::vector<DecoderLayer> layers;
  std::optional<Norm> output_norm;  // always there once loaded
  StoredLinear head;                // [V, H]
  float logit_soft_cap = 0;         // logits become cap * tanh(logit / cap); 0: they stay
};

// Immutable and thread-safe; borrows the weights of the GgufFile it was loaded from.
class Decoder {
 public:
  // Of any architecture in decoder_architectures(). kUnsupported lists them for another; errors of
  // DecoderFile.
  static Result<Decoder> load(const GgufFile& file);

  const DecoderSizes& sizes() const { return parts_.sizes; }
  // Whether keys can be moved to other positions.
  bool can_shift() const { return !parts_.positions.has_value(); }

  // `memory` as of KvBlock.
  Result<KvCache> new_cache(DType type, size_t capacity, KvMemory* memory) const;
  // Whether positions are rotated by the frequencies for long texts in a session of that capacity:
  // keys of one kind are of no use to the other.
  bool has_long_rope(size_t capacity) const;
  // The weights as panels, for products in 8 bits: StoredLinear's methods, of all matrices in one
  // order.
  size_t panels_bytes() const;
  Status write_panels(ThreadPool& pool, const PanelRoom& room) const;
  void use_panels(const std::byte* panels);

  // Reads the tokens (each below V, asserted) of all sequences together, where they fit in their
  // caches (asserted): the last layer's vectors, `hidden` [M, H], one sequence's behind the other.
  // The same bits in any cutting and any company.
  void forward(const Compute& compute, std::span<const PassSequence> sequences,
               DecoderScratch& scratch, float* hidden) const;

  // hidden [rows, H] (which is overwritten) to `out` [rows, V].
  void logits(const Compute& compute, float* hidden, size_t num_rows, float* out) const;

  // Of one row: hidden [H] (which is overwritten) to the logits of the tokens `ids`, with the bits
  // that logits() gives them. Only those rows of the head, and what is near them, are read.
  void logits_of(const Compute& compute, std::span<const int32_t> ids, float* hidden,
                 float* out) const;

  // Moves the cached positions [end, length) down to `begin`.
  void shift(KvCache& cache, size_t begin, size_t end, size_t length) const;

 private:
  void embed(const KernelTable& kernels, int32_t token, size_t position, float* out) const;

  explicit Decoder(DecoderParts parts) : parts_(std::move(parts)) {}

  DecoderParts parts_;
};

// The names that GGUF files give them: "llama", …
std::span<const std::string_view> decoder_architectures();
bool is_decoder_architecture(std::string_view name);

}  // namespace ganglion
