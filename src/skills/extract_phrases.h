// Finds fixed phrases in text.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "skills/extract_candidates.h"
#include "text/json.h"

namespace ganglion {

// A phrase and the value it stands for.
struct FieldPhrase {
  std::string phrase;
  json::value value;
};

// Whole words; case and white space are ignored. Immutable and thread-safe.
class PhraseFinder {
 public:
  PhraseFinder() = default;
  explicit PhraseFinder(std::vector<FieldPhrase> phrases);

  bool empty() const { return by_first_word_.empty(); }
  // In order, without overlaps; the longest phrase at a place wins. Linear in the text for phrases
  // of bounded length.
  std::vector<Candidate> find(const SplitText& split) const;

 private:
  struct SplitPhrase {
    std::vector<uint64_t> words;  // hashes
    json::value value;
  };
  std::unordered_map<uint64_t, std::vector<SplitPhrase>> by_first_word_;  // the longest first
};

}  // namespace ganglion
