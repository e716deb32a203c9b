// The certificate that a host shows in TLS. It is an envelope for its signing key and says nothing else: no name, no
// time, no issuer that would mean anything. Who the owner of that key is, the roster knows.
//
// OpenSSL 3.0 has no raw public keys (RFC 7250), which would do without the envelope.
#pragma once

#include "base/keys/public_keys.hpp"
#include "base/keys/signing_key.hpp"
#include "msw/result.hpp"

#include <cstddef>
#include <string>
#include <string_view>

namespace msw::net {

/// Bytes of DER that a certificate may have.
inline constexpr std::size_t kMostCertificate = 4096;

/// X.509 v3 (RFC 5280), Ed25519 (RFC 8410), signed by `key` itself: serial number 1, from and for CN=msw, from 1970 to
/// the end of the year 9999 (RFC 5280, 4.1.2.5), no extensions. The same key gives the same bytes.
/// @return DER. @throws std::bad_alloc. Thread: any.
[[nodiscard]] std::string make_certificate(const SigningKey& key);

/// The key in such an envelope: it must be Ed25519 and the certificate signed by it; what else the certificate says
/// doesn't matter.
/// @param der  the certificate and nothing behind it, from whomever
/// @return what is wrong with it. @throws std::bad_alloc. Thread: any.
[[nodiscard]] Result<PublicKey> key_in_certificate(std::string_view der);

}  // namespace msw::net
