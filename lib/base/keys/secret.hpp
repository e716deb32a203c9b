// Bytes that are nobody else's business.
#pragma once

#include <openssl/crypto.h>
#include <array>
#include <cstddef>
#include <cstdint>

namespace msw {

/// N bytes that are wiped when they go. Can't be copied or moved by accident: hand over a reference.
/// Thread: like an array.
template <std::size_t N>
class Secret {
public:
    Secret() = default;
    Secret(const Secret&) = delete;
    Secret& operator=(const Secret&) = delete;
    Secret(Secret&&) = delete;
    Secret& operator=(Secret&&) = delete;
    ~Secret() { OPENSSL_cleanse(bytes_.data(), N); }

    [[nodiscard]] std::uint8_t* data() noexcept { return bytes_.data(); }
    [[nodiscard]] const std::uint8_t* data() const noexcept { return bytes_.data(); }
    [[nodiscard]] static constexpr std::size_t size() noexcept { return N; }

private:
    std::array<std::uint8_t, N> bytes_{};
};

}  // namespace msw
