// Bytes as the RFCs print them.
#pragma once

#include "base/hex.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace msw::test {

template <std::size_t N>
std::array<std::uint8_t, N> from_hex(std::string_view hex) {
    std::array<std::uint8_t, N> bytes{};
    for (std::size_t n = 0; n < N; ++n) {
        bytes.at(n) = static_cast<std::uint8_t>(std::stoi(std::string(hex.substr(2 * n, 2)), nullptr, 16));
    }
    return bytes;
}

/// @return N bytes: first, first + 1, …
template <std::size_t N>
std::array<std::uint8_t, N> bytes_from(unsigned first) {
    std::array<std::uint8_t, N> bytes{};
    for (std::size_t n = 0; n < N; ++n) bytes.at(n) = static_cast<std::uint8_t>(first + n);
    return bytes;
}

}  // namespace msw::test
