#include "plugins/net/io/tls/certificate.hpp"

#include "base/keys/openssl.hpp"

#include <openssl/asn1.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/objects.h>
#include <openssl/x509.h>
#include <algorithm>
#include <memory>

namespace msw::net {
namespace {

using openssl::must;
using Certificate = std::unique_ptr<X509, openssl::Freed<X509_free>>;

struct FreeBytes {
    void operator()(unsigned char* bytes) const noexcept { OPENSSL_free(bytes); }
};
using Bytes = std::unique_ptr<unsigned char, FreeBytes>;

Error unfit(std::string what) { return {Code::bad_request, std::move(what)}; }

/// RFC 8410, 3: the algorithm is named, and no parameters are there.
bool is_ed25519(const X509_ALGOR& algorithm) noexcept {
    const ASN1_OBJECT* name = nullptr;
    int parameters = 0;
    X509_ALGOR_get0(&name, &parameters, nullptr, &algorithm);
    return OBJ_obj2nid(name) == NID_ED25519 && parameters == V_ASN1_UNDEF;
}

/// @return whether these are `size` bytes, and not some bits less
bool has_size(const ASN1_BIT_STRING& bits, std::size_t size) noexcept {
    constexpr long kUnused = 7;
    return ASN1_STRING_length(&bits) == static_cast<int>(size) && (bits.flags & kUnused) == 0;
}

Result<PublicKey> key_of(const X509& certificate) {
    X509_ALGOR* algorithm = nullptr;
    if (X509_PUBKEY_get0_param(nullptr, nullptr, nullptr, &algorithm, X509_get_X509_PUBKEY(&certificate)) != 1 ||
        !is_ed25519(*algorithm)) {
        return unfit("its key is not Ed25519");
    }
    const ASN1_BIT_STRING& bits = *X509_get0_pubkey_bitstr(&certificate);
    PublicKey key{};
    if (!has_size(bits, key.size())) return unfit("its key is not 32 bytes");
    std::copy_n(ASN1_STRING_get0_data(&bits), key.size(), key.begin());
    return key;
}

Result<Signature> signature_of(const X509& certificate) {
    const ASN1_BIT_STRING* bits = nullptr;
    const X509_ALGOR* algorithm = nullptr;
    X509_get0_signature(&bits, &algorithm, &certificate);
    if (!is_ed25519(*algorithm) || !is_ed25519(*X509_get0_tbs_sigalg(&certificate))) {
        return unfit("it is not signed with Ed25519");
    }
    Signature signature{};
    if (!has_size(*bits, signature.size())) return unfit("its signature is not 64 bytes");
    std::copy_n(ASN1_STRING_get0_data(bits), signature.size(), signature.begin());
    return signature;
}

/// What the signature is about.
std::string signed_part(X509& certificate) {
    unsigned char* bytes = nullptr;
    const int size = i2d_re_X509_tbs(&certificate, &bytes);
    const Bytes owner(bytes);
    if (size <= 0) return {};
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

}  // namespace

std::string make_certificate(const SigningKey& key) {
    const Certificate certificate(must(X509_new()));
    X509* const it = certificate.get();
    must(X509_set_version(it, X509_VERSION_3));
    must(ASN1_INTEGER_set(X509_get_serialNumber(it), 1));
    must(ASN1_TIME_set_string_X509(X509_getm_notBefore(it), "19700101000000Z"));
    must(ASN1_TIME_set_string_X509(X509_getm_notAfter(it), "99991231235959Z"));
    X509_NAME* const name = X509_get_subject_name(it);
    constexpr std::string_view kName = "msw";
    must(X509_NAME_add_entry_by_NID(name, NID_commonName, MBSTRING_ASC,
                                    reinterpret_cast<const unsigned char*>(kName.data()),
                                    static_cast<int>(kName.size()), -1, 0));
    must(X509_set_issuer_name(it, name));
    must(X509_set_pubkey(it, key.handle()));
    must(X509_sign(it, key.handle(), nullptr) > 0 ? 1 : 0);
    unsigned char* bytes = nullptr;
    const int size = i2d_X509(it, &bytes);
    const Bytes owner(bytes);
    must(size > 0 ? 1 : 0);
    return {reinterpret_cast<const char*>(bytes), static_cast<std::size_t>(size)};
}

Result<PublicKey> key_in_certificate(std::string_view der) {
    if (der.size() > kMostCertificate) {
        return unfit("it has " + std::to_string(der.size()) + " bytes, more than " + std::to_string(kMostCertificate));
    }
    const auto* at = reinterpret_cast<const unsigned char*>(der.data());
    const unsigned char* const end = at + der.size();
    const Certificate certificate(d2i_X509(nullptr, &at, static_cast<long>(der.size())));
    ERR_clear_error();
    if (!certificate) return unfit("it is no X.509 certificate");
    if (at != end) return unfit("something stands behind it");
    Result<PublicKey> key = key_of(*certificate);
    if (!key) return key;
    const Result<Signature> signature = signature_of(*certificate);
    if (!signature) return signature.error();
    const std::string text = signed_part(*certificate);
    const bool own = !text.empty() && is_signed(*key, text, *signature);
    ERR_clear_error();
    if (!own) return unfit("it is not signed by its own key");
    return key;
}

}  // namespace msw::net
