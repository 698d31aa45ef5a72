// nomic-bert: BERT with rotary positions instead of a table, gated feed-forward networks, and one
// matrix for queries, keys and values. Z. Nussbaum et al. 2024, "Nomic Embed", section 3.1;
// transformers 5 (modeling_nomic_bert.py); checked by bert_test.cc and engine/encoder_test.cc.
#include "models/bert_config.h"

namespace ganglion {

Status read_nomic_bert(const GgufFile& file, BertConfig& config) {
  GANGLION_ASSIGN(const double theta, file.get_number_or("nomic-bert.rope.freq_base", 1000.0));
  if (!(theta > 1.0 && theta < 1e12)) {
    return fail(ErrorCode::kMalformed,
                "metadata \"nomic-bert.rope.freq_base\": expected above 1, found {}", theta);
  }
  if (config.head_dim() % 2 != 0) {
    return fail(ErrorCode::kMalformed,
                "size of an attention head: expected an even number, found {}", config.head_dim());
  }
  GANGLION_ASSIGN(const uint64_t period, file.get_unsigned_or("nomic-bert.moe_every_n_layers", 0));
  if (period != 0) {
    return fail(ErrorCode::kUnsupported,
                "metadata \"nomic-bert.moe_every_n_layers\": expected 0 (nomic-embed-text v1 and "
                "v1.5; mixtures of experts are not read), found {}",
                period);
  }
  config.positions = Positions::kRotary;
  config.rope_theta = theta;
  config.gate = Gate::kSilu;
  config.has_biases = false;
  return {};
}

}  // namespace ganglion
