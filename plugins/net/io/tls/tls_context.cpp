#include "plugins/net/io/tls/tls_context.hpp"

#include "base/keys/openssl.hpp"
#include "plugins/net/io/tls/certificate.hpp"
#include "plugins/net/io/tls/tls_terms.hpp"

#include <openssl/crypto.h>
#include <openssl/ssl.h>
#include <openssl/x509_vfy.h>
#include <exception>
#include <string>
#include <string_view>

namespace msw::net {
namespace {

using openssl::must;

/// Of a Certificate message around one certificate (RFC 8446, 4.4.2): context, two lengths, extensions. A few bytes
/// more let a certificate that is a little too long be refused by its reader, which says so.
constexpr long kFraming = 64;

TlsTerms& terms_of(const SSL* ssl) noexcept { return *static_cast<TlsTerms*>(SSL_get_app_data(ssl)); }

/// @return X509_V_OK, or what decides which alert the peer gets (SSL_get_verify_result(3))
int object(TlsTerms& terms, Code code, std::string why, int error) {
    terms.objection = Error{code, std::move(why)};
    return error;
}

int judge(TlsTerms& terms, const SSL* ssl, X509_STORE_CTX* shown) {
    if (agreed_protocol(*ssl, terms.protocols).empty()) {
        return object(terms, Code::unsupported, "no common protocol", X509_V_ERR_APPLICATION_VERIFICATION);
    }
    const int count = sk_X509_num(X509_STORE_CTX_get0_untrusted(shown));
    if (count != 1) {
        return object(terms, Code::bad_request,
                      "its certificate is no msw envelope: it shows a chain of " + std::to_string(count),
                      X509_V_ERR_CERT_REJECTED);
    }
    unsigned char* bytes = nullptr;
    const int length = i2d_X509(X509_STORE_CTX_get0_cert(shown), &bytes);
    must(length > 0 ? 1 : 0);
    const std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(length));
    OPENSSL_free(bytes);
    const Result<PublicKey> key = key_in_certificate(der);
    if (!key) {
        return object(terms, key.error().code, "its certificate is no msw envelope: " + key.error().text,
                      X509_V_ERR_CERT_REJECTED);
    }
    if (terms.expected && *terms.expected != *key) {
        return object(terms, Code::refused, "it has another key than expected", X509_V_ERR_CERT_REJECTED);
    }
    terms.peer = *key;
    return X509_V_OK;
}

/// In place of X509_verify_cert(3): no chain, no store, no time. Whether the peer has the private key, TLS itself finds
/// out (CertificateVerify).
int verify(X509_STORE_CTX* shown, void* /*unused*/) noexcept {
    auto* ssl = static_cast<SSL*>(X509_STORE_CTX_get_ex_data(shown, SSL_get_ex_data_X509_STORE_CTX_idx()));
    int error = X509_V_ERR_OUT_OF_MEM;
    try {
        error = judge(terms_of(ssl), ssl, shown);
    } catch (const std::exception&) {
        error = X509_V_ERR_OUT_OF_MEM;
    }
    X509_STORE_CTX_set_error(shown, error);
    return error == X509_V_OK ? 1 : 0;
}

/// A client that names no protocol would never come to choose_protocol().
int demand_protocols(SSL* ssl, int* alert, void* /*unused*/) noexcept {
    const unsigned char* list = nullptr;
    std::size_t size = 0;
    constexpr unsigned kAlpn = TLSEXT_TYPE_application_layer_protocol_negotiation;
    if (SSL_client_hello_get0_ext(ssl, kAlpn, &list, &size) == 1) return SSL_CLIENT_HELLO_SUCCESS;
    *alert = SSL_AD_NO_APPLICATION_PROTOCOL;
    return SSL_CLIENT_HELLO_ERROR;
}

int choose_protocol(SSL* ssl, const unsigned char** chosen, unsigned char* size, const unsigned char* theirs,
                    unsigned theirs_size, void* /*unused*/) noexcept {
    const std::string_view offered(reinterpret_cast<const char*>(theirs), theirs_size);
    const std::string_view name = common_protocol(terms_of(ssl).protocols, offered);
    if (name.empty()) return SSL_TLSEXT_ERR_ALERT_FATAL;
    *chosen = reinterpret_cast<const unsigned char*>(name.data());
    *size = static_cast<unsigned char>(name.size());
    return SSL_TLSEXT_ERR_OK;
}

}  // namespace

std::string_view agreed_protocol(const SSL& ssl, std::string_view ours) {
    const unsigned char* name = nullptr;
    unsigned size = 0;
    SSL_get0_alpn_selected(&ssl, &name, &size);
    std::string chosen(1, static_cast<char>(size));
    if (size > 0) chosen.append(reinterpret_cast<const char*>(name), size);
    return common_protocol(ours, chosen);
}

void TlsContext::Free::operator()(SSL_CTX* context) const noexcept { SSL_CTX_free(context); }

TlsContext::TlsContext(const SigningKey& key) : context_(must(SSL_CTX_new(TLS_method()))) {
    SSL_CTX* const it = context_.get();
    // All is said here: the system's openssl.cnf sets defaults for every program, and none of them may hold for links.
    SSL_CTX_set_security_level(it, 2);
    must(static_cast<int>(SSL_CTX_set_min_proto_version(it, TLS1_3_VERSION)));
    must(static_cast<int>(SSL_CTX_set_max_proto_version(it, TLS1_3_VERSION)));
    must(SSL_CTX_set_ciphersuites(it, "TLS_AES_256_GCM_SHA384:TLS_CHACHA20_POLY1305_SHA256:TLS_AES_128_GCM_SHA256"));
    std::string group = "X25519";  // OpenSSL's macros take no constants
    std::string signature = "ed25519";
    must(static_cast<int>(SSL_CTX_set1_groups_list(it, group.data())));
    must(static_cast<int>(SSL_CTX_set1_sigalgs_list(it, signature.data())));
    must(static_cast<int>(SSL_CTX_set1_client_sigalgs_list(it, signature.data())));
    SSL_CTX_clear_options(it, SSL_CTX_get_options(it));
    SSL_CTX_set_options(it, SSL_OP_NO_TICKET | SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION);
    must(SSL_CTX_set_num_tickets(it, 0));
    SSL_CTX_set_session_cache_mode(it, SSL_SESS_CACHE_OFF);
    must(SSL_CTX_set_max_early_data(it, 0));
    must(SSL_CTX_set_recv_max_early_data(it, 0));

    const std::string certificate = make_certificate(key);
    must(SSL_CTX_use_certificate_ASN1(it, static_cast<int>(certificate.size()),
                                      reinterpret_cast<const unsigned char*>(certificate.data())));
    must(SSL_CTX_use_PrivateKey(it, key.handle()));

    SSL_CTX_set_max_cert_list(it, static_cast<long>(kMostCertificate) + kFraming);
    SSL_CTX_set_verify(it, SSL_VERIFY_PEER | SSL_VERIFY_FAIL_IF_NO_PEER_CERT, nullptr);
    SSL_CTX_set_cert_verify_callback(it, verify, nullptr);
    SSL_CTX_set_client_hello_cb(it, demand_protocols, nullptr);
    SSL_CTX_set_alpn_select_cb(it, choose_protocol, nullptr);
}

}  // namespace msw::net
