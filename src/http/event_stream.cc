#include "http/event_stream.h"

namespace ganglion {

Status EventStreamParser::feed(std::string_view bytes, const Sink& sink) {
  for (const char c : bytes) {
    const bool second_of_pair = c == '\n' && after_carriage_return_;
    after_carriage_return_ = c == '\r';
    if (second_of_pair) continue;
    if (c == '\n' || c == '\r') {
      GANGLION_TRY(take_line(sink));
      continue;
    }
    line_ += c;
    if (line_.size() + data_.size() > max_event_bytes_) {
      return fail(ErrorCode::kLimit, "event stream: an event is larger than {} bytes",
                  max_event_bytes_);
    }
  }
  return {};
}

Status EventStreamParser::take_line(const Sink& sink) {
  constexpr std::string_view kField = "data";
  const std::string line = std::move(line_);
  line_.clear();
  if (line.empty()) {
    if (!has_data_) return {};
    has_data_ = false;
    const std::string event = std::move(data_);
    data_.clear();
    return sink(event);
  }
  const size_t colon = line.find(':');
  if (std::string_view(line).substr(0, colon) != kField) return {};
  std::string_view value;
  if (colon != std::string::npos) value = std::string_view(line).substr(colon + 1);
  if (!value.empty() && value.front() == ' ') value.remove_prefix(1);
  if (has_data_) data_ += '\n';
  has_data_ = true;
  data_ += value;
  return {};
}

}  // namespace ganglion
