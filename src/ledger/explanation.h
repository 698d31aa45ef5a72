// A decision explained on one screen: `ganglion why ID`.
#pragma once

#include <string>

#include "ledger/decision_record.h"

namespace ganglion {

struct ExplanationStyle {
  bool use_colour = false;  // ANSI escapes
};

// At most 40 lines of 100 columns for records of the usual size: what was decided, when, by which
// models, how sure it was, why it went this way, and what it took.
std::string explain_decision(const DecisionRecord& record, const ExplanationStyle& style);

// "2026-11-20 08:01:02.345 UTC"
std::string format_time_us(int64_t time_us);

// Micro-units as a decimal number of units: 1500000 is "1.50", 12 is "0.000012".
std::string format_micros(int64_t micros);

}  // namespace ganglion
