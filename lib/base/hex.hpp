// Bytes and numbers as hex digits, lower case.
#pragma once

#include <cstdint>
#include <optional>
#include <ranges>
#include <string>
#include <string_view>

namespace msw {

inline constexpr std::string_view kHexDigits = "0123456789abcdef";

/// @return two digits for each byte. Thread: any.
template <std::ranges::range Bytes>
[[nodiscard]] std::string to_hex(const Bytes& bytes) {
    std::string hex;
    for (const auto byte : bytes) {
        const auto value = static_cast<std::uint8_t>(byte);
        hex += kHexDigits[value >> 4U];
        hex += kHexDigits[value & 15U];
    }
    return hex;
}

/// @return 16 digits. Thread: any.
[[nodiscard]] inline std::string to_hex(std::uint64_t number) {
    std::string text(16, '0');
    for (auto at = text.rbegin(); at != text.rend(); ++at, number >>= 4U) *at = kHexDigits[number & 15U];
    return text;
}

/// @return the number that 16 lower-case digits stand for; nothing: they are none. Thread: any.
[[nodiscard]] inline std::optional<std::uint64_t> read_hex(std::string_view text) noexcept {
    if (text.size() != 16) return std::nullopt;
    std::uint64_t number = 0;
    for (const char c : text) {
        const bool digit = c >= '0' && c <= '9';
        if (!digit && (c < 'a' || c > 'f')) return std::nullopt;
        number = (number << 4U) | static_cast<std::uint64_t>(digit ? c - '0' : c - 'a' + 10);
    }
    return number;
}

}  // namespace msw
