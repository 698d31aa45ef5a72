#include "ledger/ledger_schema.h"

#include <array>

namespace ganglion {
namespace {

// decisions: one row a decision, seq 1, 2, 3, … without gaps; `chain` as in hash_chain.h.
// heads: one row a commit, with the chain's digest after it.
constexpr std::string_view kCreate = R"sql(
CREATE TABLE decisions(
  seq INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  time_us INTEGER NOT NULL,
  request_id TEXT NOT NULL,
  skill TEXT NOT NULL,
  mesh_sha256 TEXT NOT NULL,
  input_sha256 TEXT NOT NULL,
  tier TEXT NOT NULL,
  answer TEXT NOT NULL,
  reason TEXT NOT NULL,
  confidence REAL NOT NULL,
  threshold REAL,
  correct INTEGER,
  tokens_in INTEGER NOT NULL,
  tokens_out INTEGER NOT NULL,
  latency_us INTEGER NOT NULL,
  cost_micros INTEGER NOT NULL,
  details TEXT NOT NULL,
  chain BLOB NOT NULL
) STRICT;
CREATE TABLE heads(
  seq INTEGER PRIMARY KEY,
  chain BLOB NOT NULL
) STRICT;
)sql";

constexpr std::array<std::string_view, 1> kSteps = {kCreate};

}  // namespace

const DatabaseSchema kLedgerSchema = {
    .kind = "ledger", .application_id = 0x47674C64 /* GgLd */, .steps = kSteps};

DecisionRecord read_columns(const Statement& row) {
  DecisionRecord record;
  record.id = row.column_text(0);
  record.time_us = row.column_int64(1);
  record.request_id = row.column_text(2);
  record.skill = row.column_text(3);
  record.mesh_sha256 = row.column_text(4);
  record.input_sha256 = row.column_text(5);
  record.tier = row.column_text(6);
  record.answer = row.column_text(7);
  record.reason = row.column_text(8);
  record.confidence = row.column_double(9);
  record.threshold = row.column_optional_double(10);
  if (const auto correct = row.column_optional_int64(11)) record.correct = *correct != 0;
  record.tokens_in = row.column_int64(12);
  record.tokens_out = row.column_int64(13);
  record.latency_us = row.column_int64(14);
  record.cost_micros = row.column_int64(15);
  return record;
}

}  // namespace ganglion
