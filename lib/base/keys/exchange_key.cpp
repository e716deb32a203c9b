#include "base/keys/exchange_key.hpp"

#include <utility>

namespace msw {

ExchangeKey::ExchangeKey(openssl::Key key) : key_(std::move(key)) {
    std::size_t size = public_.size();
    openssl::must(EVP_PKEY_get_raw_public_key(key_.get(), public_.data(), &size));
}

ExchangeKey ExchangeKey::make() {
    return ExchangeKey(openssl::Key(openssl::must(EVP_PKEY_Q_keygen(nullptr, nullptr, "X25519"))));
}

ExchangeKey ExchangeKey::from_scalar(const std::array<std::uint8_t, 32>& scalar) {
    return ExchangeKey(openssl::Key(
        openssl::must(EVP_PKEY_new_raw_private_key_ex(nullptr, "X25519", nullptr, scalar.data(), scalar.size()))));
}

Result<ExchangeKey> ExchangeKey::from(openssl::Key key) {
    if (EVP_PKEY_is_a(key.get(), "X25519") != 1) return Error{Code::bad_request, "it is no X25519 key"};
    return ExchangeKey(std::move(key));
}

bool ExchangeKey::agree(const PublicKey& theirs, Secret<32>& shared) const {
    const openssl::Key peer(
        openssl::must(EVP_PKEY_new_raw_public_key_ex(nullptr, "X25519", nullptr, theirs.data(), theirs.size())));
    const openssl::KeyContext context(openssl::must(EVP_PKEY_CTX_new_from_pkey(nullptr, key_.get(), nullptr)));
    openssl::must(EVP_PKEY_derive_init(context.get()));
    openssl::must(EVP_PKEY_derive_set_peer(context.get(), peer.get()));
    std::size_t size = Secret<32>::size();
    // OpenSSL refuses a secret of zeros, which is what a point of small order leads to (RFC 7748, 6.1).
    return EVP_PKEY_derive(context.get(), shared.data(), &size) == 1;
}

}  // namespace msw
