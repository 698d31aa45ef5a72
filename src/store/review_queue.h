// The durable queue of requests that wait for a person.
#pragma once

#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "store/database.h"

namespace ganglion {

// One request that waits for a person. Times are Unix microseconds (UTC).
struct ReviewItem {
  std::string id{};  // the decision's id in the ledger; unique in the queue
  int64_t created_us = 0;
  std::string request_id{};  // the caller's name of the request; may be empty
  std::string skill{};       // what is asked, such as "intent"
  std::string text{};    // what the person reads; redacted by the caller where its policy says so
  std::string reason{};  // why a person was asked, such as "risk_above_limit"
  std::string suggestion{};  // the answer that was not trusted; may be empty
  double confidence = 0;     // of the suggestion
  std::string details{};     // free JSON for the interface; may be empty
};

struct ReviewAnswer {
  std::string label{};
  std::string answered_by{};  // who; may be empty
  std::string note{};         // may be empty
  int64_t answered_us = 0;
};

struct ReviewEntry {
  ReviewItem item;
  std::optional<ReviewAnswer> answer;  // none while it waits
};

enum class ReviewFilter { kWaiting, kAnswered, kAll };

struct ReviewCounts {
  int64_t waiting = 0;
  int64_t answered = 0;
};

// The durable queue of the person tier, in an SQLite file. Whatever add() or answer() acknowledged
// survives a crash. Not thread-safe; several processes may use one file.
class ReviewQueue {
 public:
  // Creates the file where there is none (not in kReadOnly). Fails as Database::open does.
  static Result<ReviewQueue> open(const std::filesystem::path& path, OpenMode mode);

  // Adds all items or, on failure, none; one disk flush for all, so add in batches where speed
  // matters. An item whose id is already there is left as it is: adding again after a crash is
  // harmless. An empty id is refused.
  Status add(std::span<const ReviewItem> items);

  // In the order of arrival, at most `limit`. `after_id` is the last id of the page before, or
  // empty.
  Result<std::vector<ReviewEntry>> list(ReviewFilter filter, size_t limit,
                                        std::string_view after_id = {}) const;

  // Fails with kNotFound where there is no such item.
  Result<ReviewEntry> find(std::string_view id) const;

  // Records the answer. Fails with kNotFound where there is no such item and with kConflict
  // where it was answered before: the first answer stays.
  Status answer(std::string_view id, const ReviewAnswer& answer);

  Result<ReviewCounts> counts() const;

 private:
  explicit ReviewQueue(Database database) : database_(std::move(database)) {}

  mutable Database database_;
};

}  // namespace ganglion
