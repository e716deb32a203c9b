// Bytes as letters and digits (RFC 4648, 4): for documents in the text of a question.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace msw {

inline constexpr std::string_view kBase64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// @return base64 with padding. Thread: any.
[[nodiscard]] inline std::string to_base64(std::string_view bytes) {
    std::string text;
    text.reserve((bytes.size() + 2) / 3 * 4);
    std::uint32_t bits = 0;
    unsigned have = 0;
    for (const char c : bytes) {
        bits = bits << 8U | static_cast<std::uint8_t>(c);
        for (have += 8; have >= 6; have -= 6) text += kBase64[bits >> (have - 6) & 63U];
    }
    if (have > 0) text += kBase64[bits << (6 - have) & 63U];
    text.append((4 - text.size() % 4) % 4, '=');
    return text;
}

/// @return the bytes; nothing if it isn't what to_base64() would have written. Thread: any.
[[nodiscard]] inline std::optional<std::string> read_base64(std::string_view text) {
    std::string bytes;
    bytes.reserve(text.size() / 4 * 3);
    std::uint32_t bits = 0;
    unsigned have = 0;
    for (const char c : text.substr(0, text.find('='))) {
        const std::size_t digit = kBase64.find(c);
        if (digit == std::string_view::npos) return std::nullopt;
        bits = bits << 6U | static_cast<std::uint32_t>(digit);
        have += 6;
        if (have < 8) continue;
        have -= 8;
        bytes += static_cast<char>(bits >> have & 255U);
    }
    return to_base64(bytes) == text ? std::optional(std::move(bytes)) : std::nullopt;
}

}  // namespace msw
