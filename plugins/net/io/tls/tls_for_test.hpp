// Two ends of a connection without a network: sessions of ours, and peers made by hand from OpenSSL that may be
// anything.
#pragma once

#include "base/keys/openssl.hpp"
#include "base/keys/signing_key.hpp"
#include "plugins/net/io/tls/tls_session.hpp"

#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <array>
#include <cstddef>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net::test {

using Certificate = std::unique_ptr<X509, openssl::Freed<X509_free>>;
using Context = std::unique_ptr<SSL_CTX, openssl::Freed<SSL_CTX_free>>;
using Connection = std::unique_ptr<SSL, openssl::Freed<SSL_free>>;

inline constexpr std::array<std::string_view, 1> kLink{"msw/1"};

/// What a certificate by hand says.
struct Envelope {
    EVP_PKEY* key = nullptr;     ///< that it holds,
    EVP_PKEY* signer = nullptr;  ///< and that signs it; null: the same
    const EVP_MD* digest = nullptr;
    std::size_t ballast = 0;  ///< bytes of an extension
};
[[nodiscard]] Certificate make(const Envelope& what);
[[nodiscard]] std::string der_of(X509* certificate);
[[nodiscard]] openssl::Key rsa_key();
[[nodiscard]] openssl::Key p256_key();

/// One of our ends, and what came out of it.
struct End {
    End(TlsRole role, const SigningKey& key, std::span<const std::string_view> protocols = kLink,
        std::optional<PublicKey> expected = std::nullopt, std::uint64_t records_per_key = TlsSession::kRecordsPerKey)
        : context(key), session(context, role, protocols, expected, records_per_key) {}

    /// Bytes come: take them as far as there is anything to take.
    /// @return what the session said last
    TlsSession::Event hear(std::string_view bytes);
    /// @return what waits
    [[nodiscard]] std::string take();
    /// Send it all, through `carry`, which takes the output.
    void send(std::string_view text, const std::function<void(std::string)>& carry);

    TlsContext context;
    TlsSession session;
    std::string got;           ///< plaintext
    std::size_t room = 5000;   ///< bytes that are taken at once
    unsigned established = 0;  ///< how often that was said
    bool early = false;        ///< plaintext came before it
    TlsSession::Event last = TlsSession::Event::more;
};

/// Carry bytes to and fro until neither has any, `cut` bytes at a time.
void talk(End& a, End& b, std::size_t cut = 1U << 20U);

/// An end that obeys whoever wrote the test.
class Stranger {
public:
    /// @param key, certificate  what it shows; null: nothing
    Stranger(TlsRole role, EVP_PKEY* key, X509* certificate, std::string_view alpn = "\x05msw/1");

    /// For what is to be changed before it begins.
    [[nodiscard]] SSL_CTX* context() const noexcept { return context_.get(); }
    /// Made of the context when first asked for.
    [[nodiscard]] SSL* ssl();

    /// Bytes come.
    /// @return what it has to say then
    [[nodiscard]] std::string hear(std::string_view bytes);
    [[nodiscard]] std::string take();

    std::string got;

private:
    TlsRole role_;
    std::string alpn_;
    Context context_;
    Connection ssl_;
};

/// Carry bytes to and fro until neither has any.
void talk(End& ours, Stranger& theirs);

}  // namespace msw::net::test
