// A request as it comes in, one JSON object a line.
#pragma once

#include <cstdint>
#include <istream>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ganglion {

struct Ticket {
  int64_t line = 0;  // in the input file, from 1
  std::string id;    // "line-12" where the input has none
  std::string text;
  std::map<std::string, std::string> gold;  // right labels by skill, where the input knows them
};

inline constexpr size_t kMaxTicketBytes = 1 << 20;

// {"text": "…", "id": "…", and for each of `skills` an optional member with its right label}; other
// members are ignored. The error names source_name:line, the problem and the remedy.
Result<Ticket> parse_ticket(std::string_view json_line, std::string_view source_name, int64_t line,
                            std::span<const std::string> skills);

// Reads line by line. Not thread-safe; `source` must outlive it.
class TicketReader {
 public:
  TicketReader(std::istream& source, std::string source_name, std::span<const std::string> skills);

  // The next ticket or what is wrong with its line; nothing at the end. Blank lines are skipped.
  // After an error the next call goes on with the next line.
  std::optional<Result<Ticket>> next();

 private:
  std::istream& source_;
  std::string source_name_;
  std::span<const std::string> skills_;
  int64_t line_ = 0;
};

}  // namespace ganglion
