#include "base/keys/seal.hpp"

#include "base/keys/openssl.hpp"

#include <openssl/core_names.h>
#include <openssl/params.h>
#include <openssl/rand.h>
#include <algorithm>
#include <climits>
#include <memory>
#include <stdexcept>

namespace msw {
namespace {

using Kdf = std::unique_ptr<EVP_KDF, openssl::Freed<EVP_KDF_free>>;
using KdfContext = std::unique_ptr<EVP_KDF_CTX, openssl::Freed<EVP_KDF_CTX_free>>;
using Cipher = std::unique_ptr<EVP_CIPHER, openssl::Freed<EVP_CIPHER_free>>;

constexpr std::size_t kHalf = 12;  // of a salt: the first is for the key, the second is the nonce

OSSL_PARAM octets(const char* name, const std::uint8_t* bytes, std::size_t size) {
    return OSSL_PARAM_construct_octet_string(name, const_cast<std::uint8_t*>(bytes), size);  // NOLINT: only read
}

OSSL_PARAM word(const char* name, const char* text) {
    return OSSL_PARAM_construct_utf8_string(name, const_cast<char*>(text), 0);  // NOLINT: only read
}

/// HKDF with SHA-256 (RFC 5869), whole or its second half.
/// @param salt  null: `from` is a key already, only expand
void derive(const Secret<32>& from, const KeyDigest* salt, std::string_view info, Secret<32>& to) {
    static const Kdf kHkdf(openssl::must(EVP_KDF_fetch(nullptr, "HKDF", nullptr)));
    const KdfContext context(openssl::must(EVP_KDF_CTX_new(kHkdf.get())));
    std::array<OSSL_PARAM, 6> params{};
    std::size_t n = 0;
    params.at(n++) = word(OSSL_KDF_PARAM_MODE, salt != nullptr ? "EXTRACT_AND_EXPAND" : "EXPAND_ONLY");
    params.at(n++) = word(OSSL_KDF_PARAM_DIGEST, "SHA256");
    params.at(n++) = octets(OSSL_KDF_PARAM_KEY, from.data(), Secret<32>::size());
    params.at(n++) = octets(OSSL_KDF_PARAM_INFO, reinterpret_cast<const std::uint8_t*>(info.data()), info.size());
    if (salt != nullptr) params.at(n++) = octets(OSSL_KDF_PARAM_SALT, salt->data(), salt->size());
    params.at(n) = OSSL_PARAM_construct_end();
    openssl::must(EVP_KDF_derive(context.get(), to.data(), Secret<32>::size(), params.data()));
}

void append(std::string& text, const std::uint8_t* bytes, std::size_t size) {
    text.append(reinterpret_cast<const char*>(bytes), size);
}

const std::uint8_t* bytes_of(std::string_view text) { return reinterpret_cast<const std::uint8_t*>(text.data()); }
std::uint8_t* bytes_of(std::string& text) { return reinterpret_cast<std::uint8_t*>(text.data()); }

int length_of(std::string_view text) {
    if (text.size() > INT_MAX - PairKey::kTag) throw std::length_error("more than a Datapack may hold is to be sealed");
    return static_cast<int>(text.size());
}

/// A context with key, nonce and additional data in it.
openssl::CipherContext begin(bool seal, const Secret<32>& key, const SealSalt& salt, std::string_view bound) {
    static const Cipher kAes(openssl::must(EVP_CIPHER_fetch(nullptr, "AES-256-GCM", nullptr)));
    openssl::CipherContext context(openssl::must(EVP_CIPHER_CTX_new()));
    openssl::must(
        EVP_CipherInit_ex2(context.get(), kAes.get(), key.data(), salt.data() + kHalf, seal ? 1 : 0, nullptr));
    int done = 0;
    if (!bound.empty()) {
        openssl::must(EVP_CipherUpdate(context.get(), nullptr, &done, bytes_of(bound), length_of(bound)));
    }
    return context;
}

}  // namespace

PairKey::PairKey(const Secret<32>& shared, const KeyDigest& mesh, const KeyDigest& sender, const KeyDigest& receiver) {
    std::string info = "msw/1 seal";
    append(info, sender.data(), sender.size());
    append(info, receiver.data(), receiver.size());
    derive(shared, &mesh, info, key_);
}

SealSalt PairKey::new_salt() {
    SealSalt salt{};
    openssl::must(RAND_bytes(salt.data(), static_cast<int>(salt.size())));
    return salt;
}

void PairKey::one_key(const SealSalt& salt, Secret<32>& key) const {
    std::string info = "msw/1 one";
    append(info, salt.data(), kHalf);
    derive(key_, nullptr, info, key);
}

std::string PairKey::seal(const SealSalt& salt, std::string_view bound, std::string_view text) const {
    Secret<32> key;
    one_key(salt, key);
    const openssl::CipherContext context = begin(true, key, salt, bound);
    std::string sealed(text.size() + kTag, '\0');
    int done = 0;
    if (!text.empty()) {
        openssl::must(EVP_CipherUpdate(context.get(), bytes_of(sealed), &done, bytes_of(text), length_of(text)));
    }
    openssl::must(EVP_CipherFinal_ex(context.get(), bytes_of(sealed) + text.size(), &done));
    openssl::must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTag, bytes_of(sealed) + text.size()));
    return sealed;
}

bool PairKey::open(const SealSalt& salt, std::string_view bound, std::string_view sealed, std::string& text) const {
    text.clear();
    if (sealed.size() < kTag) return false;
    Secret<32> key;
    one_key(salt, key);
    const openssl::CipherContext context = begin(false, key, salt, bound);
    const std::string_view inside = sealed.substr(0, sealed.size() - kTag);
    std::string tag(sealed.substr(inside.size()));
    std::string opened(inside.size(), '\0');
    int done = 0;
    if (!inside.empty()) {
        openssl::must(EVP_CipherUpdate(context.get(), bytes_of(opened), &done, bytes_of(inside), length_of(inside)));
    }
    openssl::must(EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTag, bytes_of(tag)));
    if (EVP_CipherFinal_ex(context.get(), bytes_of(opened) + opened.size(), &done) != 1) return false;
    text = std::move(opened);
    return true;
}

}  // namespace msw
