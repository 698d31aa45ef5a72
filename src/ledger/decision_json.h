// Decision records as JSON: the `details` column of the ledger, and the output of `why --json`.
#pragma once

#include <string>
#include <string_view>

#include "base/result.h"
#include "ledger/decision_record.h"
#include "text/json.h"

namespace ganglion {

// The lists of the record (models, top, trail, redactions, passages) and the egress digest, as one
// line of JSON; empty ones are left out. The record passed check_record().
std::string details_to_json(const DecisionRecord& record);

// The reverse: fills those fields. The error names `place`.
Status details_from_json(std::string_view text, std::string_view place, DecisionRecord& record);

// The whole record. Times as Unix microseconds; absent optional values as null.
json::object record_to_json(const DecisionRecord& record);

}  // namespace ganglion
