// The remote tier: an escalated ticket, redacted, asked of a bigger model.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "guard/egress.h"
#include "mesh/budget.h"
#include "mesh/mesh_file.h"
#include "mesh/ticket_skills.h"
#include "providers/chat_client.h"

namespace ganglion {

// What an escalation used is known whether or not it brought an answer.
struct RemoteAnswer {
  std::vector<std::string> labels;  // by classify skill; empty: no usable answer
  std::string failure;              // why not
  std::string egress_sha256;        // of the exact bytes that left; empty: none did
  int64_t tokens_in = 0;            // of the attempt that was answered
  int64_t tokens_out = 0;
  // Of all attempts; one that timed out, was cut off or not understood counts with the most that
  // it can cost, for its bill is unknown.
  int64_t cost_micros = 0;
  int attempts = 0;  // that were sent
};

// Thread-safe.
class RemoteAsker {
 public:
  virtual ~RemoteAsker() = default;
  // The un-redacted text; it crosses the boundary only as the egress function leaves it.
  virtual RemoteAnswer ask(std::string_view text) = 0;
};

// Keeps references to `egress`, `skills` and `budget`.
class RemoteModel final : public RemoteAsker {
 public:
  RemoteModel(const RemoteTier& tier, const RemotePrice& price, const TicketSkills& skills,
              const Egress& egress, std::unique_ptr<ChatClient> client, Budget& budget);

  RemoteAnswer ask(std::string_view text) override;

 private:
  const RemoteTier tier_;
  const RemotePrice price_;
  const TicketSkills& skills_;
  const Egress& egress_;
  const std::unique_ptr<ChatClient> client_;
  Budget& budget_;
};

// The client options that the mesh file asks for; `api_key` is the value of the variable it names.
ChatClientOptions chat_client_options(const RemoteTier& tier, std::string api_key);

}  // namespace ganglion
