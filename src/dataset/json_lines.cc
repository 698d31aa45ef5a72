#include "dataset/json_lines.h"

#include <algorithm>
#include <string>

#include "text/utf8.h"

namespace ganglion {

Status visit_json_lines(std::string_view bytes, std::string_view source_name,
                        const JsonLineVisitor& visit) {
  if (bytes.starts_with(kByteOrderMark)) bytes.remove_prefix(kByteOrderMark.size());
  bool is_empty = true;
  for (uint64_t number = 1; !bytes.empty(); ++number) {
    const std::string_view line = bytes.substr(0, bytes.find('\n'));
    bytes.remove_prefix(std::min(bytes.size(), line.size() + 1));
    if (line.find_first_not_of(" \t\r") == std::string_view::npos) continue;
    is_empty = false;
    const std::string place = fmt::format("{}:{}", source_name, number);
    GANGLION_ASSIGN(const json::value value, parse_json_line(line, source_name, number));
    if (!value.is_object()) {
      return fail(ErrorCode::kMalformed, "{}: expected an object with \"text\", found {}", place,
                  json_kind_name(value.kind()));
    }
    const Status status = visit(value.get_object(), place);
    if (!status.ok()) return at_place(place, status.error());
  }
  if (!is_empty) return {};
  return fail(ErrorCode::kMalformed, "{}: no texts; expected at least one line with \"text\"",
              source_name);
}

}  // namespace ganglion
