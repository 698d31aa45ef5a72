// The parts of the report, top to bottom. Each returns one <section>.
#pragma once

#include <string>
#include <string_view>

#include "evaluation/report_html.h"

namespace ganglion {

// The style sheet of the page.
std::string_view report_style();

std::string headline_section(const ReportInput& input);
std::string quality_section(const ReportInput& input);    // risk and coverage, reliability
std::string route_section(const ReportInput& input);      // latency, reasons, other routers, cost
std::string confusion_section(const ReportInput& input);  // right label × label of the reflex tier
std::string certificate_section(const ReportInput& input);
std::string ticket_section(const ReportInput& input);

// A titled box; `body` is HTML, the other two are text.
std::string card(std::string_view title, std::string_view lead, std::string_view body);

}  // namespace ganglion
