// The English stemmer of Snowball ("Porter2"),
// http://snowballstem.org/algorithms/english/stemmer.html (the version of 2001 to 2023), without
// the rules for apostrophes, which split_words() removes.
#pragma once

#include <string>

namespace ganglion {

// Cuts the endings off `word` in place. Words of fewer than three letters, and words with anything
// but a to z, are left as they are.
void stem_english(std::string& word);

}  // namespace ganglion
