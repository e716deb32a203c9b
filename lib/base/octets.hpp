// Bytes seen as characters: what libraries call unsigned char and what strings hold are the same bytes.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace msw {

/// @return the same bytes; `bytes` must live on. Thread: any.
template <std::size_t N>
[[nodiscard]] std::string_view text_of(const std::array<std::uint8_t, N>& bytes) noexcept {
    return {reinterpret_cast<const char*>(bytes.data()), N};
}

}  // namespace msw
