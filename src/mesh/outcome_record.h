// Outcomes as the ledger and the review queue keep them.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "ledger/ledger.h"
#include "mesh/ticket_outcome.h"
#include "store/review_queue.h"

namespace ganglion {

// What all decisions of a run share.
struct RunIdentity {
  std::string skill;  // the first classify skill
  std::string mesh_sha256;
  std::vector<ModelUse> models;
  std::optional<double> threshold;
};

DecisionRecord decision_record(const TicketOutcome& outcome, const RunIdentity& run);

// The redacted text, or nothing where redaction failed: a person then reads the original at its
// source, by request_id.
ReviewItem review_item(const TicketOutcome& outcome, const RunIdentity& run);

// Enqueues; finish() waits until all records are on the disk. References outlive it.
class LedgerSink final : public OutcomeSink {
 public:
  LedgerSink(Ledger& ledger, const RunIdentity& run) : ledger_(ledger), run_(run) {}
  Status take(const TicketOutcome& outcome) override;
  // Fails with the first failure since the last finish().
  Status finish() override;

 private:
  Ledger& ledger_;
  const RunIdentity& run_;
  std::optional<Ledger::Ticket> first_;  // of those taken since the last finish()
  Ledger::Ticket last_ = 0;
};

// Puts what a person must answer into the queue, in batches. References outlive it.
class PersonQueueSink final : public OutcomeSink {
 public:
  PersonQueueSink(ReviewQueue& queue, const RunIdentity& run) : queue_(queue), run_(run) {}
  Status take(const TicketOutcome& outcome) override;
  Status finish() override;

 private:
  ReviewQueue& queue_;
  const RunIdentity& run_;
  std::vector<ReviewItem> batch_;
};

}  // namespace ganglion
