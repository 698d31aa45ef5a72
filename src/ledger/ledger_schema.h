// The tables of a ledger file. Private to ledger/.
#pragma once

#include <string_view>

#include "ledger/decision_record.h"
#include "store/database.h"
#include "store/statement.h"

namespace ganglion {

extern const DatabaseSchema kLedgerSchema;

// The columns of a record in the order that read_columns() expects; `details` and `chain` follow.
inline constexpr std::string_view kRecordColumns =
    "id, time_us, request_id, skill, mesh_sha256, input_sha256, tier, answer, reason, confidence, "
    "threshold, correct, tokens_in, tokens_out, latency_us, cost_micros, details, chain";
inline constexpr int kDetailsColumn = 16;
inline constexpr int kChainColumn = 17;

// All but the lists, which are in `details`.
DecisionRecord read_columns(const Statement& row);

}  // namespace ganglion
