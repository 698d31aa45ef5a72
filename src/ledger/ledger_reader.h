// Looks up decisions in a ledger file.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/result.h"
#include "ledger/decision_record.h"
#include "store/database.h"

namespace ganglion {

// Where commands look for the ledger unless told otherwise: in the working folder.
inline constexpr const char* kDefaultLedgerPath = "ledger.db";

struct LedgerFilter {
  std::string tier{};    // empty: every tier
  std::string reason{};  // empty: every reason
  size_t limit = 20;
};

// Sees what was committed when each call begins, also while others write. Not thread-safe.
class LedgerReader {
 public:
  // The file must exist. Fails as Database::open does.
  static Result<LedgerReader> open(const std::filesystem::path& path);

  // `name` is the id of a decision, the beginning of exactly one id, or a request id; of several
  // decisions on one request the last. kNotFound where there is none, kConflict where the beginning
  // fits several.
  Result<DecisionRecord> find(std::string_view name) const;

  // Newest first.
  Result<std::vector<DecisionRecord>> list(const LedgerFilter& filter) const;

 private:
  explicit LedgerReader(Database database) : database_(std::move(database)) {}
  Result<std::vector<DecisionRecord>> select(std::string_view condition,
                                             const std::vector<std::string_view>& parameters,
                                             size_t limit) const;

  mutable Database database_;
};

}  // namespace ganglion
