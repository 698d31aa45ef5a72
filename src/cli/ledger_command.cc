// ganglion ledger summary | list | verify

#include <fmt/core.h>

#include <memory>
#include <string>

#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/terminal_style.h"
#include "ledger/decision_json.h"
#include "ledger/explanation.h"
#include "ledger/ledger_reader.h"
#include "ledger/ledger_summary.h"
#include "ledger/ledger_verification.h"

namespace ganglion {
namespace {

struct LedgerArguments {
  std::string path = kDefaultLedgerPath;
  bool json = false;
  LedgerFilter filter;
  std::string known_head;
};

std::string format_percent(int64_t part, int64_t whole) {
  if (whole == 0) return "-";
  return fmt::format("{:.1f} %", 100.0 * static_cast<double>(part) / static_cast<double>(whole));
}

void print_totals(std::string_view name, const DecisionTotals& totals, int64_t all_records) {
  fmt::print("  {:<10} {:>10} {:>9} {:>10.3f} {:>10.3f} {:>14} {:>9} {:>11}\n", name,
             totals.records, format_percent(totals.records, all_records),
             static_cast<double>(totals.latency_us_p50) / 1000,
             static_cast<double>(totals.latency_us_p99) / 1000, format_micros(totals.cost_micros),
             totals.labelled, format_percent(totals.errors, totals.labelled));
}

void print_counts(std::string_view title, const std::map<std::string, int64_t>& counts,
                  bool use_colour) {
  if (counts.empty()) return;
  fmt::print("\n{}\n", styled(title, "1", use_colour));
  for (const auto& [name, count] : counts) fmt::print("  {:<28} {:>10}\n", name, count);
}

void print_summary(const LedgerArguments& arguments) {
  const LedgerSummary summary = or_fail(summarise_ledger(arguments.path));
  if (arguments.json) {
    fmt::print("{}\n", to_json_text(summary_to_json(summary)));
    return;
  }
  const bool use_colour = stdout_takes_colour();
  const int64_t records = summary.total.records;
  fmt::print("{}: {} decisions\n", styled(arguments.path, "1", use_colour), records);
  if (records == 0) return;
  fmt::print("from {} to {}\n\n", format_time_us(summary.first_time_us),
             format_time_us(summary.last_time_us));
  const std::string header =
      fmt::format("  {:<10} {:>10} {:>9} {:>10} {:>10} {:>14} {:>9} {:>11}", "tier", "decisions",
                  "share", "p50 ms", "p99 ms", "cost", "labelled", "error rate");
  fmt::print("{}\n", styled(header, "2", use_colour));
  for (const auto& [tier, totals] : summary.tiers) print_totals(tier, totals, records);
  print_totals("all", summary.total, records);
  print_counts("Reasons", summary.reasons, use_colour);
  print_counts("Redacted", summary.redactions, use_colour);
}

void print_list(const LedgerArguments& arguments) {
  const LedgerReader reader = or_fail(LedgerReader::open(arguments.path));
  const std::vector<DecisionRecord> records = or_fail(reader.list(arguments.filter));
  if (arguments.json) {
    for (const DecisionRecord& record : records) {
      fmt::print("{}\n", to_json_text(record_to_json(record)));
    }
    return;
  }
  const std::string header = fmt::format("{:<26}  {:<27}  {:<8} {:>6}  {:<20}  {:<26}  {}", "id",
                                         "when", "tier", "conf", "why", "answer", "request");
  fmt::print("{}\n", styled(header, "2", stdout_takes_colour()));
  for (const DecisionRecord& record : records) {
    fmt::print("{:<26}  {:<27}  {:<8} {:>6.4f}  {:<20}  {:<26}  {}\n", record.id,
               format_time_us(record.time_us), record.tier, record.confidence, record.reason,
               record.answer, record.request_id);
  }
}

json::object verification_to_json(const LedgerVerification& verification) {
  json::array faults;
  for (const LedgerFault& fault : verification.faults) {
    faults.push_back({{"seq", fault.seq}, {"message", fault.message}});
  }
  return {{"intact", verification.faults.empty()},
          {"records", verification.records},
          {"commits", verification.commits},
          {"head", format_head(verification.head)},
          {"faults", std::move(faults)}};
}

void print_verification(const LedgerArguments& arguments) {
  std::optional<ChainHead> known_head;
  if (!arguments.known_head.empty()) known_head = or_fail(parse_head(arguments.known_head));
  const LedgerVerification verification = or_fail(verify_ledger(arguments.path, known_head));
  const size_t num_faults = verification.faults.size();
  if (arguments.json) {
    fmt::print("{}\n", to_json_text(verification_to_json(verification)));
  } else {
    const bool use_colour = stdout_takes_colour();
    for (const LedgerFault& fault : verification.faults) {
      fmt::print("{} record {}: {}\n", styled("fault", "31", use_colour), fault.seq, fault.message);
    }
    if (num_faults == 0) {
      fmt::print("{}: {} records in {} commits\n", styled("intact", "32", use_colour),
                 verification.records, verification.commits);
    }
    fmt::print("head {}\n", format_head(verification.head));
  }
  if (num_faults == 0) return;
  const bool may_be_more = num_faults == LedgerVerification::kMaxFaults;
  throw CommandFailure{
      ExitCode::kViolated,
      fail(ErrorCode::kDenied,
           "{}: changed or damaged ({}{} found); keep this file as evidence and restore a backup",
           arguments.path, num_faults == 1 ? "1 fault" : fmt::format("{} faults", num_faults),
           may_be_more ? " or more" : "")};
}

CLI::App* add_part(CLI::App& ledger, const std::string& name, const std::string& description,
                   const std::shared_ptr<LedgerArguments>& arguments) {
  CLI::App* const part = ledger.add_subcommand(name, description);
  part->add_option("--ledger", arguments->path, "The ledger file")->capture_default_str();
  part->add_flag("--json", arguments->json, "Print JSON");
  return part;
}

}  // namespace

void add_ledger_command(CLI::App& app) {
  CLI::App* const ledger = app.add_subcommand("ledger", "The record of decisions");
  ledger->require_subcommand(1);
  const auto arguments = std::make_shared<LedgerArguments>();
  CLI::App* const summary =
      add_part(*ledger, "summary", "Who answered, why, how fast, at what cost", arguments);
  summary->callback([arguments] { print_summary(*arguments); });

  CLI::App* const list = add_part(*ledger, "list", "The newest decisions", arguments);
  list->add_option("--tier", arguments->filter.tier, "Only this tier");
  list->add_option("--reason", arguments->filter.reason, "Only this reason");
  list->add_option("--limit", arguments->filter.limit, "How many")
      ->check(CLI::Range(1, 1'000'000))
      ->capture_default_str();
  list->callback([arguments] { print_list(*arguments); });

  CLI::App* const verify =
      add_part(*ledger, "verify", "Check that no record was changed or removed", arguments);
  verify->add_option("--head", arguments->known_head,
                     "A head printed earlier, which must still be part of the ledger");
  verify->callback([arguments] { print_verification(*arguments); });
}

}  // namespace ganglion
