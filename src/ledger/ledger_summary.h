// What a ledger says in total: who answered, why, how fast, for how much, and how often wrong.
#pragma once

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"
#include "text/json.h"

namespace ganglion {

struct DecisionTotals {
  int64_t records = 0;
  // Nearest-rank quantiles; 0 without records.
  int64_t latency_us_p50 = 0;
  int64_t latency_us_p99 = 0;
  int64_t latency_us_max = 0;
  int64_t cost_micros = 0;
  int64_t tokens_in = 0;
  int64_t tokens_out = 0;
  int64_t labelled = 0;  // records whose right answer is known
  int64_t errors = 0;    // of those
};

struct LedgerSummary {
  int64_t first_time_us = 0;
  int64_t last_time_us = 0;
  DecisionTotals total;
  std::map<std::string, DecisionTotals> tiers;
  std::map<std::string, int64_t> reasons;
  std::map<std::string, int64_t> redactions;
};

// Reads the whole file: about a microsecond a record. Memory: 16 bytes a record.
Result<LedgerSummary> summarise_ledger(const std::filesystem::path& path);

// `error_rate` is null where nothing is labelled.
json::object summary_to_json(const LedgerSummary& summary);

}  // namespace ganglion
