// All that is known of one ticket when its decision is made.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "mesh/remote_tier.h"
#include "mesh/router.h"
#include "mesh/ticket.h"
#include "mesh/ticket_skills.h"

namespace ganglion {

enum class Tier { kReflex, kRemote, kPerson };

// "reflex", "remote", "person"
std::string_view tier_name(Tier tier);

struct TicketOutcome {
  Ticket ticket;
  std::string decision_id;
  int64_t time_us = 0;  // when it was taken up, Unix microseconds
  ReflexAnswer reflex;
  Route route;
  Tier tier = Tier::kPerson;           // who answers
  std::optional<RemoteAnswer> remote;  // where the remote tier was asked
  std::vector<std::string> labels;     // the answer by skill; for a person: the suggestion
  std::vector<std::string> trail;      // what happened on the way, a sentence each
  int64_t reflex_us = 0;               // redact, classify, extract, draft, route
  int64_t latency_us = 0;              // the whole, without waiting for a free thread
  int64_t cost_micros = 0;
  int64_t remote_only_cost_micros = 0;  // an estimate of what the remote model would have cost
  // Whether all judged answers are right, where the input knows: as the reflex tier would have
  // answered, and as it was answered (none while a person is yet to answer).
  std::optional<bool> reflex_correct;
  std::optional<bool> correct;
};

// Takes outcomes in the order of the input, from one thread.
class OutcomeSink {
 public:
  virtual ~OutcomeSink() = default;
  virtual Status take(const TicketOutcome& outcome) = 0;
  // After the last one: makes everything durable.
  virtual Status finish() { return {}; }
};

}  // namespace ganglion
