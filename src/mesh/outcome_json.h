// One line of the output file.
#pragma once

#include <span>
#include <string>

#include "base/atomic_file_writer.h"
#include "mesh/ticket_outcome.h"

namespace ganglion {

// A JSON object without a line break. Its members are described in docs/mesh.md.
std::string outcome_json(const TicketOutcome& outcome, std::span<const std::string> skill_names,
                         std::optional<double> threshold);

// The output file of a run; it appears when finish() succeeds.
class OutcomeFile final : public OutcomeSink {
 public:
  // `skill_names` outlives it.
  OutcomeFile(AtomicFileWriter writer, std::span<const std::string> skill_names,
              std::optional<double> threshold);

  Status take(const TicketOutcome& outcome) override;
  Status finish() override { return writer_.commit(); }

 private:
  AtomicFileWriter writer_;
  std::span<const std::string> skill_names_;
  std::optional<double> threshold_;
};

}  // namespace ganglion
