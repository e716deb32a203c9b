// Bytes that are nobody else's business.
#pragma once

#include <openssl/crypto.h>
#include <array>
#include <cstddef>
#include <cstdint>
#include <string>
#include <utility>

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

/// A string that is wiped when it goes. What has been made of it before that is whoever's who made it.
/// Thread: like a string.
struct SecretText {
    SecretText() = default;
    explicit SecretText(std::string from) : text(std::move(from)) {}
    SecretText(const SecretText&) = delete;
    SecretText& operator=(const SecretText&) = delete;
    SecretText(SecretText&& other) noexcept : text(std::move(other.text)) { other.wipe(); }
    SecretText& operator=(SecretText&& other) noexcept {
        wipe();
        text = std::move(other.text);
        other.wipe();
        return *this;
    }
    ~SecretText() { wipe(); }

    std::string text;

private:
    void wipe() noexcept {
        text.resize(text.capacity());  // a short one lies in the string itself
        OPENSSL_cleanse(text.data(), text.size());
        text.clear();
    }
};

}  // namespace msw
