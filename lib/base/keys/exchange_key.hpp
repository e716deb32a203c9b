// X25519: with which two hosts come to a secret of theirs (RFC 7748).
#pragma once

#include "base/keys/openssl.hpp"
#include "base/keys/public_keys.hpp"
#include "base/keys/secret.hpp"
#include "msw/result.hpp"

#include <array>
#include <cstdint>

namespace msw {

/// The private half. Thread: any; const members may be called at the same time.
class ExchangeKey {
public:
    /// @return a new one. @throws std::bad_alloc  also where the system has no random bytes
    [[nodiscard]] static ExchangeKey make();
    /// @param scalar  the private key as RFC 7748 has it
    [[nodiscard]] static ExchangeKey from_scalar(const std::array<std::uint8_t, 32>& scalar);
    /// @return nothing to work with, if it is none of X25519
    [[nodiscard]] static Result<ExchangeKey> from(openssl::Key key);

    [[nodiscard]] const PublicKey& public_key() const noexcept { return public_; }
    /// @param shared  where the secret with the owner of `theirs` goes
    /// @return false: theirs is a point with which all come to the same secret
    [[nodiscard]] bool agree(const PublicKey& theirs, Secret<32>& shared) const;
    /// For writing it to its file. Belongs to this.
    [[nodiscard]] EVP_PKEY* handle() const noexcept { return key_.get(); }

private:
    explicit ExchangeKey(openssl::Key key);

    openssl::Key key_;
    PublicKey public_{};
};

}  // namespace msw
