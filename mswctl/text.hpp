// Words for people: sizes, durations, near misses, and foreign text made harmless for a terminal.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

namespace mswctl {

/// Foreign text for a terminal: control characters but tab and line end become visible (`^[` for escape, `\x9b` for
/// the eight-bit ones), so that no host can move the cursor or retitle the window of whoever asks it.
/// @param tabs  columns a tab takes, or 0 to keep tabs
[[nodiscard]] std::string printable(std::string_view text, std::size_t tabs = 0);

/// @return columns that `text` takes on a terminal, each character counted as one
[[nodiscard]] std::size_t display_width(std::string_view text) noexcept;

/// @return `text` cut to `width` columns, ending in `…` if something was cut
[[nodiscard]] std::string shortened(std::string_view text, std::size_t width);

/// @return e.g. "512 B", "1.5 KiB", "16 MiB"
[[nodiscard]] std::string bytes_words(std::int64_t bytes);

/// @return e.g. "42 s", "3 min 5 s", "2 h 7 min", "9 d 4 h"
[[nodiscard]] std::string duration_words(std::int64_t seconds);

/// @param milliseconds  a time that was waited
/// @return e.g. "30 s", "0.5 s"
[[nodiscard]] std::string wait_words(std::int64_t milliseconds);

}  // namespace mswctl
