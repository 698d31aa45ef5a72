// The one way out: every request body that leaves the boundary passes here.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/pseudonyms.h"
#include "guard/redactor.h"
#include "text/json.h"
#include "text/redacted_payload.h"

namespace ganglion {

struct EgressPolicy {
  // Where the protocol's own words stand, which are never redacted: JSON pointers, "*" for any
  // element or member. Everything else counts as text of the user.
  std::vector<std::string> protocol_fields = {
      "/model",           "/messages/*/role", "/messages/*/content/*/type", "/response_format/type",
      "/tool_choice",     "/tools/*/type",    "/tools/*/function/name",     "/stream_options/*",
      "/encoding_format",
  };
};

// Immutable and thread-safe; keeps a reference to `redactor`.
class Egress {
 public:
  explicit Egress(const Redactor& redactor, const EgressPolicy& policy = {});

  // Redacts every string, member name and long number of `body` and serialises it. The payload's
  // bytes are exactly what must be sent. Fails closed: an error of the redactor, or a protocol
  // field that is not a short plain word, means that nothing may be sent (kDenied; the message
  // names the field and holds none of its text). `pseudonyms` may be null: then values cannot be
  // put back into the answer.
  Result<RedactedPayload> prepare(const json::value& body, Pseudonyms* pseudonyms) const;

 private:
  const Redactor& redactor_;
  std::vector<std::vector<std::string>> protocol_paths_;
};

}  // namespace ganglion
