// mesh.yaml: skills, tiers, limits and policy, wired together in one file.
// docs/mesh.md explains every key; examples/support/mesh.yaml is a complete one.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "guard/pii_type.h"
#include "mesh/certificate.h"

namespace ganglion {

// Paths are absolute or relative to the working directory: they are resolved against the folder of
// the mesh file when it is read.
struct ClassifySkill {
  std::string name;  // such as "intent"; also the member of a ticket that holds the right label
  std::filesystem::path model;
};

struct ExtractSkill {
  std::filesystem::path schema;
  std::filesystem::path tagger;  // may be empty: patterns only
};

struct DraftSkill {
  std::filesystem::path articles;  // a folder
  std::filesystem::path policy;
};

// Money is counted in millionths of the currency's unit.
struct RemotePrice {
  std::string currency;
  int64_t input_micros_per_1k_tokens = 0;
  int64_t output_micros_per_1k_tokens = 0;
};

struct RemoteTier {
  std::string base_url;
  std::string model;
  std::string api_key_env;  // name of the environment variable; may be empty
  std::string ca_file;
  int64_t max_output_tokens = 200;
  int64_t concurrency = 8;
  int64_t connect_timeout_ms = 5'000;
  int64_t idle_timeout_ms = 60'000;
  int64_t max_attempts = 3;
};

// What happens to requests when a limit cannot be kept.
enum class OnViolation {
  kEscalate,  // keep the error rate: escalate them all, and say so
  kRefuse,    // do not run
};

struct MeshPolicy {
  std::vector<std::string> judged;           // skills whose answers must all be right
  std::vector<std::string> always_escalate;  // labels of the first skill
  OnViolation when_uncertified = OnViolation::kEscalate;
  OnViolation when_share_exceeded = OnViolation::kEscalate;
};

struct MeshFile {
  std::filesystem::path path;
  std::string sha256_hex;  // of the file
  std::string name;
  std::vector<ClassifySkill> classify;  // at least one; the first gives the answer of a decision
  std::optional<ExtractSkill> extract;
  std::optional<DraftSkill> draft;
  std::vector<PiiType> kept_types;  // left in the text by the redactor
  std::optional<RemoteTier> remote;
  std::filesystem::path person_queue;
  std::filesystem::path ledger;
  std::filesystem::path calibration;
  RiskLimits limits;
  std::optional<int64_t> budget_micros;  // for the remote tier, a run; none: unlimited
  RemotePrice price;
  MeshPolicy policy;
};

// Errors name "mesh.yaml:line:column", what was expected and, for a slip, what was meant.
Result<MeshFile> parse_mesh_file(std::string_view text, const std::filesystem::path& path);
Result<MeshFile> load_mesh_file(const std::filesystem::path& path);

}  // namespace ganglion
