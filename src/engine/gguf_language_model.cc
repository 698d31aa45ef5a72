#include "engine/gguf_language_model.h"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "base/memory.h"
#include "engine/decoder_batch.h"
#include "engine/decoder_session.h"
#include "engine/memory_need.h"
#include "kernels/dispatch.h"
#include "models/decoder.h"
#include "models/gguf_tokenizer.h"
#include "models/lora_adapter_file.h"

namespace ganglion {
namespace {

// Null where the file has none.
Result<std::unique_ptr<const Tokenizer>> read_tokenizer(const GgufFile& file) {
  auto tokenizer = load_gguf_tokenizer(file);
  if (tokenizer.ok()) return std::unique_ptr<const Tokenizer>(std::move(tokenizer).value());
  if (tokenizer.error().code == ErrorCode::kNotFound) return std::unique_ptr<const Tokenizer>();
  return tokenizer.error();
}

class GgufLanguageModel final : public LanguageModel {
 public:
  GgufLanguageModel(std::unique_ptr<const GgufFile> file, Decoder decoder,
                    ModelDescription description, std::unique_ptr<const Tokenizer> tokenizer,
                    const KernelTable& kernels, const LanguageModelOptions& options)
      : file_(std::move(file)),
        description_(std::move(description)),
        tokenizer_(std::move(tokenizer)),
        memory_limit_bytes_(options.memory_limit_bytes),
        runtime_(std::move(decoder), *file_, kernels, options) {
    if (const std::string note = runtime_.note(); !note.empty()) {
      description_.notes.push_back(note);
    }
    if (const auto text = file_->get_string("tokenizer.chat_template"); text.ok()) {
      chat_template_ = *text;
    }
    if (const auto text = file_->get_string("tokenizer.chat_template.tool_use"); text.ok()) {
      tool_template_ = *text;
    }
  }

  const ModelDescription& description() const override { return description_; }
  const Tokenizer* tokenizer() const override { return tokenizer_.get(); }
  std::string_view chat_template() const override { return chat_template_; }
  std::string_view tool_template() const override { return tool_template_; }

  Result<std::unique_ptr<Session>> start(const SessionOptions& options) const override {
    const size_t trained = description_.context_length;
    const size_t capacity =
        options.context_length == 0 ? std::min(trained, kUsualContext) : options.context_length;
    if (capacity > trained && !runtime_.decoder().can_shift()) {
      return fail(ErrorCode::kInvalidArgument,
                  "{}: the model has {} positions, a context of {} tokens does not fit",
                  file_->source_name(), trained, capacity);
    }
    Result<KvCache> created =
        runtime_.decoder().new_cache(options.cache_type, capacity, &runtime_.memory());
    if (!created.ok()) return at_place(file_->source_name(), created.error());
    KvCache cache = std::move(created).value();
    const uint64_t available =
        memory_limit_bytes_ == 0 ? available_memory_bytes() : memory_limit_bytes_;
    GANGLION_TRY(
        check_cache_fits(file_->source_name(), capacity, cache.bytes(capacity), available));
    return std::unique_ptr<Session>(
        std::make_unique<DecoderSession>(runtime_, std::move(cache), options.adapter));
  }

  Status append_all(std::span<const SessionStep> steps) const override {
    std::vector<DecoderStep> decoder_steps;
    decoder_steps.reserve(steps.size());
    for (const SessionStep& step : steps) {
      auto* const session = dynamic_cast<DecoderSession*>(step.session);
      GANGLION_ASSERT(session != nullptr);
      decoder_steps.push_back({session, step.tokens, step.rows, step.logits});
    }
    return append_together(runtime_, decoder_steps);
  }

  uint64_t cache_bytes() const override { return runtime_.memory().bytes; }

  Result<std::shared_ptr<const LoraAdapter>> load_adapter(
      const std::filesystem::path& path) const override {
    GANGLION_ASSIGN(LoraAdapter adapter, load_lora_adapter(path, *file_));
    return std::shared_ptr<const LoraAdapter>(
        std::make_shared<const LoraAdapter>(std::move(adapter)));
  }

 private:
  std::unique_ptr<const GgufFile> file_;
  ModelDescription description_;
  std::unique_ptr<const Tokenizer> tokenizer_;
  uint64_t memory_limit_bytes_;
  DecoderRuntime runtime_;
  std::string_view chat_template_;
  std::string_view tool_template_;
};

}  // namespace

Result<ModelDescription> describe_language_model(const GgufFile& file) {
  GANGLION_ASSIGN(const DecoderFile decoder, DecoderFile::create(file));
  const DecoderSizes& sizes = decoder.sizes();
  ModelDescription description;
  description.architecture = decoder.architecture();
  if (const auto name = file.get_string("general.name"); name.ok()) description.name = *name;
  description.vocabulary_size = sizes.vocabulary_size;
  description.context_length = sizes.context_length;
  description.cache_bytes_per_token =
      uint64_t{2} * sizeof(uint16_t) * sizes.num_layers * sizes.num_kv_heads * sizes.head_dim;
  for (const GgufTensor& tensor : file.tensors()) {
    description.num_parameters += static_cast<uint64_t>(tensor.view.shape.num_elements());
    description.weight_bytes += tensor.view.bytes.size();
  }
  return description;
}

Result<std::unique_ptr<const LanguageModel>> load_gguf_language_model(
    GgufFile file, const LanguageModelOptions& options) {
  auto owned = std::make_unique<const GgufFile>(std::move(file));
  GANGLION_ASSIGN(const KernelTable* kernels, active_kernels());
  GANGLION_ASSIGN(Decoder decoder, Decoder::load(*owned));
  GANGLION_ASSIGN(ModelDescription description, describe_language_model(*owned));
  const uint64_t available =
      options.memory_limit_bytes == 0 ? available_memory_bytes() : options.memory_limit_bytes;
  GANGLION_TRY(check_weights_fit(owned->source_name(), description, available));
  GANGLION_ASSIGN(std::unique_ptr<const Tokenizer> tokenizer, read_tokenizer(*owned));
  return std::unique_ptr<const LanguageModel>(std::make_unique<GgufLanguageModel>(
      std::move(owned), std::move(decoder), std::move(description), std::move(tokenizer), *kernels,
      options));
}

}  // namespace ganglion
