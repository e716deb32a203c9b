#include "base/keys/signing_key.hpp"

#include <algorithm>
#include <utility>

namespace msw {
namespace {

const unsigned char* unsigned_of(std::string_view text) noexcept {
    return reinterpret_cast<const unsigned char*>(text.data());
}

/// Points whose order divides 8, by their y without the sign bit, least byte first. With one of them as a key, S = 0
/// and R = the neutral point verify for every eighth message or more.
bool has_small_order(PublicKey y) noexcept {
    constexpr PublicKey kZero{};
    constexpr PublicKey kOne{1};
    constexpr PublicKey kEighth{0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4,
                                0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6,
                                0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05};
    constexpr PublicKey kThreeEighths{0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b,
                                      0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39,
                                      0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a};
    y.back() &= 0x7fU;
    // p - 1, which is -1, and what is not reduced: p and above are 0, 1 and others in a second spelling.
    const bool is_last = y.front() >= 0xec && y.back() == 0x7f &&
                         std::all_of(y.begin() + 1, y.end() - 1, [](std::uint8_t byte) { return byte == 0xff; });
    return is_last || y == kZero || y == kOne || y == kEighth || y == kThreeEighths;
}

}  // namespace

SigningKey::SigningKey(openssl::Key key) : key_(std::move(key)) {
    std::size_t size = public_.size();
    openssl::must(EVP_PKEY_get_raw_public_key(key_.get(), public_.data(), &size));
}

SigningKey SigningKey::make() {
    return SigningKey(openssl::Key(openssl::must(EVP_PKEY_Q_keygen(nullptr, nullptr, "ED25519"))));
}

SigningKey SigningKey::from_seed(const std::array<std::uint8_t, 32>& seed) {
    return SigningKey(openssl::Key(
        openssl::must(EVP_PKEY_new_raw_private_key_ex(nullptr, "ED25519", nullptr, seed.data(), seed.size()))));
}

Result<SigningKey> SigningKey::from(openssl::Key key) {
    if (EVP_PKEY_is_a(key.get(), "ED25519") != 1) return Error{Code::bad_request, "it is no Ed25519 key"};
    return SigningKey(std::move(key));
}

Signature SigningKey::sign(std::string_view bytes) const {
    const openssl::DigestContext context(openssl::must(EVP_MD_CTX_new()));
    openssl::must(EVP_DigestSignInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, key_.get(), nullptr));
    Signature signature{};
    std::size_t size = signature.size();
    openssl::must(EVP_DigestSign(context.get(), signature.data(), &size, unsigned_of(bytes), bytes.size()));
    return signature;
}

bool is_signed(const PublicKey& key, std::string_view bytes, const Signature& signature) {
    if (has_small_order(key)) return false;
    const openssl::Key theirs(
        openssl::must(EVP_PKEY_new_raw_public_key_ex(nullptr, "ED25519", nullptr, key.data(), key.size())));
    const openssl::DigestContext context(openssl::must(EVP_MD_CTX_new()));
    openssl::must(EVP_DigestVerifyInit_ex(context.get(), nullptr, nullptr, nullptr, nullptr, theirs.get(), nullptr));
    return EVP_DigestVerify(context.get(), signature.data(), signature.size(), unsigned_of(bytes), bytes.size()) == 1;
}

}  // namespace msw
