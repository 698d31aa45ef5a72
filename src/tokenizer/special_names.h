// Finds the tokens with a meaning of their own by the names that published vocabularies give them.
#pragma once

#include "tokenizer/bpe_builder.h"
#include "tokenizer/tokenizer.h"

namespace ganglion {

// Fills the ids that are still kNone (end of turn, infilling) where a token has one of the usual
// names, and makes tokens of such a name control tokens: a text must not be able to spell them.
// Source of the names: llama.cpp's llama-vocab.cpp (2026).
void find_special_by_name(VocabularyTokens& tokens, SpecialTokens& special);

}  // namespace ganglion
