#include "dataset/text_rows.h"

#include <algorithm>
#include <array>
#include <span>
#include <utility>

#include "base/check.h"
#include "base/file.h"
#include "dataset/csv.h"
#include "dataset/row_errors.h"
#include "text/json.h"
#include "text/utf8.h"

namespace ganglion {
namespace {

bool is_blank(std::string_view text) {
  return text.find_first_not_of(" \t\r\n\v\f") == std::string_view::npos;
}

std::string joined(std::span<const std::string> names) {
  std::string text;
  for (const std::string& name : names) {
    text += text.empty() ? "" : ", ";
    text += "\"" + name + "\"";
  }
  return text;
}

// One line of a file that is read line by line.
struct Line {
  uint64_t number;
  std::string_view text;  // without its end
};

// Calls body(Line) for every line that is not blank; a line that is not UTF-8 goes to `errors`.
template <typename Body>
void for_each_line(std::string_view bytes, RowErrors* errors, const Body& body) {
  uint64_t number = 0;
  while (!bytes.empty()) {
    const size_t end = std::min(bytes.find('\n'), bytes.size());
    std::string_view text = bytes.substr(0, end);
    bytes.remove_prefix(std::min(end + 1, bytes.size()));
    ++number;
    if (text.ends_with('\r')) text.remove_suffix(1);
    const size_t invalid = find_invalid_utf8(text);
    if (invalid != std::string_view::npos) {
      errors->add(number, fmt::format("byte {} of the line is not valid UTF-8; save the file as "
                                      "UTF-8",
                                      invalid + 1));
    } else if (!is_blank(text)) {
      body(Line{number, text});
    }
  }
}

// The members of one object, or the error of the first that is not there, not text, or blank.
Result<std::vector<std::string>> object_values(const json::object& object,
                                               std::span<const std::string> columns) {
  std::vector<std::string> values;
  for (const std::string& column : columns) {
    GANGLION_ASSIGN(const std::string_view value, json_string(object, column));
    if (is_blank(value)) {
      return fail(ErrorCode::kMalformed, "\"{}\" is empty; fill it in or remove the row", column);
    }
    values.emplace_back(value);
  }
  return values;
}

Result<std::vector<TextRow>> parse_json_lines(std::string_view bytes, std::string_view source_name,
                                              std::span<const std::string> columns) {
  std::vector<TextRow> rows;
  RowErrors errors(source_name);
  for_each_line(bytes, &errors, [&](Line line) {
    const auto value = parse_json_line(line.text, source_name, line.number);
    if (!value.ok()) return errors.add_placed(value.error().message);
    if (!value->is_object()) {
      return errors.add(line.number, fmt::format("expected one JSON object a line, found {}",
                                                 json_kind_name(value->kind())));
    }
    auto values = object_values(value->get_object(), columns);
    if (!values.ok()) return errors.add(line.number, values.error().message);
    rows.push_back({line.number, std::move(values).value()});
  });
  GANGLION_TRY(errors.status());
  return rows;
}

Result<std::vector<TextRow>> parse_lines(std::string_view bytes, std::string_view source_name) {
  std::vector<TextRow> rows;
  RowErrors errors(source_name);
  for_each_line(bytes, &errors, [&](Line line) {
    rows.push_back({line.number, {std::string(line.text)}});
  });
  GANGLION_TRY(errors.status());
  return rows;
}

// Where each of `columns` stands in the header.
Result<std::vector<size_t>> column_places(const CsvRecord& header, std::string_view source_name,
                                          std::span<const std::string> columns) {
  std::vector<size_t> places;
  for (const std::string& column : columns) {
    const auto found = std::find(header.fields.begin(), header.fields.end(), column);
    if (found == header.fields.end()) {
      return fail(ErrorCode::kMalformed,
                  "{}:{}: the header has no column \"{}\"; it has {}. Rename it, or name the "
                  "right column (`--help` says by which option)",
                  source_name, header.line, column, joined(header.fields));
    }
    if (std::find(found + 1, header.fields.end(), column) != header.fields.end()) {
      return fail(ErrorCode::kMalformed, "{}:{}: the header has the column \"{}\" twice",
                  source_name, header.line, column);
    }
    places.push_back(static_cast<size_t>(found - header.fields.begin()));
  }
  return places;
}

Result<std::vector<std::string>> record_values(const CsvRecord& record, size_t num_columns,
                                               std::span<const size_t> places,
                                               std::span<const std::string> columns) {
  if (record.fields.size() != num_columns) {
    return fail(ErrorCode::kMalformed,
                "expected {} fields as in the header, found {} (a field with a comma in it is "
                "written in quotes)",
                num_columns, record.fields.size());
  }
  std::vector<std::string> values;
  for (size_t i = 0; i < places.size(); ++i) {
    const std::string& value = record.fields[places[i]];
    const size_t invalid = find_invalid_utf8(value);
    if (invalid != std::string_view::npos) {
      return fail(ErrorCode::kMalformed,
                  "byte {} of \"{}\" is not valid UTF-8; save the file as UTF-8", invalid + 1,
                  columns[i]);
    }
    if (is_blank(value)) {
      return fail(ErrorCode::kMalformed, "\"{}\" is empty; fill it in or remove the row",
                  columns[i]);
    }
    values.push_back(value);
  }
  return values;
}

Result<std::vector<TextRow>> parse_csv_rows(std::string_view bytes, std::string_view source_name,
                                            std::span<const std::string> columns) {
  GANGLION_ASSIGN(const std::vector<CsvRecord> records, parse_csv(bytes, source_name));
  std::vector<TextRow> rows;
  if (records.empty()) return rows;
  GANGLION_ASSIGN(const std::vector<size_t> places,
                  column_places(records[0], source_name, columns));
  RowErrors errors(source_name);
  for (const CsvRecord& record : std::span(records).subspan(1)) {
    auto values = record_values(record, records[0].fields.size(), places, columns);
    if (values.ok()) {
      rows.push_back({record.line, std::move(values).value()});
    } else {
      errors.add(record.line, values.error().message);
    }
  }
  GANGLION_TRY(errors.status());
  return rows;
}

Result<std::vector<TextRow>> parse_format(std::string_view bytes, std::string_view source_name,
                                          RowFormat format, std::span<const std::string> columns) {
  switch (format) {
    case RowFormat::kJsonLines:
      return parse_json_lines(bytes, source_name, columns);
    case RowFormat::kCsv:
      return parse_csv_rows(bytes, source_name, columns);
    case RowFormat::kLines:
      GANGLION_ASSERT(columns.size() == 1);
      return parse_lines(bytes, source_name);
  }
  GANGLION_ASSERT(false);
}

}  // namespace

Result<RowFormat> row_format_of(const std::filesystem::path& path) {
  const std::string extension = path.extension().string();
  if (extension == ".jsonl" || extension == ".ndjson" || extension == ".json") {
    return RowFormat::kJsonLines;
  }
  if (extension == ".csv") return RowFormat::kCsv;
  if (extension == ".txt") return RowFormat::kLines;
  return fail(ErrorCode::kInvalidArgument,
              "{}: expected a file that ends in .jsonl, .ndjson, .json, .csv or .txt, found \"{}\"",
              path.string(), extension);
}

Result<RowFormat> row_format_named(std::string_view name) {
  if (name == "jsonl") return RowFormat::kJsonLines;
  if (name == "csv") return RowFormat::kCsv;
  if (name == "lines") return RowFormat::kLines;
  return fail(ErrorCode::kInvalidArgument, "expected the format jsonl, csv or lines, found \"{}\"",
              name);
}

Result<std::vector<TextRow>> parse_text_rows(std::string_view bytes, std::string_view source_name,
                                             RowFormat format,
                                             const std::vector<std::string>& columns) {
  GANGLION_ASSERT(!columns.empty());
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  GANGLION_ASSIGN(std::vector<TextRow> rows, parse_format(bytes, source_name, format, columns));
  if (rows.empty()) {
    return fail(ErrorCode::kMalformed, "{}: no rows; expected at least one with {}", source_name,
                joined(columns));
  }
  return rows;
}

Result<std::vector<TextRow>> read_text_rows(const std::filesystem::path& path,
                                            const std::vector<std::string>& columns,
                                            std::optional<RowFormat> format) {
  if (!format) {
    GANGLION_ASSIGN(format, row_format_of(path));
  }
  GANGLION_ASSIGN(const std::string bytes, read_file(path));
  return parse_text_rows(bytes, path.string(), *format, columns);
}

}  // namespace ganglion
