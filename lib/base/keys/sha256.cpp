#include "base/keys/sha256.hpp"

#include "base/keys/openssl.hpp"

namespace msw {

KeyDigest sha256(std::initializer_list<std::string_view> parts) {
    const openssl::DigestContext context(openssl::must(EVP_MD_CTX_new()));
    openssl::must(EVP_DigestInit_ex(context.get(), EVP_sha256(), nullptr));
    for (const std::string_view part : parts) {
        openssl::must(EVP_DigestUpdate(context.get(), part.data(), part.size()));
    }
    KeyDigest digest{};
    openssl::must(EVP_DigestFinal_ex(context.get(), digest.data(), nullptr));
    return digest;
}

}  // namespace msw
