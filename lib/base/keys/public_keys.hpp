// What others know of a host's keys.
#pragma once

#include "base/keys/key_digest.hpp"

#include <array>
#include <cstdint>

namespace msw {

/// Of Ed25519 or X25519.
using PublicKey = std::array<std::uint8_t, 32>;

struct PublicKeys {
    PublicKey sign{};
    PublicKey seal{};

    friend bool operator==(const PublicKeys&, const PublicKeys&) = default;
};

/// SHA-256("msw/1 host keys" 0x00 ‖ signing key ‖ sealing key): what stands for a host's keys. Thread: any.
[[nodiscard]] KeyDigest digest_of(const PublicKeys& keys);

}  // namespace msw
