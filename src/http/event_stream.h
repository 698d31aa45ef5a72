// Server-sent events (WHATWG HTML §9.2), as model servers use them: "data: {…}\n\n".
#pragma once

#include <cstddef>
#include <functional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ganglion {

// Cuts a byte stream that arrives in any pieces into the data of its events. Other fields (event,
// id, retry) and comments are skipped. Not thread-safe.
class EventStreamParser {
 public:
  using Sink = std::function<Status(std::string_view data)>;

  explicit EventStreamParser(size_t max_event_bytes = 1 << 20)
      : max_event_bytes_(max_event_bytes) {}

  // Calls `sink` for every event that `bytes` completes. kLimit when an event grows over the limit;
  // an error of the sink is passed on.
  Status feed(std::string_view bytes, const Sink& sink);

 private:
  Status take_line(const Sink& sink);

  size_t max_event_bytes_;
  std::string line_;
  std::string data_;
  bool has_data_ = false;
  bool after_carriage_return_ = false;
};

}  // namespace ganglion
