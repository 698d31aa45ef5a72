#include "engine/encoder.h"

#include "engine/bert_encoder.h"
#include "engine/encoder_identity.h"
#include "formats/gguf.h"
#include "models/bert_config.h"
#include "models/hugging_face/convert.h"
#include "models/static_embedding.h"

namespace ganglion {
namespace {

class StaticEncoder : public Encoder {
 public:
  explicit StaticEncoder(StaticEmbedding model) : model_(std::move(model)) {}

  size_t hidden_size() const override { return model_.hidden_size(); }

  Status embed(std::span<const std::string_view> texts, std::span<float> out) const override {
    model_.embed(texts, out);
    return {};
  }

 private:
  StaticEmbedding model_;
};

Result<std::unique_ptr<const Encoder>> load_gguf(GgufFile file, const EncoderOptions& options) {
  GANGLION_ASSIGN(const std::string_view architecture, file.get_string("general.architecture"));
  if (architecture == StaticEmbedding::kArchitecture) {
    GANGLION_ASSIGN(StaticEmbedding model, StaticEmbedding::load(std::move(file)));
    return std::unique_ptr<const Encoder>(std::make_unique<StaticEncoder>(std::move(model)));
  }
  if (is_bert_architecture(architecture)) {
    GANGLION_ASSIGN(auto bert, BertEncoder::load(std::move(file), options));
    return std::unique_ptr<const Encoder>(std::move(bert));
  }
  return fail(ErrorCode::kUnsupported,
              "{}: metadata \"general.architecture\": expected an encoder ({} or "
              "\"{}\"), found \"{}\"",
              file.source_name(), kBertArchitectures, StaticEmbedding::kArchitecture, architecture);
}

Result<std::unique_ptr<const Encoder>> load_embedded() {
  GANGLION_ASSIGN(const EmbeddedModel model, embedded_encoder_file());
  GANGLION_ASSIGN(GgufFile file, GgufFile::parse(model.bytes, std::string(model.name)));
  return load_gguf(std::move(file), {});
}

}  // namespace

Result<std::unique_ptr<const Encoder>> load_encoder(const std::filesystem::path& path,
                                                    const EncoderOptions& options) {
  GANGLION_ASSIGN(GgufFile file, open_model(path));
  return load_gguf(std::move(file), options);
}

Result<const Encoder*> embedded_encoder() {
  static const Result<std::unique_ptr<const Encoder>> kEncoder = load_embedded();
  if (!kEncoder.ok()) return kEncoder.error();
  return kEncoder.value().get();
}

}  // namespace ganglion
