#include "mesh/remote_tier.h"

#include "guard/pseudonyms.h"
#include "mesh/triage_prompt.h"

namespace ganglion {

RemoteModel::RemoteModel(const RemoteTier& tier, const RemotePrice& price,
                         const TicketSkills& skills, const Egress& egress,
                         std::unique_ptr<ChatClient> client, Budget& budget)
    : tier_(tier),
      price_(price),
      skills_(skills),
      egress_(egress),
      client_(std::move(client)),
      budget_(budget) {}

RemoteAnswer RemoteModel::ask(std::string_view text) {
  RemoteAnswer answer;
  ChatRequest request = triage_request(text, skills_.skill_names(), skills_.skill_labels());
  request.model = tier_.model;
  request.max_output_tokens = tier_.max_output_tokens;
  Pseudonyms pseudonyms;  // numbered, so that the model can tell two people apart
  const Result<RedactedPayload> payload = egress_.prepare(chat_request_json(request), &pseudonyms);
  if (!payload.ok()) {
    answer.failure = "blocked at the boundary: " + payload.error().message;
    return answer;
  }
  // A token is at least a byte, so this covers any bill of one attempt.
  const auto most_tokens = static_cast<int64_t>(payload->bytes().size());
  const int64_t most_cost = cost_micros(price_, most_tokens, tier_.max_output_tokens);
  const int64_t reserved = most_cost * tier_.max_attempts;
  if (!budget_.reserve(reserved)) {
    answer.failure =
        fmt::format("the money budget is used up ({} micro-units spent)", budget_.spent_micros());
    return answer;
  }
  const ChatOutcome outcome = client_->complete(*payload);
  if (outcome.attempts_sent > 0) answer.egress_sha256 = payload->sha256_hex();
  answer.attempts = outcome.attempts_sent;
  answer.cost_micros = most_cost * outcome.attempts_of_unknown_cost;
  if (!outcome.reply.ok()) {
    budget_.settle(reserved, answer.cost_micros);
    answer.failure = outcome.reply.error().message;
    return answer;
  }
  const ChatReply& reply = *outcome.reply;
  answer.tokens_in = reply.has_usage ? reply.prompt_tokens : estimate_tokens(payload->bytes());
  answer.tokens_out = reply.has_usage ? reply.completion_tokens : estimate_tokens(reply.content);
  answer.cost_micros += cost_micros(price_, answer.tokens_in, answer.tokens_out);
  budget_.settle(reserved, answer.cost_micros);
  Result<std::vector<std::string>> labels =
      parse_triage(reply.content, skills_.skill_names(), skills_.skill_labels());
  if (labels.ok()) {
    answer.labels = std::move(labels).value();
  } else {
    answer.failure = labels.error().message;
  }
  return answer;
}

ChatClientOptions chat_client_options(const RemoteTier& tier, std::string api_key) {
  ChatClientOptions options;
  options.base_url = tier.base_url;
  options.api_key = std::move(api_key);
  options.http.connect_timeout_ms = tier.connect_timeout_ms;
  options.http.idle_timeout_ms = tier.idle_timeout_ms;
  options.http.ca_file = tier.ca_file;
  options.retry.max_attempts = static_cast<int>(tier.max_attempts);
  return options;
}

}  // namespace ganglion
