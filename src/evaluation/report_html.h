// The report of a run as one HTML file: no script, nothing loaded from elsewhere, readable on
// paper and in both colour schemes.
#pragma once

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "evaluation/run_collector.h"
#include "evaluation/run_figures.h"

namespace ganglion {

struct ReportInput {
  const RunFigures& figures;
  const RunCollector& collector;
  const std::vector<std::string>& skill_names;
  std::string written_at;  // for people, such as "2026-11-20 09:12 UTC"
  std::string input_name;
  std::string command;  // that makes the report again
};

// Every text from outside is escaped. The policy in the page forbids scripts and connections,
// should an escape ever be missing.
std::string report_html(const ReportInput& input);

}  // namespace ganglion
