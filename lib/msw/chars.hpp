// Which bytes may stand where in a head.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace msw::chars {

enum Class : std::uint8_t {
    kName = 1,   ///< letters, digits, `_`, `.`, `-`
    kApp = 2,    ///< what an app word may hold: kName, `@`, `&`
    kPlain = 4,  ///< a value byte that crosses an msw/1 line as it stands, whatever stands beside it
};

inline constexpr std::array<std::uint8_t, 256> kTable = [] {
    std::array<std::uint8_t, 256> t{};
    for (unsigned c = 0; c < 256; ++c) {
        const bool digit = c >= '0' && c <= '9';
        const bool alpha = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        std::uint8_t v = 0;
        if (digit || alpha || c == '_' || c == '.' || c == '-') v |= kName | kApp;
        if (c == '@' || c == '&') v |= kApp;
        if (c >= 0x20 && c < 0x7f && c != '%') v |= kPlain;
        t[c] = v;
    }
    return t;
}();

[[nodiscard]] constexpr bool is(char c, Class k) noexcept { return (kTable[static_cast<unsigned char>(c)] & k) != 0; }

/// @return whether every byte of `text` is of class `k`.
[[nodiscard]] constexpr bool all(std::string_view text, Class k) noexcept {
    std::uint8_t seen = 0xff;
    for (const char c : text) seen &= kTable[static_cast<unsigned char>(c)];
    return (seen & k) != 0;
}

}  // namespace msw::chars
