// The figures of a run as a table for people and as JSON for programs.
#pragma once

#include <string>

#include "evaluation/run_figures.h"

namespace ganglion {

// Integer micro-units as money, exact: "0.012345 EUR"; two digits where nothing smaller is there.
std::string money_text(int64_t micros, std::string_view currency);

// "412 us", "1.93 ms", "2.40 s"
std::string duration_text(int64_t us);

// "93.1 %"
std::string percent_text(double share);

// "94.1 % (95 % interval 89.0 to 97.3 %, Clopper-Pearson, n = 152)"; "not known: …" where n is 0.
std::string proportion_text(const Proportion& proportion);

// One table, lines of at most 100 columns, ending in a line break.
std::string figures_table(const RunFigures& figures);

// One object; members are described in docs/mesh.md.
std::string figures_json(const RunFigures& figures);

}  // namespace ganglion
