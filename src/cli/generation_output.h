// What commands that write text with a language model print besides the text.
#pragma once

#include <string>
#include <string_view>

#include "engine/generation.h"
#include "text/json.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

// For a terminal: control characters that a model wrote could move its cursor or worse, so all but
// line breaks and tabs become U+FFFD. `text` is valid UTF-8.
std::string terminal_text(std::string_view text);

// "12 prompt tokens at 340/s, 128 new at 45.2/s; ended by its end token".
std::string generation_summary(const GeneratedText& result);

// To standard error: what the model's description says beside figures.
void print_notes(const LanguageModel& model);

// {"text", "tokens", "finish_reason", …}; docs/generation.md describes it.
json::object generation_json(const GeneratedText& result, const Tokenizer& tokenizer,
                             uint64_t seed);

}  // namespace ganglion
