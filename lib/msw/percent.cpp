#include "msw/percent.hpp"

#include "msw/chars.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace msw {
namespace {

bool continuation(std::string_view text, std::size_t at) noexcept {
    return at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80;
}

/// @return how many bytes the well-formed character at `at` takes; 0 if there is none.
std::size_t utf8_length(std::string_view text, std::size_t at) noexcept {
    const auto lead = static_cast<unsigned char>(text[at]);
    if (lead < 0x80) return 1;
    if (lead < 0xc2 || lead > 0xf4 || !continuation(text, at + 1)) return 0;
    if (lead < 0xe0) return 2;
    const auto second = static_cast<unsigned char>(text[at + 1]);
    if (!continuation(text, at + 2)) return 0;
    if (lead < 0xf0) {
        const bool overlong = lead == 0xe0 && second < 0xa0;
        const bool surrogate = lead == 0xed && second > 0x9f;
        return overlong || surrogate ? 0 : 3;
    }
    const bool overlong = lead == 0xf0 && second < 0x90;
    const bool beyond = lead == 0xf4 && second > 0x8f;
    return overlong || beyond || !continuation(text, at + 3) ? 0 : 4;
}

bool control(char c) noexcept {
    const auto u = static_cast<unsigned char>(c);
    return u < 0x20 || u == 0x7f;
}

int hex_value(char c) noexcept {
    if (c >= '0' && c <= '9') return c - '0';
    if (c >= 'a' && c <= 'f') return c - 'a' + 10;
    if (c >= 'A' && c <= 'F') return c - 'A' + 10;
    return -1;
}

}  // namespace

bool valid_utf8(std::string_view text) noexcept {
    for (std::size_t i = 0; i < text.size();) {
        const std::size_t n = utf8_length(text, i);
        if (n == 0) return false;
        i += n;
    }
    return true;
}

bool plain_value(std::string_view value) noexcept {
    // Eight bytes at a time: a byte of a word is zero where (w - 0x01..) & ~w has its high bit (Warren, Hacker's
    // Delight, 6-1). False alarms are only bytes to look at more closely.
    constexpr std::uint64_t kOnes = 0x0101010101010101U;
    constexpr std::uint64_t kHighs = 0x8080808080808080U;
    const auto has_zero = [](std::uint64_t w) noexcept { return (w - kOnes) & ~w & kHighs; };
    std::size_t at = 0;
    for (; at + 8 <= value.size(); at += 8) {
        std::uint64_t w = 0;
        std::memcpy(&w, value.data() + at, 8);
        const std::uint64_t below_space = (w - kOnes * 0x20) & ~w & kHighs;
        if (((w & kHighs) | below_space | has_zero(w ^ (kOnes * '%')) | has_zero(w ^ (kOnes * 0x7f))) != 0) break;
    }
    const std::string_view rest = value.substr(at);
    if (rest.empty() || chars::all(rest, chars::kPlain)) return true;
    for (const char c : rest) {
        if (c == '%' || control(c)) return false;
    }
    return valid_utf8(rest);
}

void percent_encode(std::string_view value, std::string& out) {
    constexpr std::string_view kDigits = "0123456789ABCDEF";
    for (std::size_t i = 0; i < value.size();) {
        const std::size_t n = value[i] == '%' || control(value[i]) ? 0 : utf8_length(value, i);
        if (n > 0) {
            out.append(value, i, n);
            i += n;
            continue;
        }
        const auto u = static_cast<unsigned char>(value[i]);
        out += '%';
        out += kDigits[u >> 4U];
        out += kDigits[u & 15U];
        ++i;
    }
}

std::optional<std::string> percent_decode(std::string_view value) {
    std::string out;
    out.reserve(value.size());
    for (std::size_t i = 0; i < value.size();) {
        if (value[i] == '%') {
            if (i + 2 >= value.size()) return std::nullopt;
            const int high = hex_value(value[i + 1]);
            const int low = hex_value(value[i + 2]);
            if (high < 0 || low < 0 || (high == 0 && low == 0)) return std::nullopt;
            out += static_cast<char>(high * 16 + low);
            i += 3;
            continue;
        }
        const std::size_t n = control(value[i]) ? 0 : utf8_length(value, i);
        if (n == 0) return std::nullopt;
        out.append(value, i, n);
        i += n;
    }
    return out;
}

}  // namespace msw
