// Checks a ledger file for tampering and damage.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ledger/hash_chain.h"

namespace ganglion {

struct LedgerFault {
  int64_t seq;  // of the record where it shows; 0: of the file
  std::string message{};
};

struct LedgerVerification {
  int64_t records = 0;
  int64_t commits = 0;
  ChainHead head;
  std::vector<LedgerFault> faults;  // the first kMaxFaults; empty: intact

  static constexpr size_t kMaxFaults = 20;
};

// Recomputes the chain over every record and compares it with the stored digests and with the head
// of every commit. `known_head`, noted earlier, must still be part of the chain: that finds an end
// that was cut off. An Error means that the file could not be read at all.
Result<LedgerVerification> verify_ledger(const std::filesystem::path& path,
                                         const std::optional<ChainHead>& known_head = {});

// "SEQ:HEX", as printed by `ganglion ledger verify`.
std::string format_head(const ChainHead& head);
Result<ChainHead> parse_head(std::string_view text);

}  // namespace ganglion
