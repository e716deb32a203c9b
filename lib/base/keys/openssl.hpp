// Owners of OpenSSL's things, and what is thrown where it has no memory left.
#pragma once

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/kdf.h>
#include <memory>
#include <new>

namespace msw::openssl {

template <auto Free>
struct Freed {
    template <class T>
    void operator()(T* thing) const noexcept {
        Free(thing);
    }
};

using Key = std::unique_ptr<EVP_PKEY, Freed<EVP_PKEY_free>>;
using KeyContext = std::unique_ptr<EVP_PKEY_CTX, Freed<EVP_PKEY_CTX_free>>;
using DigestContext = std::unique_ptr<EVP_MD_CTX, Freed<EVP_MD_CTX_free>>;
using CipherContext = std::unique_ptr<EVP_CIPHER_CTX, Freed<EVP_CIPHER_CTX_free>>;
using Bio = std::unique_ptr<BIO, Freed<BIO_free_all>>;

/// For calls that fail only where there is no memory.
/// @throws std::bad_alloc  if it is not 1
inline void must(int done) {
    if (done != 1) throw std::bad_alloc();
}

/// The same for calls that make something.
template <class T>
T* must(T* made) {
    if (made == nullptr) throw std::bad_alloc();
    return made;
}

}  // namespace msw::openssl
