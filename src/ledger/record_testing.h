// Sample decisions for tests and benchmarks.
#pragma once

#include <fmt/format.h>

#include <string>

#include "base/hash.h"
#include "ledger/decision_record.h"

namespace ganglion {

// A record of the usual size; every field depends on `number`. Ids sort by number.
inline DecisionRecord make_test_record(int64_t number) {
  DecisionRecord record;
  record.id = fmt::format("01TEST{:020}", number);
  record.time_us = 1'763'625'600'000'000 + number * 1000;
  record.request_id = fmt::format("t-{:04}", number);
  record.skill = "intent";
  record.mesh_sha256 = to_hex(sha256("mesh"));
  record.models = {{"intent", to_hex(sha256("intent"))}, {"redact", to_hex(sha256("redact"))}};
  record.input_sha256 = to_hex(sha256(record.id));
  record.tier = number % 4 == 3 ? "person" : "reflex";
  record.answer = "refund_request";
  record.reason = number % 4 == 3 ? "risk_above_limit" : "confident";
  record.confidence = number % 4 == 3 ? 0.5 : 0.95;
  record.threshold = 0.8125;
  record.top = {{"refund_request", record.confidence}, {"cancel_order", 0.03}, {"oos", 0.01}};
  record.trail = {"classified in 41 µs"};
  record.redactions = {{"EMAIL", 1}, {"PERSON", number % 3}};
  record.passages = {{"returns.md", 120, 340, 1.25}};
  record.tokens_in = 40;
  record.latency_us = 300 + number % 100;
  record.cost_micros = number % 4 == 3 ? 250'000 : 12;
  record.correct = number % 10 != 0;
  return record;
}

}  // namespace ganglion
