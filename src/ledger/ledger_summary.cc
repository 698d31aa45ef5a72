#include "ledger/ledger_summary.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "ledger/ledger_schema.h"

namespace ganglion {
namespace {

struct Tally {
  DecisionTotals totals;
  std::vector<int64_t> latencies_us;

  void add(int64_t latency_us, int64_t cost_micros, int64_t tokens_in, int64_t tokens_out,
           std::optional<int64_t> correct) {
    ++totals.records;
    latencies_us.push_back(latency_us);
    totals.cost_micros += cost_micros;
    totals.tokens_in += tokens_in;
    totals.tokens_out += tokens_out;
    if (correct) {
      ++totals.labelled;
      if (*correct == 0) ++totals.errors;
    }
  }

  DecisionTotals finish() {
    totals.latency_us_p50 = quantile(0.50);
    totals.latency_us_p99 = quantile(0.99);
    totals.latency_us_max = quantile(1.0);
    return totals;
  }

 private:
  // The smallest value that at least this share does not exceed.
  int64_t quantile(double share) {
    if (latencies_us.empty()) return 0;
    const auto rank =
        static_cast<size_t>(std::ceil(share * static_cast<double>(latencies_us.size())));
    const auto position =
        latencies_us.begin() + static_cast<ptrdiff_t>(std::max<size_t>(rank, 1) - 1);
    std::nth_element(latencies_us.begin(), position, latencies_us.end());
    return *position;
  }
};

Result<std::map<std::string, int64_t>> count_by(Database& database, std::string_view sql) {
  GANGLION_ASSIGN(Statement select, database.prepare(sql));
  std::map<std::string, int64_t> counts;
  while (true) {
    GANGLION_ASSIGN(const bool has_row, select.step());
    if (!has_row) return counts;
    counts[std::string(select.column_text(0))] = select.column_int64(1);
  }
}

json::object totals_to_json(const DecisionTotals& totals, int64_t all_records) {
  json::object object = {{"records", totals.records},
                         {"latency_us_p50", totals.latency_us_p50},
                         {"latency_us_p99", totals.latency_us_p99},
                         {"latency_us_max", totals.latency_us_max},
                         {"cost_micros", totals.cost_micros},
                         {"tokens_in", totals.tokens_in},
                         {"tokens_out", totals.tokens_out},
                         {"labelled", totals.labelled},
                         {"errors", totals.errors},
                         {"error_rate", nullptr}};
  if (all_records > 0) {
    object["share"] = static_cast<double>(totals.records) / static_cast<double>(all_records);
  }
  if (totals.labelled > 0) {
    object["error_rate"] =
        static_cast<double>(totals.errors) / static_cast<double>(totals.labelled);
  }
  return object;
}

json::object counts_to_json(const std::map<std::string, int64_t>& counts) {
  json::object object;
  for (const auto& [name, count] : counts) object[name] = count;
  return object;
}

}  // namespace

Result<LedgerSummary> summarise_ledger(const std::filesystem::path& path) {
  GANGLION_ASSIGN(Database database, Database::open(path, kLedgerSchema, OpenMode::kReadOnly));
  // One read transaction, so that all figures speak of the same records.
  GANGLION_TRY(database.execute("BEGIN"));
  LedgerSummary summary;
  Tally total;
  std::map<std::string, Tally> tiers;
  GANGLION_ASSIGN(Statement rows,
                  database.prepare("SELECT tier, latency_us, cost_micros, tokens_in, tokens_out, "
                                   "correct, time_us FROM decisions ORDER BY seq"));
  while (true) {
    GANGLION_ASSIGN(const bool has_row, rows.step());
    if (!has_row) break;
    const int64_t time_us = rows.column_int64(6);
    if (total.totals.records == 0) summary.first_time_us = summary.last_time_us = time_us;
    summary.first_time_us = std::min(summary.first_time_us, time_us);
    summary.last_time_us = std::max(summary.last_time_us, time_us);
    for (Tally* tally : {&total, &tiers[std::string(rows.column_text(0))]}) {
      tally->add(rows.column_int64(1), rows.column_int64(2), rows.column_int64(3),
                 rows.column_int64(4), rows.column_optional_int64(5));
    }
  }
  GANGLION_ASSIGN(summary.reasons,
                  count_by(database, "SELECT reason, count(*) FROM decisions GROUP BY reason"));
  GANGLION_ASSIGN(summary.redactions,
                  count_by(database,
                           "SELECT entry.key, sum(entry.value) FROM decisions, "
                           "json_each(details, '$.redactions') AS entry GROUP BY 1"));
  summary.total = total.finish();
  for (auto& [tier, tally] : tiers) summary.tiers[tier] = tally.finish();
  return summary;
}

json::object summary_to_json(const LedgerSummary& summary) {
  json::object object = totals_to_json(summary.total, 0);
  object["first_time_us"] = summary.first_time_us;
  object["last_time_us"] = summary.last_time_us;
  json::object tiers;
  for (const auto& [tier, totals] : summary.tiers) {
    tiers[tier] = totals_to_json(totals, summary.total.records);
  }
  object["tiers"] = std::move(tiers);
  object["reasons"] = counts_to_json(summary.reasons);
  object["redactions"] = counts_to_json(summary.redactions);
  return object;
}

}  // namespace ganglion
