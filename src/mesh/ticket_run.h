// Runs tickets through the tiers on several threads; the outcomes come out in input order.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/clock.h"
#include "base/progress.h"
#include "base/result.h"
#include "ledger/id_generator.h"
#include "mesh/mesh_file.h"
#include "mesh/ticket_outcome.h"

namespace ganglion {

// What a run works with; all outlive it.
struct RunTiers {
  const TicketSkills& skills;
  const Router& router;
  RemoteAsker* remote;  // null: escalations go to a person
  const RemotePrice& price;
  const Clock& clock;
  IdGenerator& ids;
};

struct RunOptions {
  size_t reflex_threads = 1;
  size_t remote_threads = 8;
  size_t max_in_flight = 4096;  // tickets in memory
  bool skip_bad_lines = false;  // else the first one ends the run
};

// One pass over the input before the work: its size, and its bad lines.
struct InputScan {
  int64_t num_tickets = 0;
  int64_t num_bad_lines = 0;
  std::vector<std::string> first_problems;  // at most 10 messages, each with file and line
};
InputScan scan_tickets(TicketReader reader);

// Reads `reader` to its end. `total` is for the progress bar. The first error of a sink, or with
// skip_bad_lines unset of a line, ends the run; tickets on their way are then dropped. Does not
// call finish().
Status run_tickets(TicketReader reader, int64_t total, const RunTiers& tiers,
                   const RunOptions& options, std::span<OutcomeSink* const> sinks,
                   ProgressSink& progress);

// Whether the judged skills' labels equal the ticket's; none when one of those is not known.
std::optional<bool> judge(const Ticket& ticket, std::span<const std::string> labels,
                          const TicketSkills& skills, std::span<const size_t> judged);

}  // namespace ganglion
