#include "plugins/net/io/tls/tls_for_test.hpp"

#include <gtest/gtest.h>
#include <openssl/asn1.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <openssl/x509v3.h>
#include <algorithm>

namespace msw::net::test {

using openssl::must;

Certificate make(const Envelope& what) {
    Certificate made(must(X509_new()));
    X509* const it = made.get();
    must(X509_set_version(it, X509_VERSION_3));
    must(ASN1_INTEGER_set(X509_get_serialNumber(it), 7));
    must(ASN1_TIME_set_string_X509(X509_getm_notBefore(it), "20000101000000Z"));
    must(ASN1_TIME_set_string_X509(X509_getm_notAfter(it), "20010101000000Z"));
    X509_NAME* const name = X509_get_subject_name(it);
    constexpr std::array<unsigned char, 5> kName{'o', 't', 'h', 'e', 'r'};
    must(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC, kName.data(), kName.size(), -1, 0));
    must(X509_set_issuer_name(it, name));
    must(X509_set_pubkey(it, what.key));
    if (what.ballast > 0) {
        const std::string bytes(what.ballast, 'x');
        const std::unique_ptr<ASN1_OCTET_STRING, openssl::Freed<ASN1_OCTET_STRING_free>> value(
            must(ASN1_OCTET_STRING_new()));
        must(ASN1_OCTET_STRING_set(value.get(), reinterpret_cast<const unsigned char*>(bytes.data()),
                                   static_cast<int>(bytes.size())));
        X509_EXTENSION* extension = must(X509_EXTENSION_create_by_NID(nullptr, NID_netscape_comment, 0, value.get()));
        must(X509_add_ext(it, extension, -1));
        X509_EXTENSION_free(extension);
    }
    must(X509_sign(it, what.signer == nullptr ? what.key : what.signer, what.digest) > 0 ? 1 : 0);
    return made;
}

std::string der_of(X509* certificate) {
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(certificate, &bytes);
    std::string der(reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size));
    OPENSSL_free(bytes);
    return der;
}

openssl::Key rsa_key() { return openssl::Key(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "RSA", std::size_t{2048}))); }
openssl::Key p256_key() { return openssl::Key(must(EVP_PKEY_Q_keygen(nullptr, nullptr, "EC", "P-256"))); }

TlsSession::Event End::hear(std::string_view bytes) {
    std::string buffer(room, '\0');
    for (;;) {
        std::size_t size = 0;
        last = session.read(bytes, buffer, size);
        EXPECT_EQ(size > 0, last == TlsSession::Event::plaintext);
        got.append(buffer, 0, size);
        if (last == TlsSession::Event::plaintext && established == 0) early = true;
        if (last == TlsSession::Event::established) ++established;
        if (last == TlsSession::Event::established || last == TlsSession::Event::plaintext) continue;
        EXPECT_EQ(bytes, "") << "nothing may be left";
        return last;
    }
}

std::string End::take() {
    std::string bytes = "old";
    session.take_output(bytes);
    EXPECT_EQ(session.waiting(), 0U);
    return bytes;
}

void End::send(std::string_view text, const std::function<void(std::string)>& carry) {
    while (!text.empty()) {
        const std::size_t taken = session.write(text);
        text.remove_prefix(taken);
        ASSERT_TRUE(taken > 0 || session.waiting() > 0) << "it takes nothing";
        ASSERT_LE(session.waiting(), TlsSession::kMostWaiting + 17'000);
        carry(take());
    }
}

void talk(End& a, End& b, std::size_t cut) {
    const auto carry = [cut](End& from, End& to) {
        const std::string bytes = from.take();
        for (std::size_t at = 0; at < bytes.size(); at += cut) to.hear(std::string_view(bytes).substr(at, cut));
        return !bytes.empty();
    };
    while (carry(a, b) | carry(b, a)) {
    }
}

Stranger::Stranger(TlsRole role, EVP_PKEY* key, X509* certificate, std::string_view alpn)
    : role_(role), alpn_(alpn), context_(must(SSL_CTX_new(TLS_method()))) {
    SSL_CTX* const it = context_.get();
    SSL_CTX_set_security_level(it, 0);
    if (certificate != nullptr) must(SSL_CTX_use_certificate(it, certificate));
    if (key != nullptr) must(SSL_CTX_use_PrivateKey(it, key));
    // Takes any certificate, and asks for one.
    SSL_CTX_set_verify(it, SSL_VERIFY_PEER, nullptr);
    SSL_CTX_set_cert_verify_callback(
        it, [](X509_STORE_CTX*, void*) { return 1; }, nullptr);
    SSL_CTX_set_alpn_select_cb(
        it,
        [](SSL*, const unsigned char** chosen, unsigned char* size, const unsigned char*, unsigned, void* self) {
            const std::string& name = static_cast<Stranger*>(self)->alpn_;
            if (name.empty()) return SSL_TLSEXT_ERR_NOACK;
            *chosen = reinterpret_cast<const unsigned char*>(name.data()) + 1;
            *size = static_cast<unsigned char>(name[0]);
            return SSL_TLSEXT_ERR_OK;
        },
        this);
}

SSL* Stranger::ssl() {
    if (ssl_) return ssl_.get();
    ssl_.reset(must(SSL_new(context_.get())));
    SSL* const it = ssl_.get();
    SSL_set_bio(it, must(BIO_new(BIO_s_mem())), must(BIO_new(BIO_s_mem())));
    if (role_ == TlsRole::server) {
        SSL_set_accept_state(it);
    } else {
        if (!alpn_.empty()) {
            SSL_set_alpn_protos(it, reinterpret_cast<const unsigned char*>(alpn_.data()),
                                static_cast<unsigned>(alpn_.size()));
        }
        SSL_set_connect_state(it);
        SSL_do_handshake(it);
    }
    return it;
}

std::string Stranger::hear(std::string_view bytes) {
    SSL* const it = ssl();
    if (!bytes.empty()) BIO_write(SSL_get_rbio(it), bytes.data(), static_cast<int>(bytes.size()));
    std::array<char, 20'000> buffer{};
    for (int size = 0; (size = SSL_read(it, buffer.data(), buffer.size())) > 0;) {
        got.append(buffer.data(), static_cast<std::size_t>(size));
    }
    ERR_clear_error();
    return take();
}

std::string Stranger::take() {
    char* bytes = nullptr;
    const long size = BIO_get_mem_data(SSL_get_wbio(ssl()), &bytes);
    std::string taken(bytes, static_cast<std::size_t>(size));
    BIO_reset(SSL_get_wbio(ssl()));
    return taken;
}

void talk(End& ours, Stranger& theirs) {
    for (std::string bytes = ours.take();;) {
        const std::string answer = theirs.hear(bytes);
        if (!answer.empty()) ours.hear(answer);
        bytes = ours.take();
        if (bytes.empty()) break;
    }
}

}  // namespace msw::net::test
