#include "base/keys/public_keys.hpp"

#include "base/keys/openssl.hpp"

#include <string_view>

namespace msw {

KeyDigest digest_of(const PublicKeys& keys) {
    constexpr std::string_view kDomain{"msw/1 host keys\0", 16};
    const openssl::DigestContext context(openssl::must(EVP_MD_CTX_new()));
    openssl::must(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
    openssl::must(EVP_DigestUpdate(context.get(), kDomain.data(), kDomain.size()));
    openssl::must(EVP_DigestUpdate(context.get(), keys.sign.data(), keys.sign.size()));
    openssl::must(EVP_DigestUpdate(context.get(), keys.seal.data(), keys.seal.size()));
    KeyDigest digest{};
    openssl::must(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
    return digest;
}

}  // namespace msw
