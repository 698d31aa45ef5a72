// jina-bert-v2: BERT with attention biases that grow with distance (ALiBi) instead of a table of
// positions, and feed-forward networks gated by GELU. M. Günther et al. 2023, "Jina Embeddings 2",
// section 3; llama.cpp (2025) for the names; checked by bert_test.cc.
#include "models/bert_config.h"

namespace ganglion {

Status read_jina_bert(const GgufFile& file, BertConfig& config) {
  // The variant for code normalises queries and keys.
  if (file.find_tensor("blk.0.attn_q_norm.weight") != nullptr) {
    return fail(ErrorCode::kUnsupported,
                "tensor \"blk.0.attn_q_norm.weight\": expected none (jina-embeddings-v2-base and "
                "-small; the variant for code is not read)");
  }
  config.positions = Positions::kDistance;
  config.gate = Gate::kGelu;
  config.has_biases = false;
  return {};
}

}  // namespace ganglion
