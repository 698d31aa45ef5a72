// A trained sequence tagger: finds typed spans in text.
//
// A linear-chain conditional random field (nn/sequence_tagger.h) over hashed features
// (models/tagger_features.h). training/tagger.h fits it; the file is GGUF with
// general.architecture "ganglion-tagger", described in tagger_file.cc.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "models/hash_index.h"
#include "models/phrase_table.h"
#include "models/tagger_features.h"
#include "nn/sequence_tagger.h"

namespace ganglion {

struct TaggedSpan {
  size_t begin;  // bytes of the text; the span never starts or ends with white space
  size_t end;
  std::string type;
  float score;  // the model's probability of exactly this span, in [0, 1]
};

// The weights, as stored. F features, W weights.
struct TaggerWeights {
  // A name may join several with '|': the span then counts once as each.
  std::vector<std::string> types;
  TagTransitions transitions;
  std::vector<uint32_t> features;  // [F] hashes, ascending, unique
  std::vector<uint32_t> begins;    // [F + 1] into tags and weights
  std::vector<uint16_t> tags;      // [W]
  std::vector<int16_t> weights;    // [W], in units of weight_scale
  float weight_scale = 1;
  PhraseTable phrases;
};

// Immutable and thread-safe.
class TaggerModel {
 public:
  static constexpr size_t kMaxTypes = 1024;

  // kMalformed when the weights do not fit together or are not finite.
  static Result<TaggerModel> create(TaggerWeights weights);
  static Result<TaggerModel> load(const std::filesystem::path& path);
  // `bytes` is a whole file; nothing of it is kept.
  static Result<TaggerModel> parse(std::span<const std::byte> bytes, std::string source_name);
  Status save(const std::filesystem::path& path) const;

  // The names of single types, sorted.
  const std::vector<std::string>& types() const { return type_names_; }

  // The spans in order of their start. Any bytes are accepted; invalid UTF-8 is never part of a
  // word. `context` as in training. Linear time; memory bounded by pieces (tagger_words.h).
  std::vector<TaggedSpan> tag(std::string_view text,
                              std::span<const std::string> context = {}) const;

 private:
  explicit TaggerModel(TaggerWeights weights)
      : weights_(std::move(weights)), lattice_(weights_.transitions) {}
  void tag_piece(std::string_view text, std::span<const TaggerWord> words,
                 std::span<const std::string> context, std::vector<TaggedSpan>& out) const;

  TaggerWeights weights_;
  TagLattice lattice_;  // copied for each piece: its exponentials are computed once
  HashIndex index_;
  std::vector<std::string> type_names_;
  std::vector<std::vector<std::string>> names_of_type_;  // a joined type's names
};

}  // namespace ganglion
