// SHA-256, which names releases and proves their files.
#pragma once

#include "msw/result.hpp"

#include <cstddef>
#include <memory>
#include <string>

struct evp_md_ctx_st;

namespace msw::update {

/// Thread: one at a time.
class Sha256 {
public:
    /// @throws std::bad_alloc, also where the library has no SHA-256
    Sha256();
    void add(const void* bytes, std::size_t size);
    /// @return the digest of all that was added, 64 digits in lower case hex. Nothing may be added after.
    [[nodiscard]] std::string hex();

private:
    struct Free {
        void operator()(evp_md_ctx_st* context) const noexcept;
    };
    std::unique_ptr<evp_md_ctx_st, Free> context_;
};

/// Read the whole of a file, from its beginning, without moving its offset.
/// @return its digest; Code::io
[[nodiscard]] Result<std::string> sha256_of(int fd);

}  // namespace msw::update
