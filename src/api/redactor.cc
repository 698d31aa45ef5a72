#include <ganglion/redactor.h>

#include <utility>

#include "guard/default_redactor.h"

namespace ganglion::api {

struct Redactor::State {
  ganglion::Redactor redactor;
};

Redactor::Redactor(std::shared_ptr<const State> state) : state_(std::move(state)) {}

Outcome<Redactor> Redactor::embedded() {
  Result<ganglion::Redactor> redactor = load_default_redactor();
  if (!redactor.ok()) return Failure{redactor.error().message};
  return Redactor(std::make_shared<const State>(State{std::move(redactor).value()}));
}

Outcome<Redaction> Redactor::redact(std::string_view text) const {
  Result<ganglion::Redaction> redaction = state_->redactor.redact(text, nullptr);
  if (!redaction.ok()) return Failure{redaction.error().message};
  Redaction result{std::move(redaction->text), {}};
  for (const ganglion::RedactedSpan& span : redaction->spans) {
    result.spans.push_back(
        {std::string(pii_type_name(span.type)), span.start, span.end, span.score});
  }
  return result;
}

}  // namespace ganglion::api
