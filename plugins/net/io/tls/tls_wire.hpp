// What OpenSSL reads from and writes to in place of a socket: bytes that are lent to it, and a buffer with a bound.
#pragma once

#include <openssl/types.h>
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>

namespace msw::net {

/// Neither moves nor is copied: its BIO knows where it is. Thread: one at a time.
class TlsWire {
public:
    /// @param most_out  bytes that may wait to be sent: a write beyond fails
    /// @throws std::bad_alloc
    explicit TlsWire(std::size_t most_out);
    TlsWire(const TlsWire&) = delete;
    TlsWire& operator=(const TlsWire&) = delete;
    TlsWire(TlsWire&&) = delete;
    TlsWire& operator=(TlsWire&&) = delete;
    ~TlsWire() = default;

    /// Both ends of it. Belongs to this; who keeps it longer has to give up using it before this goes.
    [[nodiscard]] BIO* bio() const noexcept { return bio_.get(); }

    std::string_view
        in;           ///< what came and has not been read; set before OpenSSL is called, and what is left of it after
    std::string out;  ///< what is to be sent
    std::size_t read = 0;                                  ///< bytes read in all,
    std::size_t most_read = static_cast<std::size_t>(-1);  ///< and at most: beyond, reading fails
    bool stopped = false;                                  ///< reading and writing fail
    bool overflowed = false;                               ///< more was to be written than may wait

    [[nodiscard]] std::size_t most_out() const noexcept { return most_out_; }

private:
    struct Free {
        void operator()(BIO* bio) const noexcept;
    };
    std::size_t most_out_;
    std::unique_ptr<BIO, Free> bio_;
};

}  // namespace msw::net
