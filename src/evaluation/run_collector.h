// Gathers what the report shows while a run goes on.
#pragma once

#include <cstddef>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/run_figures.h"
#include "mesh/ticket_outcome.h"

namespace ganglion {

// One ticket in the report's table: redacted text only.
struct ReportTicket {
  std::string id;
  std::string text;
  Tier tier = Tier::kPerson;
  RouteReason reason = RouteReason::kNotCertified;
  double confidence = 0.0;
  std::vector<LabelAnswer> labels;
  std::vector<std::string> answer;
  std::map<std::string, std::string> gold;
  std::optional<bool> reflex_correct;
  std::vector<std::string> trail;
  std::vector<std::string> field_names;  // of the extracted fields; their values may be personal
  std::string draft_text;
  std::vector<std::string> draft_remarks;
  std::map<std::string, int64_t> redactions;
  int64_t latency_us = 0;
  int64_t cost_micros = 0;
};

class RunCollector final : public OutcomeSink {
 public:
  // `first_skill` is the one whose confusion is shown, `judged` the indices of the judged skills.
  // Keeps the first `max_tickets` tickets for the table (0: none) and a small row of every one.
  RunCollector(std::string first_skill, std::vector<size_t> judged, size_t max_tickets);

  Status take(const TicketOutcome& outcome) override;

  const std::vector<FigureRow>& rows() const { return rows_; }
  const std::vector<ReportTicket>& tickets() const { return tickets_; }
  // (right label, label of the reflex tier) of the first skill → count
  const std::map<std::pair<std::string, std::string>, int64_t>& confusion() const {
    return confusion_;
  }

 private:
  std::string first_skill_;
  std::vector<size_t> judged_;
  size_t max_tickets_;
  std::vector<FigureRow> rows_;
  std::vector<ReportTicket> tickets_;
  std::map<std::pair<std::string, std::string>, int64_t> confusion_;
};

}  // namespace ganglion
