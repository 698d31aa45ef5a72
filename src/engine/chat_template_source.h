// Where a model keeps its chat template.
#pragma once

#include <filesystem>
#include <map>
#include <string>

#include "base/result.h"
#include "engine/language_model.h"

namespace ganglion {

struct ChatTemplateSource {
  std::string name;       // for errors
  std::string text;       // Jinja; empty where there is none
  std::string tool_text;  // of the template named "tool_use"; empty: `text` is for tools too
  // "bos_token" → "<s>" and its kin, which templates name.
  std::map<std::string, std::string> special_texts;
};

// From a GGUF file or a Hugging Face folder (chat_template.jinja, tokenizer_config.json), a
// tokenizer_config.json alone, or any other file, which is the template itself and tells no special
// texts. kMalformed and the errors of the formats.
Result<ChatTemplateSource> read_chat_template(const std::filesystem::path& path);

// Of a loaded model, whose tokenizer must not be null.
ChatTemplateSource chat_template_of(const LanguageModel& model);

// The texts of a tokenizer's special tokens, by the names that templates use.
std::map<std::string, std::string> special_texts_of(const Tokenizer& tokenizer);

}  // namespace ganglion
