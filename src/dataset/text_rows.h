// Chosen text columns of a JSONL or CSV file, or the lines of a plain text file.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace ganglion {

enum class RowFormat {
  kJsonLines,  // one JSON object a line; the columns are its members
  kCsv,        // RFC 4180 with a header line
  kLines,      // one text a line, one column
};

// By extension: .jsonl, .ndjson, .json; .csv; .txt. kInvalidArgument names the ones that are known.
Result<RowFormat> row_format_of(const std::filesystem::path& path);
// "jsonl", "csv" or "lines".
Result<RowFormat> row_format_named(std::string_view name);

struct TextRow {
  uint64_t line = 0;                // where the row begins, counted from 1
  std::vector<std::string> values;  // one for each column asked for; valid UTF-8, never empty
};

// Every row, or an error that lists the first bad ones as "source:line: what is wrong" (a missing
// or empty value, a value that is not text, bytes that are not UTF-8, bad JSON or CSV). A UTF-8
// byte order mark and blank lines are skipped; columns not asked for are ignored. No rows at all is
// an error. `columns` is not empty, and holds one name for kLines.
Result<std::vector<TextRow>> parse_text_rows(std::string_view bytes, std::string_view source_name,
                                             RowFormat format,
                                             const std::vector<std::string>& columns);

// The same from a file; the format goes by its extension when it is not given.
Result<std::vector<TextRow>> read_text_rows(const std::filesystem::path& path,
                                            const std::vector<std::string>& columns,
                                            std::optional<RowFormat> format = std::nullopt);

}  // namespace ganglion
