// Ed25519: what a host or a person signs with (RFC 8032).
#pragma once

#include "base/keys/openssl.hpp"
#include "base/keys/public_keys.hpp"
#include "msw/result.hpp"

#include <array>
#include <cstdint>
#include <string_view>

namespace msw {

using Signature = std::array<std::uint8_t, 64>;

/// The private half. Thread: any; const members may be called at the same time.
class SigningKey {
public:
    /// @return a new one. @throws std::bad_alloc  also where the system has no random bytes
    [[nodiscard]] static SigningKey make();
    /// @param seed  the private key as RFC 8032 has it
    [[nodiscard]] static SigningKey from_seed(const std::array<std::uint8_t, 32>& seed);
    /// @return nothing to sign with, if it is none of Ed25519
    [[nodiscard]] static Result<SigningKey> from(openssl::Key key);

    [[nodiscard]] const PublicKey& public_key() const noexcept { return public_; }
    [[nodiscard]] Signature sign(std::string_view bytes) const;
    /// For TLS, and for writing it to its file. Belongs to this.
    [[nodiscard]] EVP_PKEY* handle() const noexcept { return key_.get(); }

private:
    explicit SigningKey(openssl::Key key);

    openssl::Key key_;
    PublicKey public_{};
};

/// @return whether the owner of `key` has signed `bytes`. A key of small order, which signs anything, has signed
/// nothing. Thread: any.
[[nodiscard]] bool is_signed(const PublicKey& key, std::string_view bytes, const Signature& signature);

}  // namespace msw
