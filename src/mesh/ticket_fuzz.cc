// Any line is a ticket or an error.
#include <cstddef>
#include <cstdint>
#include <vector>

#include "mesh/ticket.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  static const std::vector<std::string> skills = {"intent"};
  const std::string_view line(reinterpret_cast<const char*>(bytes), size);
  (void)ganglion::parse_ticket(line, "fuzz", 1, skills);
  return 0;
}
