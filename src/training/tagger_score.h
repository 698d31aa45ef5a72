// Measures a tagger on labelled texts.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>

#include "dataset/tagged_text.h"
#include "models/tagger.h"

namespace ganglion {

// Spans count as right when start, end and type all equal the gold (the measure of CoNLL-2000).
struct SpanCounts {
  uint64_t num_right = 0;
  uint64_t num_found = 0;
  uint64_t num_gold = 0;

  // 1 where the denominator is 0: nothing was expected, nothing found.
  double precision() const;
  double recall() const;
  double f1() const;
};

struct TaggerScore {
  SpanCounts all;
  std::map<std::string, SpanCounts> by_type;
};

TaggerScore score_tagger(const TaggerModel& model, std::span<const TaggedText> texts);

}  // namespace ganglion
