#include "evaluation/report_html.h"

#include <fmt/format.h>

#include "evaluation/html_text.h"
#include "evaluation/report_parts.h"

namespace ganglion {

std::string report_html(const ReportInput& input) {
  std::string page = fmt::format(
      "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\">"
      "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src "
      "'unsafe-inline'; base-uri 'none'; form-action 'none'\">"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">"
      "<title>{} · Ganglion</title><style>{}</style></head><body><main>\n",
      html_text(input.figures.mesh_name), report_style());
  page += headline_section(input) + "\n" + quality_section(input) + "\n" + route_section(input) +
          "\n" + confusion_section(input) + "\n" + certificate_section(input) + "\n" +
          ticket_section(input);
  page += fmt::format("\n<footer>Made by <code>{}</code></footer></main></body></html>\n",
                      html_text(input.command));
  return page;
}

}  // namespace ganglion
