// What others say, in a line for people.
#pragma once

#include <string>
#include <string_view>

namespace msw::net {

/// @return its beginning, with a question mark for every byte that is not printable ASCII
[[nodiscard]] inline std::string printable(std::string_view text, std::size_t most = 256) {
    std::string out;
    for (const char c : text.substr(0, most)) out += c >= 0x20 && c < 0x7f ? c : '?';
    return out;
}

}  // namespace msw::net
