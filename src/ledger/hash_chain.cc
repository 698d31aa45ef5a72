#include "ledger/hash_chain.h"

#include <bit>
#include <string>

namespace ganglion {
namespace {

void append_int(std::string& image, int64_t value) {
  for (int shift = 0; shift < 64; shift += 8) {
    image += static_cast<char>(static_cast<uint64_t>(value) >> shift);
  }
}

// The length comes first, so that no text can run into the next one unseen.
void append_text(std::string& image, std::string_view text) {
  append_int(image, static_cast<int64_t>(text.size()));
  image += text;
}

// SQLite stores -0.0 as 0; adding 0.0 makes them one here too.
void append_double(std::string& image, double value) {
  append_int(image, std::bit_cast<int64_t>(value + 0.0));
}

}  // namespace

ChainHead next_in_chain(const ChainHead& previous, const DecisionRecord& columns,
                        std::string_view details) {
  const int64_t seq = previous.seq + 1;
  std::string image(reinterpret_cast<const char*>(previous.digest.data()), previous.digest.size());
  image.reserve(512 + details.size());
  append_int(image, seq);
  append_text(image, columns.id);
  append_int(image, columns.time_us);
  append_text(image, columns.request_id);
  append_text(image, columns.skill);
  append_text(image, columns.mesh_sha256);
  append_text(image, columns.input_sha256);
  append_text(image, columns.tier);
  append_text(image, columns.answer);
  append_text(image, columns.reason);
  append_double(image, columns.confidence);
  // A threshold is in [0, 1] and correct is 0 or 1: -1 stands for none.
  append_double(image, columns.threshold.value_or(-1.0));
  append_int(image, columns.correct ? static_cast<int64_t>(*columns.correct) : -1);
  append_int(image, columns.tokens_in);
  append_int(image, columns.tokens_out);
  append_int(image, columns.latency_us);
  append_int(image, columns.cost_micros);
  append_text(image, details);
  return {seq, sha256(image)};
}

}  // namespace ganglion
