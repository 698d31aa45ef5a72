#include "guard/redactor.h"

#include <algorithm>

#include "guard/overlap.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

// Literal "[EMAIL_1]" of the input would be taken for a pseudonym when the answer comes back.
void find_literal_tokens(std::string_view text, std::vector<Finding>& findings) {
  for (size_t at = text.find('['); at != std::string_view::npos; at = text.find('[', at + 1)) {
    const size_t length = token_length(text.substr(at));
    if (length != 0) findings.push_back({PiiType::kReservedToken, at, at + length, 1.0});
  }
}

}  // namespace

Redactor::Redactor(std::vector<std::unique_ptr<Detector>> detectors, RedactorOptions options)
    : detectors_(std::move(detectors)), options_(std::move(options)) {}

bool Redactor::is_wanted(const Finding& finding) const {
  const auto& kept = options_.kept_types;
  return finding.score >= options_.min_score &&
         std::find(kept.begin(), kept.end(), finding.type) == kept.end();
}

Result<std::vector<Finding>> Redactor::find(std::string_view text) const {
  const ScannedText scan(text);
  std::vector<Finding> findings;
  for (const auto& detector : detectors_) {
    if (const Status status = detector->detect(scan, findings); !status.ok()) {
      return fail(status.error().code, "the detector of {} failed, so nothing may leave: {}",
                  detector->name(), status.error().message);
    }
  }
  std::erase_if(findings, [this](const Finding& finding) { return !is_wanted(finding); });
  return findings;
}

Result<Redaction> Redactor::redact(std::string_view text, Pseudonyms* pseudonyms) const {
  if (text.size() > options_.max_text_bytes) {
    return fail(ErrorCode::kLimit, "text of {} bytes is above the limit of {}; split it",
                text.size(), options_.max_text_bytes);
  }
  if (const size_t invalid = find_invalid_utf8(text); invalid != std::string_view::npos) {
    return fail(ErrorCode::kMalformed, "invalid UTF-8 at byte {}; convert the text to UTF-8",
                invalid);
  }
  GANGLION_ASSIGN(std::vector<Finding> findings, find(text));
  if (pseudonyms != nullptr) find_literal_tokens(text, findings);

  const CodePointIndex index(text);
  Redaction redaction;
  redaction.text.reserve(text.size());
  size_t done = 0;
  for (const Finding& finding : resolve_overlaps(text, std::move(findings))) {
    const std::string_view value = text.substr(finding.begin, finding.end - finding.begin);
    redaction.text.append(text, done, finding.begin - done);
    if (pseudonyms != nullptr) {
      redaction.text.append(pseudonyms->token_for(finding.type, value));
    } else {
      redaction.text.append("[").append(pii_type_name(finding.type)).append("]");
    }
    redaction.spans.push_back({finding.type, index.code_point_at(finding.begin),
                               index.code_point_at(finding.end), finding.score});
    ++redaction.tally[static_cast<size_t>(finding.type)];
    done = finding.end;
  }
  redaction.text.append(text, done);
  return redaction;
}

}  // namespace ganglion
