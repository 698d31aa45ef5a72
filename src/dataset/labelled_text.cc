#include "dataset/labelled_text.h"

#include <algorithm>
#include <set>
#include <utility>

#include "dataset/row_errors.h"

namespace ganglion {
namespace {

std::vector<LabelledText> from_rows(std::vector<TextRow> rows) {
  std::vector<LabelledText> texts;
  texts.reserve(rows.size());
  for (TextRow& row : rows) {
    texts.push_back({std::move(row.values[0]), std::move(row.values[1]), row.line});
  }
  return texts;
}

}  // namespace

Result<std::vector<LabelledText>> parse_labelled_texts(std::string_view bytes,
                                                       std::string_view source_name,
                                                       RowFormat format,
                                                       const LabelledTextColumns& columns) {
  GANGLION_ASSIGN(std::vector<TextRow> rows,
                  parse_text_rows(bytes, source_name, format, {columns.text, columns.label}));
  return from_rows(std::move(rows));
}

Result<std::vector<LabelledText>> read_labelled_texts(const std::filesystem::path& path,
                                                      const LabelledTextColumns& columns) {
  GANGLION_ASSIGN(const RowFormat format, row_format_of(path));
  if (format == RowFormat::kLines) {
    return fail(ErrorCode::kInvalidArgument,
                "{}: a .txt file has no labels; give JSONL with \"{}\" and \"{}\", or CSV with "
                "these columns",
                path.string(), columns.text, columns.label);
  }
  GANGLION_ASSIGN(std::vector<TextRow> rows,
                  read_text_rows(path, {columns.text, columns.label}, format));
  return from_rows(std::move(rows));
}

Result<std::vector<std::string>> distinct_labels(const std::vector<LabelledText>& rows,
                                                 std::string_view source_name) {
  std::set<std::string> labels;
  for (const LabelledText& row : rows) labels.insert(row.label);
  if (labels.size() == 1) {
    return fail(ErrorCode::kMalformed,
                "{}:{}: all {} rows, from this line on, have the label \"{}\"; a classifier needs "
                "at least two labels",
                source_name, rows.front().line, rows.size(), rows.front().label);
  }
  return std::vector<std::string>(labels.begin(), labels.end());
}

Result<std::vector<uint32_t>> label_ids(const std::vector<LabelledText>& rows,
                                        const std::vector<std::string>& labels,
                                        std::string_view source_name) {
  std::vector<uint32_t> ids;
  ids.reserve(rows.size());
  RowErrors errors(source_name);
  for (const LabelledText& row : rows) {
    const auto found = std::lower_bound(labels.begin(), labels.end(), row.label);
    if (found == labels.end() || *found != row.label) {
      errors.add(row.line, fmt::format("the label \"{}\" is not among the {} training labels",
                                       row.label, labels.size()));
      continue;
    }
    ids.push_back(static_cast<uint32_t>(found - labels.begin()));
  }
  GANGLION_TRY(errors.status());
  return ids;
}

}  // namespace ganglion
