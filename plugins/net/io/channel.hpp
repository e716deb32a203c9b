// One connection as bytes that mean something: through TLS with a member, as they are with an old host.
//
//     uv::Stream ──▶ read(…) ──▶ more · proved · plaintext · ended · failed
//     uv::Stream ◀── send(), say(), end()
#pragma once

#include "plugins/net/io/tls/tls_session.hpp"
#include "uv/handle.hpp"
#include "uv/stream.hpp"

#include <sys/uio.h>
#include <cstddef>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace msw::net {

/// Thread: the loop's.
class Channel {
public:
    /// @param tls  null: nothing is encrypted
    Channel(uv::Stream stream, std::unique_ptr<TlsSession> tls);

    [[nodiscard]] uv::Stream& stream() noexcept { return stream_; }
    [[nodiscard]] int fd() const noexcept { return stream_.fd(); }
    /// @return null: nothing is encrypted
    [[nodiscard]] const TlsSession* tls() const noexcept { return tls_.get(); }

    // Reading.

    /// What bytes of the stream mean, up to the next thing that happens; as TlsSession::read(). What is to be said to
    /// that is written.
    [[nodiscard]] TlsSession::Event read(std::string_view& wire, std::span<char> into, std::size_t& size);
    /// The stream has ended. @return why it may not have been the other end's will; empty: it was
    [[nodiscard]] std::string end_of_wire();
    /// @return why read() gave failed
    [[nodiscard]] const std::string& error() const noexcept { return tls_->error().text; }

    // Writing.

    /// How much of what was given to send() is in the system's hands, and how much will be when `done` comes; and the
    /// bytes that the system counts for that.
    struct Sent {
        std::size_t now = 0, later = 0;
        std::size_t wire_now = 0, wire_later = 0;
        bool full = false;  ///< the system takes no more; write() waits for it
        int error = 0;      ///< a libuv error: nothing can be written any more
    };
    /// Write the beginning of `parts`, not empty.
    /// @param done  called once with 0 or an error if something is left for later; not from within this call, and not
    /// if
    ///              this is gone
    [[nodiscard]] Sent send(std::span<const iovec> parts, std::function<void(int status)> done);
    /// Write all of `bytes`. @param done  called once with 0 or an error, not from within this call
    /// @return the bytes that the system counts for them
    std::size_t write(std::string bytes, std::function<void(int status)> done);
    /// Say that nothing more comes; what waits is written before that.
    void end();

private:
    [[nodiscard]] Sent send_encrypted(std::span<const iovec> parts, std::function<void(int status)> done);
    /// @return how many bytes of the parts TLS has taken
    [[nodiscard]] std::size_t encrypt(std::span<const iovec> parts);
    [[nodiscard]] bool encrypt_gathered();
    /// Write what TLS has to say. @param done  called once with 0 or an error if the system does not take all at once
    /// @return how many bytes it took at once, and how many wait
    std::pair<std::size_t, std::size_t> flush(std::function<void(int status)> done);

    uv::Stream stream_;
    std::unique_ptr<TlsSession> tls_;
    std::string out_;       // of TLS, while it is written
    std::string gathered_;  // small parts, to be one record
    bool ended_ = false;
    uv::Anchor anchor_;
};

}  // namespace msw::net
