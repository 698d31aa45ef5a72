// Which of GGUF's pre-tokenizers a tokenizer.json describes.
#include <algorithm>
#include <vector>

#include "models/hugging_face/vocabulary.h"
#include "tokenizer/tokenizer_json_stages.h"

namespace ganglion {
namespace {

struct KnownPreTokenizer {
  std::string_view name;
  std::vector<Split> splits;
};

const std::vector<KnownPreTokenizer>& known_pre_tokenizers() {
  static const auto* const kKnown = new std::vector<KnownPreTokenizer>{
      {"gpt-2", {Split::kGpt2Words}},
      {"smollm", {Split::kNumber, Split::kGpt2Words}},
      {"falcon", {Split::kPunctuationRuns, Split::kGpt2Words, Split::kDigitBytes, Split::k3Digits}},
      {"llama-bpe", {Split::kLlama3Words}},
      {"qwen2", {Split::kQwen2Words}},
      {"gpt-4o", {Split::kGpt4oWords}},
      {"tekken", {Split::kTekkenWords}},
  };
  return *kKnown;
}

// Only Llama 3's tokens are looked up before merging; others cut the same words.
bool ignores_merges(const HfConfig& root) {
  const json::value* model = root.object().if_contains("model");
  if (model == nullptr || !model->is_object()) return false;
  const json::value* flag = model->get_object().if_contains("ignore_merges");
  return flag != nullptr && flag->is_bool() && flag->get_bool();
}

}  // namespace

Result<std::string> pre_tokenizer_name(const HfConfig& root) {
  const auto refuse = [&](std::string_view found) {
    std::string names;
    for (const KnownPreTokenizer& known : known_pre_tokenizers()) {
      names += fmt::format("{}, ", known.name);
    }
    return fail(ErrorCode::kUnsupported,
                "{}: \"pre_tokenizer\": expected that of {}smaug-bpe, found {}", root.source_name(),
                names, found);
  };
  const json::value* value = root.object().if_contains("pre_tokenizer");
  const Result<JsonPreTokenizer> found = read_pre_tokenizer_json(value);
  if (!found.ok()) return refuse(found.error().message);
  for (const KnownPreTokenizer& known : known_pre_tokenizers()) {
    const bool is_same = std::equal(
        found->stages.begin(), found->stages.end(), known.splits.begin(), known.splits.end(),
        [](const SplitStage& stage, Split split) { return stage.split == split; });
    if (!is_same || found->adds_space || found->marks_spaces) continue;
    if (known.name != "llama-bpe") return std::string(known.name);
    return std::string(ignores_merges(root) ? "llama-bpe" : "smaug-bpe");
  }
  return refuse(value == nullptr ? "none" : json::serialize(*value).substr(0, 200));
}

}  // namespace ganglion
