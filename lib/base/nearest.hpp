// What somebody may have meant by a word that isn't known.
#pragma once

#include <span>
#include <string_view>

namespace msw {

/// @return the candidate with the fewest edits to `word` (Levenshtein 1966), the first of several; nothing if it takes
/// more than half of the word's letters, or the word is longer than 64 bytes: that is another word, not a slip
[[nodiscard]] std::string_view nearest(std::string_view word, std::span<const std::string_view> candidates);

}  // namespace msw
