#include "engine/bert_encoder.h"

#include <cmath>
#include <utility>
#include <vector>

#include "base/check.h"

namespace ganglion {
namespace {

void normalize(std::span<float> vector) {
  double squares = 0.0;
  for (const float value : vector) {
    squares += static_cast<double>(value) * static_cast<double>(value);
  }
  if (squares <= 0.0) return;
  const auto inverse = static_cast<float>(1.0 / std::sqrt(squares));
  for (float& value : vector) value *= inverse;
}

}  // namespace

Result<std::unique_ptr<BertEncoder>> BertEncoder::load(GgufFile file,
                                                       const EncoderOptions& options) {
  GANGLION_ASSIGN(std::unique_ptr<const BertModel> model,
                  BertModel::load(std::move(file), options));
  if (model->config().pooling == Pooling::kRank) {
    return fail(ErrorCode::kUnsupported,
                "{}: expected an embedding model, found one that scores texts (pooling \"rank\"); "
                "use it with `ganglion {}`",
                model->source_name(), model->head()->labels().size() == 1 ? "rerank" : "classify");
  }
  GANGLION_TRY(model->check_tokenizer());
  return std::unique_ptr<BertEncoder>(new BertEncoder(std::move(model)));
}

Status BertEncoder::embed(std::span<const std::string_view> texts, std::span<float> out) const {
  const size_t size = hidden_size();
  GANGLION_ASSERT(out.size() == texts.size() * size);
  std::vector<TokenSequence> sequences;
  sequences.reserve(texts.size());
  for (const std::string_view text : texts) sequences.push_back(model_->encode(text));
  model_->run(sequences, [&](size_t index, std::span<const float> hidden) {
    const std::span<float> vector = out.subspan(index * size, size);
    model_->pool(hidden, vector);
    normalize(vector);
  });
  return model_->check_finite(out, "vectors");
}

}  // namespace ganglion
