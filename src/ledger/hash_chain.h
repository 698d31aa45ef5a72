// The hash chain over the ledger's records: each record's digest covers the one before it, so a
// changed, dropped, inserted or reordered record is found. Cutting off the end is found only
// against a head kept elsewhere (docs/decisions/).
#pragma once

#include <cstdint>
#include <string_view>

#include "base/hash.h"
#include "ledger/decision_record.h"

namespace ganglion {

// The digest before the first record.
inline constexpr Sha256Digest kChainStart = {};

// The last record and its digest; seq 0 and kChainStart for an empty ledger.
struct ChainHead {
  int64_t seq = 0;
  Sha256Digest digest = kChainStart;

  friend bool operator==(const ChainHead&, const ChainHead&) = default;
};

// SHA-256 of `previous.digest` and of everything stored of record number `previous.seq` + 1. Of the
// record only the columns are read; its lists come as the stored text `details`.
ChainHead next_in_chain(const ChainHead& previous, const DecisionRecord& columns,
                        std::string_view details);

}  // namespace ganglion
