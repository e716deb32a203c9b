#include "plugins/net/io/tls/certificate.hpp"

#include "base/hex.hpp"
#include "base/keys/hex_for_test.hpp"
#include "plugins/net/io/tls/tls_for_test.hpp"

#include <gtest/gtest.h>
#include <openssl/err.h>

namespace msw::net {
namespace {

using msw::test::bytes_from;
using test::Certificate;
using test::der_of;
using test::make;

Certificate parse(std::string_view der) {
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    return Certificate(openssl::must(d2i_X509(nullptr, &at, static_cast<long>(der.size()))));
}

std::string why_not(std::string_view der) {
    const Result<PublicKey> key = key_in_certificate(der);
    EXPECT_EQ(ERR_peek_error(), 0U);
    return key ? "" : key.error().text;
}

TEST(Certificate, IsAnEnvelopeOfAKeyAndNothingElse) {
    const SigningKey key = SigningKey::from_seed(bytes_from<32>(1));
    const std::string der = make_certificate(key);
    EXPECT_EQ(der, make_certificate(key)) << "the same key, the same bytes";
    EXPECT_NE(der, make_certificate(SigningKey::make()));
    const Result<PublicKey> read = key_in_certificate(der);
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(*read, key.public_key());

    const Certificate certificate = parse(der);
    X509* const it = certificate.get();
    EXPECT_EQ(X509_get_version(it), X509_VERSION_3);
    EXPECT_EQ(ASN1_INTEGER_get(X509_get0_serialNumber(it)), 1);
    EXPECT_EQ(X509_get_ext_count(it), 0);
    EXPECT_EQ(X509_NAME_cmp(X509_get_subject_name(it), X509_get_issuer_name(it)), 0);
    EXPECT_EQ(X509_NAME_entry_count(X509_get_subject_name(it)), 1);
    const auto text = [](const ASN1_STRING* value) {
        return std::string(reinterpret_cast<const char*>(ASN1_STRING_get0_data(value)),
                           static_cast<std::size_t>(ASN1_STRING_length(value)));
    };
    EXPECT_EQ(text(X509_NAME_ENTRY_get_data(X509_NAME_get_entry(X509_get_subject_name(it), 0))), "msw");
    EXPECT_EQ(text(X509_get0_notBefore(it)), "700101000000Z");  // UTCTime until 2049 (RFC 5280, 4.1.2.5)
    EXPECT_EQ(text(X509_get0_notAfter(it)), "99991231235959Z");
    EXPECT_EQ(X509_verify(it, key.handle()), 1);
}

// What else it says doesn't matter: not its names, nor its times, which are past.
TEST(Certificate, AnyEnvelopeWillDo) {
    const SigningKey key = SigningKey::make();
    const Result<PublicKey> read = key_in_certificate(der_of(make({key.handle()}).get()));
    ASSERT_TRUE(read) << read.error().text;
    EXPECT_EQ(*read, key.public_key());
    EXPECT_EQ(why_not(der_of(make({.key = key.handle(), .ballast = 3500}).get())), "");
}

TEST(Certificate, OfAnotherKindIsRefused) {
    const openssl::Key rsa = test::rsa_key();
    const openssl::Key p256 = test::p256_key();
    const SigningKey ed = SigningKey::make();
    EXPECT_EQ(why_not(der_of(make({.key = rsa.get(), .digest = EVP_sha256()}).get())), "its key is not Ed25519");
    EXPECT_EQ(why_not(der_of(make({.key = p256.get(), .digest = EVP_sha256()}).get())), "its key is not Ed25519");
    const Certificate mixed = make({.key = ed.handle(), .signer = p256.get(), .digest = EVP_sha256()});
    EXPECT_EQ(why_not(der_of(mixed.get())), "it is not signed with Ed25519");
    const Certificate other = make({.key = p256.get(), .signer = ed.handle()});
    EXPECT_EQ(why_not(der_of(other.get())), "its key is not Ed25519");
}

TEST(Certificate, OfAnotherSignerIsRefused) {
    const SigningKey key = SigningKey::make();
    const SigningKey signer = SigningKey::make();
    EXPECT_EQ(why_not(der_of(make({.key = key.handle(), .signer = signer.handle()}).get())),
              "it is not signed by its own key");
}

TEST(Certificate, ThatWasChangedIsRefused) {
    const SigningKey key = SigningKey::make();
    const std::string der = make_certificate(key);
    for (std::size_t at = 0; at < der.size(); ++at) {
        std::string other = der;
        other[at] = static_cast<char>(other[at] ^ 1);
        EXPECT_NE(why_not(other), "") << at;
        EXPECT_EQ(why_not(der.substr(0, at)), "it is no X.509 certificate") << at;
    }
    EXPECT_EQ(why_not(der + '\0'), "something stands behind it");
    EXPECT_EQ(why_not(""), "it is no X.509 certificate");
    EXPECT_EQ(why_not("get shell msw/1\nid: a\n\n"), "it is no X.509 certificate");
}

TEST(Certificate, ThatIsTooLargeIsNotRead) {
    const SigningKey key = SigningKey::make();
    const std::string der = der_of(make({.key = key.handle(), .ballast = 4096}).get());
    EXPECT_EQ(why_not(der), "it has " + std::to_string(der.size()) + " bytes, more than 4096");
}

// A key of small order signs anything (see SigningKey): OpenSSL would take some of these certificates.
TEST(Certificate, OfAKeyOfSmallOrderIsRefused) {
    constexpr PublicKey kNeutral{1};
    const openssl::Key key(
        openssl::must(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, kNeutral.data(), kNeutral.size())));
    const SigningKey signer = SigningKey::make();
    const Certificate certificate = make({.key = key.get(), .signer = signer.handle()});
    std::string der = der_of(certificate.get());
    der.replace(der.size() - 64, 64, std::string(64, '\0'));
    der[der.size() - 64] = 1;  // R is the neutral point, S is 0
    ASSERT_EQ(X509_verify(parse(der).get(), key.get()), 1) << "or this shows nothing";
    EXPECT_EQ(why_not(der), "it is not signed by its own key");
}

}  // namespace
}  // namespace msw::net
