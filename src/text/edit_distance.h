// "Did you mean …?"
#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace ganglion {

// Insertions, deletions, replacements and swaps of neighbours (optimal string alignment) that turn
// `a` into `b`, over bytes. O(|a| * |b|).
size_t edit_distance(std::string_view a, std::string_view b);

// The candidate nearest to `word`, where it is near enough to be a slip: at most a third of the
// longer one's length. The first one of several equals.
std::optional<std::string> nearest_word(std::string_view word,
                                        std::span<const std::string> candidates);

}  // namespace ganglion
