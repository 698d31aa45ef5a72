// Personal and secret values out of a text.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include <ganglion/export.h>
#include <ganglion/outcome.h>

namespace ganglion::api {

// Code points [start, end) of the input were replaced.
struct RedactedSpan {
  std::string type;  // "EMAIL", "IBAN", …
  size_t start;
  size_t end;
  double score;  // 0 to 1
};

struct Redaction {
  std::string text;
  std::vector<RedactedSpan> spans;  // disjoint, in order
};

// All detectors that ship with Ganglion. Immutable and thread-safe; copies share the detectors.
class GANGLION_API Redactor {
 public:
  static Outcome<Redactor> embedded();

  // Replaces every finding by "[TYPE]". Fails for invalid UTF-8, and when any detector fails: then
  // nothing of the text may be passed on.
  Outcome<Redaction> redact(std::string_view text) const;

 private:
  struct State;
  explicit Redactor(std::shared_ptr<const State> state);
  std::shared_ptr<const State> state_;
};

}  // namespace ganglion::api
