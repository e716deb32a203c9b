// A program's own connection to the mswd of its host: attach, then send and receive Datapacks.
//
// Attach is one question (docs/protocol.md, "Attach"): `get mswd` with body `attach` and `proto: 1`; the answer names
// the app that the connection owns from then on, or says why not.
#pragma once

#include "msw/datapack.hpp"
#include "msw/decoder.hpp"
#include "msw/result.hpp"

#include <chrono>
#include <cstddef>
#include <optional>
#include <string>

namespace msw {

/// The version of the attach exchange that this library speaks.
inline constexpr int kAttachProto = 1;

/// Thread: one at a time. Blocks in the calling thread, never longer than it is told.
class Client {
public:
    using Clock = std::chrono::steady_clock;
    using Milliseconds = std::chrono::milliseconds;

    struct Options {
        std::string socket;      ///< path of control.sock
        std::string app;         ///< the app to own; empty: one of the daemon's choice (`@N`)
        std::size_t window = 0;  ///< bytes that may wait for us; 0: the daemon's choice
    };

    /// Connect and attach.
    /// @return a client; Code::closed if no daemon listens there, Code::timeout, or the daemon's refusal
    static Result<Client> attach(const Options& options, Milliseconds timeout = Milliseconds(5000));

    Client(Client&& other) noexcept;
    Client& operator=(Client&& other) noexcept;
    Client(const Client&) = delete;
    Client& operator=(const Client&) = delete;
    ~Client();

    /// @return the app this connection owns
    [[nodiscard]] const std::string& app() const noexcept { return app_; }
    /// @return the id of the daemon's host
    [[nodiscard]] const std::string& host() const noexcept { return host_; }
    /// @return the daemon's version
    [[nodiscard]] const std::string& daemon_version() const noexcept { return daemon_version_; }
    /// @return the descriptor to poll for reading beside others; has_buffered() first
    [[nodiscard]] int fd() const noexcept { return fd_; }
    /// @return whether receive() may find something without reading
    [[nodiscard]] bool has_buffered() const noexcept { return !decoder_.at_boundary(); }

    /// Write one Datapack; its file, if any, is passed as a descriptor (`fds: 1`).
    /// @return Code::queue_full at the deadline (the daemon doesn't read: whom we send to has no room; what is left of
    ///         it waits for flush()), Code::closed
    Result<void> send(const Datapack& d, Milliseconds timeout = Milliseconds(30000));

    /// Gather a Datapack, to be written with others at once: that is what sending many costs least. They leave with
    /// flush(), send() or receive(), and whenever a good batch is there.
    /// @return as send(); an error means that it was not gathered
    Result<void> add(const Datapack& d, Milliseconds timeout = Milliseconds(30000));
    /// Write what is gathered. @return Code::queue_full at the deadline: the rest stays gathered; Code::closed
    Result<void> flush(Milliseconds timeout = Milliseconds(30000));

    /// Wait for the next Datapack.
    /// @return nothing if none came in time; Code::closed if the daemon is gone
    Result<std::optional<Datapack>> receive(Milliseconds timeout);
    /// The same into `d`, whose memory serves the one after: many cost no allocation.
    /// @return false, and an empty `d`, if none came in time
    Result<bool> receive(Datapack& d, Milliseconds timeout);

private:
    explicit Client(int fd) noexcept : fd_(fd) {}
    Result<void> send_file(const Datapack& d, Clock::time_point deadline);
    Result<void> write_gathered(int pass_fd, Clock::time_point deadline);
    Result<void> write_some(int& pass_fd);
    void close() noexcept;

    int fd_ = -1;
    std::string app_;
    std::string host_;
    std::string daemon_version_;
    Decoder decoder_;
    std::string gathered_;
    std::size_t written_ = 0;  // of what is gathered
};

/// @return the path of the control socket: `$MSW_SOCKET`, else `/run/mswd/control.sock`.
[[nodiscard]] std::string default_socket();

}  // namespace msw
