// ganglion draft --policy P --articles DIR (--text T | --input F)

#include <fmt/core.h>

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "base/file.h"
#include "cli/commands.h"
#include "cli/exit.h"
#include "cli/model_argument.h"
#include "cli/text_checks.h"
#include "dataset/json_lines.h"
#include "engine/encoder.h"
#include "retrieval/knowledge_base.h"
#include "skills/draft.h"
#include "text/json.h"

namespace ganglion {
namespace {

struct DraftArguments {
  std::string policy;
  std::string articles;
  std::string text;
  std::string input;
  std::string encoder;
  std::vector<std::string> values;
  bool json = false;
};

// The default encoder, or the given one; none where the binary holds none.
const Encoder* choose_encoder(const DraftArguments& arguments,
                              std::unique_ptr<const Encoder>& owner) {
  if (!arguments.encoder.empty()) {
    owner = or_fail(load_encoder(model_path_or_fail(arguments.encoder)));
    return owner.get();
  }
  const Result<const Encoder*> embedded = embedded_encoder();
  if (embedded.ok() || embedded.error().code == ErrorCode::kNotFound) {
    return embedded.ok() ? *embedded : nullptr;
  }
  return or_fail(embedded);
}

using Values = std::map<std::string, std::string>;

Values parse_values(const std::vector<std::string>& texts) {
  Values values;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    if (equals == 0 || equals == std::string::npos) {
      throw CommandFailure{ExitCode::kUsage, fail(ErrorCode::kInvalidArgument,
                                                  "--value {}: expected name=value", text)};
    }
    values[text.substr(0, equals)] = text.substr(equals + 1);
  }
  return values;
}

// {"text": "…", "values": {"order_id": "LB-1234567"}}; other members are passed over.
Result<DraftRequest> parse_request(const json::object& object) {
  GANGLION_ASSIGN(const std::string_view text, json_string(object, "text"));
  DraftRequest request{.text = std::string(text)};
  if (!object.contains("values")) return request;
  GANGLION_ASSIGN(const json::object* values, json_object(object, "values"));
  for (const auto& entry : *values) {
    const auto member = json_string(*values, entry.key());
    if (!member.ok()) return at_place("values", member.error());
    request.values[std::string(entry.key())] = std::string(*member);
  }
  return request;
}

Result<std::vector<DraftRequest>> read_requests(const DraftArguments& arguments) {
  const Values values = parse_values(arguments.values);
  std::vector<DraftRequest> requests;
  if (arguments.input.empty()) {
    requests.push_back({.text = arguments.text, .values = values});
    return requests;
  }
  GANGLION_ASSIGN(const std::string bytes, read_file(arguments.input));
  GANGLION_TRY(visit_json_lines(bytes, arguments.input,
                                [&](const json::object& object, std::string_view) -> Status {
                                  GANGLION_ASSIGN(DraftRequest request, parse_request(object));
                                  request.values.insert(values.begin(), values.end());
                                  requests.push_back(std::move(request));
                                  return {};
                                }));
  return requests;
}

void print_draft(const Draft& draft, bool as_json) {
  if (as_json) {
    fmt::print("{}\n", to_json_text(draft_to_json(draft)));
    return;
  }
  fmt::print("{}\n", draft.text);
  if (draft.accepted()) return;
  fmt::print("\nNot to be sent: {}\n", draft_status_name(draft.status));
  for (const PolicyViolation& violation : draft.violations) {
    const bool is_missing = violation.kind == PolicyViolation::Kind::kRequiredMissing;
    fmt::print("  {} phrase \"{}\"\n", is_missing ? "lacks the required" : "has the forbidden",
               violation.phrase);
  }
}

void run_draft(const DraftArguments& arguments) {
  const std::vector<DraftRequest> requests = or_fail(read_requests(arguments));
  DraftPolicy policy = or_fail(load_draft_policy(arguments.policy));
  std::unique_ptr<const Encoder> owner;
  const Encoder* const encoder = choose_encoder(arguments, owner);
  const KnowledgeBase articles = or_fail(KnowledgeBase::load(arguments.articles, encoder));
  const Drafter drafter(std::move(policy), articles);
  for (size_t i = 0; i < requests.size(); ++i) {
    if (i > 0 && !arguments.json) fmt::print("\n{}\n\n", std::string(72, '-'));
    print_draft(or_fail(drafter.draft(requests[i])), arguments.json);
  }
}

}  // namespace

void add_draft_command(CLI::App& app) {
  CLI::App* const command =
      app.add_subcommand("draft", "Outline an answer from your articles, as your policy wants it");
  const auto arguments = std::make_shared<DraftArguments>();
  command->add_option("--policy", arguments->policy, "The policy file (YAML)")->required();
  command->add_option("--articles", arguments->articles, "The folder of articles (.md, .txt)")
      ->required();
  auto* const request = command->add_option_group("request");
  request->add_option("--text", arguments->text, "The text of one request")->check(valid_utf8());
  request->add_option("--input", arguments->input,
                      "JSONL of requests: text and, if wanted, values");
  request->require_option(1);
  command->add_option("--value", arguments->values, "name=value for a placeholder; repeatable")
      ->check(valid_utf8());
  command->add_option("--encoder", arguments->encoder, "An encoder instead of the built-in one");
  command->add_flag("--json", arguments->json, "Print one JSON object a request");
  command->callback([arguments] { run_draft(*arguments); });
}

}  // namespace ganglion
