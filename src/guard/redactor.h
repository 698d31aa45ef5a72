// Finds personal and secret values in a text and replaces them.
#pragma once

#include <array>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/detector.h"
#include "guard/pii_type.h"
#include "guard/pseudonyms.h"

namespace ganglion {

// A replaced value: code points [start, end) of the input.
struct RedactedSpan {
  PiiType type;
  size_t start;
  size_t end;
  double score;  // 0 to 1
};

using RedactionTally = std::array<uint32_t, kNumPiiTypes>;  // number of spans by type

struct Redaction {
  std::string text;
  std::vector<RedactedSpan> spans;  // disjoint, in order
  RedactionTally tally{};
};

struct RedactorOptions {
  // Types that are left in the text.
  std::vector<PiiType> kept_types;
  // Findings below are ignored.
  double min_score = 0.05;
  size_t max_text_bytes = size_t{64} << 20;
};

// Immutable and thread-safe; `Pseudonyms` is the caller's and is not.
class Redactor {
 public:
  explicit Redactor(std::vector<std::unique_ptr<Detector>> detectors, RedactorOptions options = {});

  // Replaces every finding by its pseudonym, or by "[TYPE]" when `pseudonyms` is null. Fails
  // closed: invalid UTF-8 (kMalformed, with the byte offset), a text above the limit, or the error
  // of any detector; then nothing of the text may be passed on. Linear time.
  Result<Redaction> redact(std::string_view text, Pseudonyms* pseudonyms) const;

 private:
  Result<std::vector<Finding>> find(std::string_view text) const;
  bool is_wanted(const Finding& finding) const;

  std::vector<std::unique_ptr<Detector>> detectors_;
  RedactorOptions options_;
};

}  // namespace ganglion
