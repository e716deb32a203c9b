#include "mswctl/text.hpp"

#include <algorithm>
#include <array>
#include <cstdio>
#include <vector>

namespace mswctl {
namespace {

constexpr bool continues(char c) noexcept { return (static_cast<unsigned char>(c) & 0xc0U) == 0x80U; }

/// Bytes of the first `columns` characters.
std::size_t bytes_of(std::string_view text, std::size_t columns) noexcept {
    std::size_t at = 0;
    for (; at < text.size(); ++at) {
        if (continues(text[at])) continue;
        if (columns == 0) break;
        --columns;
    }
    return at;
}

std::string scaled(double value, std::string_view unit) {
    std::array<char, 32> text{};
    const bool whole = value >= 10 || value == static_cast<double>(static_cast<std::int64_t>(value));
    (void)std::snprintf(text.data(), text.size(), whole ? "%.0f" : "%.1f", value);
    return std::string(text.data()) + ' ' + std::string(unit);
}

}  // namespace

std::string printable(std::string_view text, std::size_t tabs) {
    constexpr std::string_view kHex = "0123456789abcdef";
    std::string out;
    out.reserve(text.size());
    std::size_t column = 0;
    for (std::size_t i = 0; i < text.size(); ++i) {
        const auto c = static_cast<unsigned char>(text[i]);
        const std::size_t before = out.size();
        if (c == '\n') {
            out += '\n';
            column = 0;
            continue;
        }
        if (c == '\t') {
            out += tabs == 0 ? std::string("\t") : std::string(tabs - column % tabs, ' ');
        } else if (c == '\r' && i + 1 < text.size() && text[i + 1] == '\n') {
            continue;
        } else if (c < 0x20 || c == 0x7f) {
            out += '^';
            out += static_cast<char>(c ^ 0x40U);
        } else if (c == 0xc2 && i + 1 < text.size() && static_cast<unsigned char>(text[i + 1]) < 0xa0) {
            const auto control = static_cast<unsigned char>(text[++i]);
            out += "\\x";
            out += kHex[control >> 4U];
            out += kHex[control & 15U];
        } else {
            out += static_cast<char>(c);
        }
        column += display_width(std::string_view(out).substr(before));
    }
    return out;
}

std::size_t display_width(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::count_if(text.begin(), text.end(), [](char c) { return !continues(c); }));
}

std::string shortened(std::string_view text, std::size_t width) {
    if (display_width(text) <= width) return std::string(text);
    if (width == 0) return {};
    return std::string(text.substr(0, bytes_of(text, width - 1))) + "…";
}

std::string bytes_words(std::int64_t bytes) {
    constexpr std::array<std::string_view, 5> kUnits{"KiB", "MiB", "GiB", "TiB", "PiB"};
    if (bytes < 1024) return std::to_string(bytes) + " B";
    double value = static_cast<double>(bytes) / 1024;
    std::size_t unit = 0;
    while (value >= 1024 && unit + 1 < kUnits.size()) {
        value /= 1024;
        ++unit;
    }
    return scaled(value, kUnits[unit]);
}

std::string duration_words(std::int64_t seconds) {
    struct Unit {
        std::int64_t seconds;
        std::string_view name;
    };
    constexpr std::array<Unit, 4> kUnits{{{86400, " d"}, {3600, " h"}, {60, " min"}, {1, " s"}}};
    for (std::size_t i = 0; i + 1 < kUnits.size(); ++i) {
        if (seconds < kUnits[i].seconds) continue;
        std::string text = std::to_string(seconds / kUnits[i].seconds).append(kUnits[i].name);
        const std::int64_t rest = seconds % kUnits[i].seconds / kUnits[i + 1].seconds;
        if (rest > 0) text.append(" ").append(std::to_string(rest)).append(kUnits[i + 1].name);
        return text;
    }
    return std::to_string(seconds) + " s";
}

std::string wait_words(std::int64_t milliseconds) { return scaled(static_cast<double>(milliseconds) / 1000, "s"); }

}  // namespace mswctl
