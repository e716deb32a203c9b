#include "plugins/update/sha256.hpp"

#include "base/hex.hpp"
#include "base/system_error.hpp"

#include <openssl/evp.h>
#include <unistd.h>
#include <array>
#include <cerrno>
#include <new>
#include <span>
#include <vector>

namespace msw::update {

void Sha256::Free::operator()(evp_md_ctx_st* context) const noexcept { EVP_MD_CTX_free(context); }

Sha256::Sha256() : context_(EVP_MD_CTX_new()) {
    if (!context_ || EVP_DigestInit_ex(context_.get(), EVP_sha256(), nullptr) != 1) throw std::bad_alloc();
}

void Sha256::add(const void* bytes, std::size_t size) {
    if (EVP_DigestUpdate(context_.get(), bytes, size) != 1) throw std::bad_alloc();
}

std::string Sha256::hex() {
    std::array<unsigned char, EVP_MAX_MD_SIZE> digest{};
    unsigned size = 0;
    if (EVP_DigestFinal_ex(context_.get(), digest.data(), &size) != 1) throw std::bad_alloc();
    return to_hex(std::span(digest).first(size));
}

Result<std::string> sha256_of(int fd) {
    Sha256 sum;
    std::vector<char> buffer(128 * 1024);
    for (off_t at = 0;;) {
        const ssize_t n = ::pread(fd, buffer.data(), buffer.size(), at);
        if (n == 0) return sum.hex();
        if (n < 0 && errno == EINTR) continue;
        if (n < 0) return Error{Code::io, system_says(errno)};
        sum.add(buffer.data(), static_cast<std::size_t>(n));
        at += n;
    }
}

}  // namespace msw::update
