// How a Datapack becomes one line of text that can't pretend to be two.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace msw::log_plugin {

/// Bytes of a body that a line shows.
inline constexpr std::size_t kShownBytes = 64 * 1024;

/// @return `text` on one line: line ends and tabs as `\n`, `\r`, `\t`, other control characters and bytes that are not
/// UTF-8 as `\xNN`. Everything else, backslashes too, stands as it is.
[[nodiscard]] std::string one_line(std::string_view text);

/// @return `FROM: BODY`, without a line end. A line end that closes the body is left out; of a body beyond kShownBytes
/// the beginning is shown, and its size.
[[nodiscard]] std::string log_line(std::string_view from, std::string_view body);

}  // namespace msw::log_plugin
