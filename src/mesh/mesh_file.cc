#include "mesh/mesh_file.h"

#include <algorithm>

#include "base/file.h"
#include "base/hash.h"
#include "http/url.h"
#include "text/yaml.h"

namespace ganglion {
namespace {

namespace fs = std::filesystem;

constexpr int64_t kMaxMicros = int64_t{1} << 50;  // a billion units: sums stay in 64 bits

Result<fs::path> path_at(const YamlMap& map, std::string_view key, const fs::path& folder) {
  GANGLION_ASSIGN(const std::string text, map.string(key));
  return folder / text;
}

Result<fs::path> path_or_none(const YamlMap& map, std::string_view key, const fs::path& folder) {
  if (!map.has(key)) return fs::path();
  return path_at(map, key, folder);
}

// Files that must be there are checked here, where the error can name the line that asks for them.
Status require_exists(const YamlMap& map, std::string_view key, const fs::path& path,
                      std::string_view remedy) {
  std::error_code ignored;
  if (path.empty() || fs::exists(path, ignored)) return {};
  return map.error_at(key, fmt::format("\"{}\" does not exist; {}", path.string(), remedy));
}

Status read_classify(const YamlMap& skills, const fs::path& folder, MeshFile& mesh) {
  GANGLION_ASSIGN(const YamlMap classify, skills.map("classify"));
  for (const std::string& name : classify.keys()) {
    GANGLION_ASSIGN(const YamlMap entry, classify.map(name));
    GANGLION_TRY(entry.allow_only({"model"}));
    ClassifySkill skill{name, {}};
    GANGLION_ASSIGN(skill.model, path_at(entry, "model", folder));
    GANGLION_TRY(require_exists(entry, "model", skill.model,
                                "make it with: ganglion train classifier --data F --out M"));
    mesh.classify.push_back(std::move(skill));
  }
  if (mesh.classify.empty()) {
    return skills.error_at("classify", "expected at least one skill, e.g. intent: {model: F}");
  }
  return {};
}

Status read_redact(const YamlMap& skills, MeshFile& mesh) {
  GANGLION_ASSIGN(const YamlMap redact, skills.map("redact"));
  GANGLION_TRY(redact.allow_only({"keep"}));
  GANGLION_ASSIGN(const std::vector<std::string> names, redact.strings("keep"));
  for (const std::string& name : names) {
    const auto type = pii_type_from_name(name);
    if (!type) {
      return redact.error_at("keep", fmt::format("\"{}\" is not a type of personal data; "
                                                 "docs/redaction.md lists them, e.g. DATE",
                                                 name));
    }
    mesh.kept_types.push_back(*type);
  }
  return {};
}

Status read_skills(const YamlMap& root, const fs::path& folder, MeshFile& mesh) {
  GANGLION_ASSIGN(const YamlMap skills, root.map("skills"));
  GANGLION_TRY(skills.allow_only({"redact", "classify", "extract", "draft"}));
  GANGLION_TRY(read_classify(skills, folder, mesh));
  if (skills.has("redact")) {
    GANGLION_TRY(read_redact(skills, mesh));
  }
  if (skills.has("extract")) {
    GANGLION_ASSIGN(const YamlMap extract, skills.map("extract"));
    GANGLION_TRY(extract.allow_only({"schema", "tagger"}));
    mesh.extract.emplace();
    GANGLION_ASSIGN(mesh.extract->schema, path_at(extract, "schema", folder));
    GANGLION_TRY(
        require_exists(extract, "schema", mesh.extract->schema, "expected a JSON Schema file"));
    GANGLION_ASSIGN(mesh.extract->tagger, path_or_none(extract, "tagger", folder));
    GANGLION_TRY(require_exists(extract, "tagger", mesh.extract->tagger,
                                "make it with: ganglion train tagger"));
  }
  if (skills.has("draft")) {
    GANGLION_ASSIGN(const YamlMap draft, skills.map("draft"));
    GANGLION_TRY(draft.allow_only({"articles", "policy"}));
    mesh.draft.emplace();
    GANGLION_ASSIGN(mesh.draft->articles, path_at(draft, "articles", folder));
    GANGLION_TRY(require_exists(draft, "articles", mesh.draft->articles,
                                "expected a folder of Markdown or text files"));
    GANGLION_ASSIGN(mesh.draft->policy, path_at(draft, "policy", folder));
    GANGLION_TRY(require_exists(draft, "policy", mesh.draft->policy, "expected a policy file"));
  }
  return {};
}

Status read_remote(const YamlMap& tiers, const fs::path& folder, MeshFile& mesh) {
  GANGLION_ASSIGN(const YamlMap map, tiers.map("remote"));
  GANGLION_TRY(
      map.allow_only({"base_url", "model", "api_key_env", "ca_file", "max_output_tokens",
                      "concurrency", "connect_timeout_ms", "idle_timeout_ms", "max_attempts"}));
  RemoteTier& remote = mesh.remote.emplace();
  GANGLION_ASSIGN(remote.base_url, map.string("base_url"));
  if (const auto url = parse_url(remote.base_url); !url.ok()) {
    return map.error_at("base_url", url.error().message);
  }
  GANGLION_ASSIGN(remote.model, map.string("model"));
  GANGLION_ASSIGN(remote.api_key_env, map.string_or("api_key_env", ""));
  const bool is_name =
      std::all_of(remote.api_key_env.begin(), remote.api_key_env.end(), [](char c) {
        return c == '_' || (c >= '0' && c <= '9') || (c >= 'A' && c <= 'Z') ||
               (c >= 'a' && c <= 'z');
      });
  if (!is_name) {
    return map.error_at(
        "api_key_env",
        "expected the name of an environment variable, e.g. REMOTE_API_KEY; the key "
        "itself must not be in this file");
  }
  GANGLION_ASSIGN(const fs::path ca_file, path_or_none(map, "ca_file", folder));
  remote.ca_file = ca_file.string();
  GANGLION_ASSIGN(remote.max_output_tokens,
                  map.integer_or("max_output_tokens", 1, 100'000, remote.max_output_tokens));
  GANGLION_ASSIGN(remote.concurrency, map.integer_or("concurrency", 1, 256, remote.concurrency));
  GANGLION_ASSIGN(remote.connect_timeout_ms,
                  map.integer_or("connect_timeout_ms", 1, 600'000, remote.connect_timeout_ms));
  GANGLION_ASSIGN(remote.idle_timeout_ms,
                  map.integer_or("idle_timeout_ms", 1, 600'000, remote.idle_timeout_ms));
  GANGLION_ASSIGN(remote.max_attempts, map.integer_or("max_attempts", 1, 10, remote.max_attempts));
  return {};
}

Status read_tiers(const YamlMap& root, const fs::path& folder, MeshFile& mesh) {
  GANGLION_ASSIGN(const YamlMap tiers, root.map("tiers"));
  GANGLION_TRY(tiers.allow_only({"remote", "person"}));
  if (tiers.has("remote")) GANGLION_TRY(read_remote(tiers, folder, mesh));
  // Always needed: what no machine may answer must land somewhere.
  GANGLION_ASSIGN(const YamlMap person, tiers.map("person"));
  GANGLION_TRY(person.allow_only({"queue"}));
  GANGLION_ASSIGN(mesh.person_queue, path_at(person, "queue", folder));
  return {};
}

Status read_limits(const YamlMap& root, MeshFile& mesh) {
  GANGLION_ASSIGN(const YamlMap limits, root.map("limits"));
  GANGLION_TRY(limits.allow_only({"alpha", "delta", "max_escalation_share", "budget_micros"}));
  GANGLION_ASSIGN(mesh.limits.alpha, limits.number("alpha", 0.0, 1.0, /*open=*/true));
  GANGLION_ASSIGN(mesh.limits.delta, limits.number("delta", 0.0, 1.0, /*open=*/true));
  GANGLION_ASSIGN(mesh.limits.max_escalation_share,
                  limits.number_or("max_escalation_share", 0.0, 1.0, 1.0));
  if (limits.has("budget_micros")) {
    GANGLION_ASSIGN(mesh.budget_micros, limits.integer("budget_micros", 0, kMaxMicros));
  }
  return {};
}

Status read_price(const YamlMap& root, MeshFile& mesh) {
  GANGLION_ASSIGN(const YamlMap price, root.map("price"));
  GANGLION_TRY(
      price.allow_only({"currency", "input_micros_per_1k_tokens", "output_micros_per_1k_tokens"}));
  GANGLION_ASSIGN(mesh.price.currency, price.string("currency"));
  constexpr int64_t kMaxPrice = 1'000'000'000;  // 1,000 units for 1,000 tokens
  GANGLION_ASSIGN(mesh.price.input_micros_per_1k_tokens,
                  price.integer("input_micros_per_1k_tokens", 0, kMaxPrice));
  GANGLION_ASSIGN(mesh.price.output_micros_per_1k_tokens,
                  price.integer("output_micros_per_1k_tokens", 0, kMaxPrice));
  return {};
}

Result<OnViolation> read_violation(const YamlMap& policy, std::string_view key) {
  GANGLION_ASSIGN(const std::string word,
                  policy.one_of_or(key, {"escalate", "refuse"}, "escalate"));
  return word == "refuse" ? OnViolation::kRefuse : OnViolation::kEscalate;
}

Status read_policy(const YamlMap& root, MeshFile& mesh) {
  mesh.policy.judged = {mesh.classify.front().name};
  if (!root.has("policy")) return {};
  GANGLION_ASSIGN(const YamlMap policy, root.map("policy"));
  GANGLION_TRY(
      policy.allow_only({"judged", "always_escalate", "when_uncertified", "when_share_exceeded"}));
  if (policy.has("judged")) {
    GANGLION_ASSIGN(mesh.policy.judged, policy.strings("judged"));
  }
  if (policy.has("always_escalate")) {
    GANGLION_ASSIGN(mesh.policy.always_escalate, policy.strings("always_escalate"));
  }
  for (const std::string& name : mesh.policy.judged) {
    const bool known = std::any_of(mesh.classify.begin(), mesh.classify.end(),
                                   [&](const ClassifySkill& skill) { return skill.name == name; });
    if (!known) {
      return policy.error_at("judged",
                             fmt::format("\"{}\" is not a skill of skills.classify", name));
    }
  }
  if (mesh.policy.judged.empty()) {
    return policy.error_at("judged", "expected at least one skill of skills.classify");
  }
  GANGLION_ASSIGN(mesh.policy.when_uncertified, read_violation(policy, "when_uncertified"));
  GANGLION_ASSIGN(mesh.policy.when_share_exceeded, read_violation(policy, "when_share_exceeded"));
  return {};
}

}  // namespace

Result<MeshFile> parse_mesh_file(std::string_view text, const fs::path& path) {
  GANGLION_ASSIGN(const YamlMap root, YamlMap::parse(text, path.string()));
  GANGLION_TRY(root.allow_only({"version", "name", "skills", "tiers", "limits", "price", "policy",
                                "ledger", "calibration"}));
  GANGLION_ASSIGN([[maybe_unused]] const int64_t version, root.integer("version", 1, 1));
  const fs::path folder = path.parent_path();
  MeshFile mesh;
  mesh.path = path;
  mesh.sha256_hex = to_hex(sha256(text));
  GANGLION_ASSIGN(mesh.name, root.string("name"));
  GANGLION_TRY(read_skills(root, folder, mesh));
  GANGLION_TRY(read_tiers(root, folder, mesh));
  GANGLION_TRY(read_limits(root, mesh));
  GANGLION_TRY(read_price(root, mesh));
  GANGLION_TRY(read_policy(root, mesh));
  GANGLION_ASSIGN(mesh.ledger, path_at(root, "ledger", folder));
  GANGLION_ASSIGN(mesh.calibration, path_at(root, "calibration", folder));
  GANGLION_TRY(require_exists(root, "calibration", mesh.calibration,
                              "expected labelled tickets that no model was trained on"));
  return mesh;
}

Result<MeshFile> load_mesh_file(const fs::path& path) {
  GANGLION_ASSIGN(const std::string text, read_file(path, 1 << 20));
  return parse_mesh_file(text, path);
}

}  // namespace ganglion
