// One decision of the mesh, as the ledger keeps it.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"

namespace ganglion {

struct ModelUse {
  std::string skill{};   // such as "intent"
  std::string sha256{};  // of the model file, hexadecimal
};

struct LabelProbability {
  std::string label{};
  double probability = 0;
};

struct PassageUse {
  std::string document{};
  uint64_t begin = 0;  // byte range [begin, end) in the document
  uint64_t end = 0;
  double score = 0;
};

// Holds digests instead of texts: the ledger outlives the data it speaks of. All strings are UTF-8.
struct DecisionRecord {
  std::string id{};          // unique, sorts by time: see IdGenerator
  int64_t time_us = 0;       // Unix microseconds, UTC
  std::string request_id{};  // the caller's name of the request; may be empty
  std::string skill{};       // what was decided, such as "intent"
  std::string mesh_sha256{};
  std::vector<ModelUse> models{};
  std::string input_sha256{};  // of the redacted input: a digest of raw text can be guessed back

  std::string tier{};     // reflex, local, remote or person: who answered
  std::string answer{};   // the label
  std::string reason{};   // why this tier, as one word such as "confident" or "risk_above_limit"
  double confidence = 0;  // probability that `answer` is right, in [0, 1]
  std::optional<double> threshold{};    // the confidence that was asked for
  std::vector<LabelProbability> top{};  // most probable first
  std::vector<std::string> trail{};     // what happened on the way, one sentence each, in order
  std::map<std::string, int64_t> redactions{};  // type → how many were masked
  std::vector<PassageUse> passages{};           // that the draft quotes
  std::string egress_sha256{};  // of the exact bytes that left the boundary; empty: none did

  int64_t tokens_in = 0;
  int64_t tokens_out = 0;
  int64_t latency_us = 0;
  int64_t cost_micros = 0;        // millionths of the mesh's unit of money
  std::optional<bool> correct{};  // where the right answer is known
};

// kInvalidArgument, naming the field: an empty id or tier, a confidence or probability outside
// [0, 1], a negative amount, text that is not UTF-8.
Status check_record(const DecisionRecord& record);

}  // namespace ganglion
