// Comma-separated values as RFC 4180 has them: quoted fields may hold commas, doubled quotes and
// line breaks.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

struct CsvRecord {
  uint64_t line = 0;  // where the record begins, counted from 1
  std::vector<std::string> fields;
};

// All records, the header included. Lines may end in LF or CRLF; empty lines are skipped. A quote
// that is never closed, or text after a closing quote, is kMalformed with "source:line".
Result<std::vector<CsvRecord>> parse_csv(std::string_view text, std::string_view source_name);

}  // namespace ganglion
