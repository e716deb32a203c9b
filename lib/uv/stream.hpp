// Byte streams on the loop: TCP connections, Unix sockets and pipes, and what accepts them.
#pragma once

#include "base/fd.hpp"
#include "msw/result.hpp"
#include "uv/handle.hpp"

#include <sys/socket.h>
#include <sys/uio.h>
#include <uv.h>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <string>
#include <vector>

namespace msw::uv {

/// One byte stream. Destroying it closes it; none of its callbacks come after that.
/// Thread: the loop's.
class Stream {
public:
    /// Who takes what is read.
    class Reader {
    public:
        Reader() = default;
        Reader(const Reader&) = delete;
        Reader& operator=(const Reader&) = delete;
        Reader(Reader&&) = delete;
        Reader& operator=(Reader&&) = delete;
        virtual ~Reader() = default;

        virtual std::span<char> room() = 0;            ///< where the next bytes go; not empty
        virtual void received(std::size_t bytes) = 0;  ///< so many are in it
        virtual void ended(int status) = 0;            ///< UV_EOF or an error; nothing is read after it
    };

    [[nodiscard]] static Stream tcp(uv_loop_t* loop);
    /// A Unix socket, or a pipe to a child. @param passes_descriptors  SCM_RIGHTS may come along (take_descriptors)
    [[nodiscard]] static Stream pipe(uv_loop_t* loop, bool passes_descriptors = false);

    Stream(Stream&&) noexcept = default;
    Stream& operator=(Stream&&) noexcept = default;
    Stream(const Stream&) = delete;
    Stream& operator=(const Stream&) = delete;
    ~Stream() = default;

    /// Dial. @param done  called once with 0 or an error, never from within this call
    void connect(const sockaddr* address, std::function<void(int status)> done);

    /// Begin to read into `reader`, which must outlive the reading. Doing it twice is no error.
    void start_reading(Reader& reader);
    void stop_reading() noexcept;

    /// Write now what the kernel takes at once.
    /// @return bytes taken (may be 0), or a libuv error; nothing is taken while a write() is pending
    [[nodiscard]] int try_write(std::span<const iovec> parts);

    /// Write all of `bytes`, in the order of the calls.
    /// @param done  called once with 0 or an error, never from within this call; not called if the Stream is gone
    void write(std::string bytes, std::function<void(int status)> done);

    /// try_write(), and then write() for what is left.
    /// @param done  called only if something was left. @return true if nothing was left, false if `done` will come
    bool write_parts(std::span<const iovec> parts, std::function<void(int status)> done);

    /// @return bytes that wait inside write() calls
    [[nodiscard]] std::size_t pending() const noexcept;

    /// @return descriptors that came along with the bytes read so far, oldest first; each is given once.
    [[nodiscard]] std::vector<Fd> take_descriptors();

    void no_delay() noexcept;  ///< TCP_NODELAY
    /// The kernel takes what the network can carry, and so many bytes more. Source: TCP_NOTSENT_LOWAT of linux/tcp.h.
    void limit_unsent(std::size_t bytes) noexcept;
    [[nodiscard]] int fd() const noexcept;      ///< to look at, not to keep; -1 if closed
    [[nodiscard]] uv_stream_t* raw() noexcept;  ///< for uv_accept() and uv_spawn()

private:
    struct State {
        Reader* reader = nullptr;
        bool reading = false;
    };
    union Any {
        uv_stream_t stream;
        uv_tcp_t tcp;
        uv_pipe_t pipe;
    };
    struct Block;
    struct CloseBlock {
        void operator()(Block* block) const noexcept;
    };
    explicit Stream(std::unique_ptr<Block, CloseBlock> block) noexcept : block_(std::move(block)) {}
    std::unique_ptr<Block, CloseBlock> block_;
};

/// Accepts streams. Thread: the loop's.
class Listener {
public:
    using Accepted = std::function<void(Stream)>;

    /// Listen on an address. @param backlog  connections that may wait
    [[nodiscard]] static Result<Listener> tcp(uv_loop_t* loop, const sockaddr* address, int backlog, Accepted accepted);

    /// Adopt a bound, listening Unix socket. Streams from it may pass descriptors.
    [[nodiscard]] static Result<Listener> unix_socket(uv_loop_t* loop, Fd listening, Accepted accepted);

    /// @return the port it listens on (TCP), 0 else; for port 0, the one the system chose
    [[nodiscard]] std::uint16_t port() const noexcept { return port_; }

private:
    struct State {
        Accepted accepted;
    };
    Listener() = default;
    NodePtr<uv_tcp_t, State> tcp_;
    NodePtr<uv_pipe_t, State> pipe_;
    std::uint16_t port_ = 0;
};

}  // namespace msw::uv
