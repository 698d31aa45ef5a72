// Any bytes in any pieces: events or a limit, never more memory than the limit.
#include <cstddef>
#include <cstdint>

#include "http/event_stream.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  ganglion::EventStreamParser parser(256);
  const auto sink = [](std::string_view event) {
    return event.size() <= 256 ? ganglion::Status{} : throw event.size();
  };
  const auto* text = reinterpret_cast<const char*>(bytes);
  for (size_t at = 0; at < size;) {
    const size_t piece = 1 + bytes[at] % 16;
    const size_t length = piece < size - at ? piece : size - at;
    if (!parser.feed({text + at, length}, sink).ok()) return 0;
    at += length;
  }
  return 0;
}
