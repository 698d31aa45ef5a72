#include "dataset/csv.h"

#include <algorithm>
#include <utility>

namespace ganglion {
namespace {

class CsvParser {
 public:
  CsvParser(std::string_view text, std::string_view source_name)
      : text_(text), source_name_(source_name) {}

  Result<std::vector<CsvRecord>> parse() {
    std::vector<CsvRecord> records;
    while (position_ < text_.size()) {
      if (skip_line_end()) continue;
      CsvRecord record;
      record.line = line_;
      do {
        GANGLION_ASSIGN(std::string field, parse_field());
        record.fields.push_back(std::move(field));
      } while (skip(','));
      skip_line_end();
      records.push_back(std::move(record));
    }
    return records;
  }

 private:
  Result<std::string> parse_field() {
    if (skip('"')) return parse_quoted_field();
    const size_t end = std::min(text_.find_first_of(",\n", position_), text_.size());
    std::string_view field = text_.substr(position_, end - position_);
    position_ = end;
    const bool at_line_end = end == text_.size() || text_[end] == '\n';
    if (at_line_end && field.ends_with('\r')) field.remove_suffix(1);
    return std::string(field);
  }

  // The opening quote has been read.
  Result<std::string> parse_quoted_field() {
    const uint64_t first_line = line_;
    std::string field;
    while (position_ < text_.size()) {
      const char c = text_[position_++];
      if (c == '\n') ++line_;
      if (c != '"') {
        field.push_back(c);
      } else if (skip('"')) {
        field.push_back('"');
      } else {
        return check_field_end(std::move(field));
      }
    }
    return fail(ErrorCode::kMalformed,
                "{}:{}: the quoted field that begins here is never closed; end it with \" "
                "(a quote inside a field is written \"\")",
                source_name_, first_line);
  }

  Result<std::string> check_field_end(std::string field) const {
    const std::string_view rest = text_.substr(position_);
    if (rest.empty() || rest[0] == ',' || rest[0] == '\n' || rest.starts_with("\r\n") ||
        rest == "\r") {
      return field;
    }
    return fail(ErrorCode::kMalformed,
                "{}:{}: expected a comma or the end of the line after a closing quote, found "
                "'{}' (a quote inside a field is written \"\")",
                source_name_, line_, rest[0]);
  }

  bool skip(char expected) {
    if (position_ >= text_.size() || text_[position_] != expected) return false;
    ++position_;
    return true;
  }

  bool skip_line_end() {
    const std::string_view rest = text_.substr(position_);
    if (rest.starts_with("\r\n")) {
      position_ += 2;
    } else if (rest.starts_with('\n') || rest == "\r") {
      position_ += 1;
    } else {
      return false;
    }
    ++line_;
    return true;
  }

  std::string_view text_;
  std::string_view source_name_;
  size_t position_ = 0;
  uint64_t line_ = 1;
};

}  // namespace

Result<std::vector<CsvRecord>> parse_csv(std::string_view text, std::string_view source_name) {
  return CsvParser(text, source_name).parse();
}

}  // namespace ganglion
