// Labelled texts made ready for fitting a tagger: gold tags for words, features as row numbers,
// and for each feature the tags it was seen with (the only ones that get a weight).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/result.h"
#include "dataset/tagged_text.h"
#include "models/phrase_table.h"

namespace ganglion {

// One piece of text of n words.
struct TaggerExample {
  std::vector<uint32_t> rows;    // features of word i: rows[begins[i], begins[i + 1])
  std::vector<uint32_t> begins;  // [n + 1]
  std::vector<uint16_t> tags;    // [n] gold

  size_t num_words() const { return tags.size(); }
};

// F features, W weights.
struct TaggerCorpus {
  std::vector<std::string> types;  // sorted; spans with equal bounds joined by '|'
  PhraseTable phrases;
  std::vector<uint32_t> features;  // [F] hashes, ascending
  std::vector<uint32_t> begins;    // [F + 1] into tags
  std::vector<uint16_t> tags;      // [W] ascending within a feature
  std::vector<TaggerExample> examples;
};

// Of overlapping spans the shortest is kept; equal ones become a joined type. A span counts for
// the words that lie wholly inside it. Features seen in fewer than `min_feature_count` words are
// left out. kInvalidArgument when no span is left or there are too many types.
Result<TaggerCorpus> build_tagger_corpus(std::span<const TaggedText> texts,
                                         uint32_t min_feature_count);

}  // namespace ganglion
