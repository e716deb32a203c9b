// One TLS connection: bytes of a socket in, what they mean out, and the other way round. It never sees the socket.
//
//     socket ──▶ read(wire, into) ──▶ more · established · plaintext · ended · failed
//     socket ◀── take_output()    ◀── write(), close(), and what the handshake says
//
// Nothing is queued on the way in: read() takes from `wire` as it goes, at most one record is held. On the way out
// write() takes less than it is given once kMostWaiting bytes wait for the socket.
//
// Established means that the peer has the private key of peer_key(). For a server that is all; a client is established
// before the server has judged it: that it was refused, it reads afterwards.
#pragma once

#include "base/keys/public_keys.hpp"
#include "msw/result.hpp"
#include "plugins/net/io/tls/tls_context.hpp"
#include "plugins/net/io/tls/tls_terms.hpp"
#include "plugins/net/io/tls/tls_wire.hpp"

#include <openssl/types.h>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace msw::net {

enum class TlsRole : std::uint8_t { client, server };

/// Neither moves nor is copied. Thread: one at a time.
class TlsSession {
public:
    /// Bytes waiting for the socket at which write() takes no more; a record more than that can wait.
    static constexpr std::size_t kMostWaiting = std::size_t{256} * 1024;
    /// Bytes that a handshake may have: ten times what ours has.
    static constexpr std::size_t kMostHandshake = std::size_t{16} * 1024;
    /// Records after which the key they are sent with is changed: 2^23, which is below the 2^24.5 of RFC 8446, 5.5.
    static constexpr std::uint64_t kRecordsPerKey = std::uint64_t{1} << 23U;
    /// Messages of TLS itself (changes of key, tickets) that a peer may send without kBytesBetween bytes of plaintext.
    static constexpr unsigned kMostMessages = 32;
    static constexpr std::size_t kBytesBetween = std::size_t{64} * 1024;

    enum class Event : std::uint8_t {
        more,         ///< `wire` is used up: come again with what is read next
        established,  ///< given once, before any plaintext: peer_key() and protocol() can be judged; call again
        plaintext,    ///< some came; call again
        ended,        ///< the peer said that nothing more comes (close_notify); what is in `wire` is dropped
        failed,       ///< see error(); what is in `wire` is dropped. Output may hold an alert that says why to the peer
    };
    enum class State : std::uint8_t { handshake, established, ended, failed };

    /// A client's first words wait in the output then.
    /// @param protocols         ALPN names that this end speaks, the best first; 1 to 255 bytes each, at least one.
    /// With
    ///                          none in common the handshake fails (RFC 7301)
    /// @param expected          the only key that the peer may have; nothing: any, the caller judges
    /// @param records_per_key   see kRecordsPerKey; at least 1
    /// @throws std::bad_alloc, std::invalid_argument
    TlsSession(const TlsContext& context, TlsRole role, std::span<const std::string_view> protocols,
               std::optional<PublicKey> expected = std::nullopt, std::uint64_t records_per_key = kRecordsPerKey);
    TlsSession(const TlsSession&) = delete;
    TlsSession& operator=(const TlsSession&) = delete;
    TlsSession(TlsSession&&) = delete;
    TlsSession& operator=(TlsSession&&) = delete;
    ~TlsSession() = default;

    /// Take bytes of the socket up to the next thing that happens. To be called until it gives more, ended or failed.
    /// @param wire  what was read from the socket; what has been taken is gone from its beginning
    /// @param into  where plaintext goes; not empty
    /// @param size  bytes of plaintext in `into`; 0 unless the result is Event::plaintext
    [[nodiscard]] Event read(std::string_view& wire, std::span<char> into, std::size_t& size);

    /// The socket has no more bytes. Without the peer's close_notify the connection has then been cut off, which may be
    /// somebody's doing: the state is failed.
    void end_of_wire();

    /// Encrypt for the peer.
    /// @return how many bytes of the beginning were taken; fewer than all if kMostWaiting wait, or nothing may be sent:
    /// before established, after close(), or failed
    [[nodiscard]] std::size_t write(std::string_view plaintext);

    /// Say that nothing more comes (close_notify). What the peer sends can still be read. Before the handshake is done
    /// there is nothing to close: the state is failed then.
    void close();

    /// @return bytes that wait for the socket
    [[nodiscard]] std::size_t waiting() const noexcept { return wire_.out.size(); }
    /// Hand over what waits, for what is in `buffer`, which is emptied first; its memory is used for what comes next.
    void take_output(std::string& buffer) noexcept;

    [[nodiscard]] State state() const noexcept { return state_; }
    /// @return why it failed; read only then
    [[nodiscard]] const Error& error() const noexcept { return error_; }

    /// @return the key whose owner the peer is; nothing before established
    [[nodiscard]] std::optional<PublicKey> peer_key() const noexcept {
        return protocol_.empty() ? std::nullopt : terms_.peer;
    }
    /// @return the protocol agreed upon, one of those given; empty before established
    [[nodiscard]] std::string_view protocol() const noexcept { return protocol_; }
    /// @param label  names the use; those that are not registered begin with "EXPORTER" (RFC 8446, 7.5; RFC 5705)
    /// @param size   bytes wanted
    /// @return bytes that only both ends of this one connection know; Code::closed unless it was established
    [[nodiscard]] Result<std::string> exporter(std::string_view label, std::size_t size) const;

    /// How often each direction's key was changed.
    [[nodiscard]] std::uint64_t own_key_updates() const noexcept { return own_updates_; }
    [[nodiscard]] std::uint64_t peer_key_updates() const noexcept { return peer_updates_; }

private:
    struct Free {
        void operator()(SSL* ssl) const noexcept;
    };

    static void saw_message(int sent, int version, int type, const void* bytes, std::size_t size, SSL* ssl,
                            void* self) noexcept;
    void count_message(bool sent, int type, unsigned first_byte) noexcept;
    [[nodiscard]] bool looks_like_tls(std::string_view wire);
    void shake_hands();
    void establish();
    [[nodiscard]] std::size_t decrypt(std::span<char> into);
    [[nodiscard]] bool encrypt(std::string_view record);
    void count_plaintext(std::size_t size) noexcept;
    void judge(int result);
    void fail(Error error);

    TlsTerms terms_;
    TlsWire wire_;
    std::unique_ptr<SSL, Free> ssl_;
    State state_ = State::handshake;
    bool told_ = false;    // that it was established
    bool closed_ = false;  // nothing more is sent
    Error error_;
    std::string_view protocol_;  // in terms_.protocols
    std::size_t looked_at_ = 0;  // of the first bytes

    std::uint64_t records_per_key_;
    std::uint64_t records_ = 0;  // sent with the present key
    std::uint64_t own_updates_ = 0;
    std::uint64_t peer_updates_ = 0;
    unsigned messages_ = 0;  // of the peer, since kBytesBetween
    std::size_t bytes_between_ = 0;
};

}  // namespace msw::net
