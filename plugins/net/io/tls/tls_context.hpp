// What all TLS connections of one host have in common: its key, and that it speaks TLS 1.3 and nothing older, that both
// ends show a certificate, and that no connection remembers another: no tickets, no resumption, no early data.
// Source: RFC 8446.
#pragma once

#include "base/keys/signing_key.hpp"

#include <openssl/types.h>
#include <memory>
#include <string_view>

namespace msw::net {

/// For both roles. Not changed once it is made. Thread: any; sessions of one context may live on different threads.
class TlsContext {
public:
    /// @param key  of this host; shared, never copied out of OpenSSL
    /// @throws std::bad_alloc  also where OpenSSL lacks an algorithm that all its builds have
    explicit TlsContext(const SigningKey& key);

    /// Belongs to this; an SSL that is made of it keeps it.
    [[nodiscard]] SSL_CTX* handle() const noexcept { return context_.get(); }

private:
    struct Free {
        void operator()(SSL_CTX* context) const noexcept;
    };
    std::unique_ptr<SSL_CTX, Free> context_;
};

/// @param ours  as TlsTerms::protocols has them
/// @return the protocol that both ends have agreed upon (RFC 7301), a view of ours; empty: none of these
[[nodiscard]] std::string_view agreed_protocol(const SSL& ssl, std::string_view ours);

}  // namespace msw::net
