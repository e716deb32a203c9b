#include "uv/stream.hpp"

#include "uv/loop.hpp"

#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <limits>
#include <stdexcept>
#include <utility>

namespace msw::uv {
namespace {

constexpr std::size_t kMostParts = 512;  // below IOV_MAX

std::vector<uv_buf_t> buffers(std::span<const iovec> parts) {
    std::vector<uv_buf_t> out;
    out.reserve(parts.size());
    for (const iovec& p : parts) {
        out.push_back(uv_buf_init(static_cast<char*>(p.iov_base), static_cast<unsigned>(p.iov_len)));
    }
    return out;
}

}  // namespace

/// The handle, and a weak end for requests that may outlast the owner.
struct Stream::Block {
    Any any{};
    State state;
    std::shared_ptr<char> alive = std::make_shared<char>();
    bool passes_descriptors = false;

    static Block* of(uv_stream_t* s) noexcept { return static_cast<Block*>(s->data); }
};

void Stream::CloseBlock::operator()(Block* block) const noexcept {
    block->alive.reset();
    uv_close(reinterpret_cast<uv_handle_t*>(&block->any.stream),
             [](uv_handle_t* h) { delete static_cast<Block*>(h->data); });
}

Stream Stream::tcp(uv_loop_t* loop) {
    auto block = std::make_unique<Block>();
    if (const int status = uv_tcp_init(loop, &block->any.tcp); status != 0) {
        throw std::runtime_error("libuv: " + error_text(status));
    }
    block->any.stream.data = block.get();
    return Stream(std::unique_ptr<Block, CloseBlock>(block.release()));
}

Stream Stream::pipe(uv_loop_t* loop, bool passes_descriptors) {
    auto block = std::make_unique<Block>();
    if (const int status = uv_pipe_init(loop, &block->any.pipe, passes_descriptors ? 1 : 0); status != 0) {
        throw std::runtime_error("libuv: " + error_text(status));
    }
    block->any.stream.data = block.get();
    block->passes_descriptors = passes_descriptors;
    return Stream(std::unique_ptr<Block, CloseBlock>(block.release()));
}

void Stream::connect(const sockaddr* address, std::function<void(int)> done) {
    struct Request {
        uv_connect_t raw{};
        std::weak_ptr<char> alive;
        std::function<void(int)> done;
    };
    auto* request = new Request{{}, block_->alive, std::move(done)};
    request->raw.data = request;
    const int status = uv_tcp_connect(&request->raw, &block_->any.tcp, address, [](uv_connect_t* r, int s) {
        const std::unique_ptr<Request> own(static_cast<Request*>(r->data));
        if (own->alive.lock()) own->done(s);
    });
    if (status == 0) return;
    // Never from within this call: by way of the thread pool, which does nothing here.
    const std::shared_ptr<Request> failed(request);
    work(
        block_->any.stream.loop, [] {},
        [failed, status] {
            if (failed->alive.lock()) failed->done(status);
        });
}

void Stream::start_reading(Reader& reader) {
    block_->state.reader = &reader;
    if (block_->state.reading) return;
    block_->state.reading = true;
    uv_read_start(
        &block_->any.stream,
        [](uv_handle_t* h, std::size_t, uv_buf_t* buffer) {
            const std::span<char> room = static_cast<Block*>(h->data)->state.reader->room();
            constexpr std::size_t kMost = std::numeric_limits<unsigned>::max();
            *buffer = uv_buf_init(room.data(), static_cast<unsigned>(std::min(room.size(), kMost)));
        },
        [](uv_stream_t* s, ssize_t n, const uv_buf_t*) {
            Block* block = Block::of(s);
            Reader* to = block->state.reader;
            if (n > 0) {
                to->received(static_cast<std::size_t>(n));
            } else if (n < 0) {
                uv_read_stop(s);
                block->state.reading = false;
                to->ended(static_cast<int>(n));
            }
        });
}

void Stream::stop_reading() noexcept {
    uv_read_stop(&block_->any.stream);
    block_->state.reading = false;
}

int Stream::try_write(std::span<const iovec> parts) {
    if (parts.empty()) return 0;
    std::array<uv_buf_t, kMostParts> few{};
    const std::size_t count = std::min(parts.size(), few.size());
    for (std::size_t i = 0; i < count; ++i) {
        few[i] = uv_buf_init(static_cast<char*>(parts[i].iov_base), static_cast<unsigned>(parts[i].iov_len));
    }
    const int n = uv_try_write(&block_->any.stream, few.data(), static_cast<unsigned>(count));
    return n == UV_EAGAIN ? 0 : n;
}

void Stream::write(std::string bytes, std::function<void(int)> done) {
    struct Request {
        uv_write_t raw{};
        std::string bytes;
        std::weak_ptr<char> alive;
        std::function<void(int)> done;
    };
    auto* request = new Request{{}, std::move(bytes), block_->alive, std::move(done)};
    request->raw.data = request;
    const iovec whole{request->bytes.data(), request->bytes.size()};
    const std::vector<uv_buf_t> parts = buffers({&whole, 1});
    const int status = uv_write(&request->raw, &block_->any.stream, parts.data(), 1, [](uv_write_t* r, int s) {
        const std::unique_ptr<Request> own(static_cast<Request*>(r->data));
        if (own->alive.lock()) own->done(s);
    });
    if (status == 0) return;
    const std::shared_ptr<Request> failed(request);
    work(
        block_->any.stream.loop, [] {},
        [failed, status] {
            if (failed->alive.lock()) failed->done(status);
        });
}

bool Stream::write_parts(std::span<const iovec> parts, std::function<void(int)> done) {
    int taken = pending() == 0 ? try_write(parts) : 0;
    if (taken < 0) taken = 0;  // write() below reports it
    auto skip = static_cast<std::size_t>(taken);
    std::string rest;
    for (const iovec& p : parts) {
        if (skip >= p.iov_len) {
            skip -= p.iov_len;
            continue;
        }
        rest.append(static_cast<const char*>(p.iov_base) + skip, p.iov_len - skip);
        skip = 0;
    }
    if (rest.empty()) return true;
    write(std::move(rest), std::move(done));
    return false;
}

std::size_t Stream::pending() const noexcept { return uv_stream_get_write_queue_size(&block_->any.stream); }

std::vector<Fd> Stream::take_descriptors() {
    std::vector<Fd> all;
    if (!block_->passes_descriptors) return all;
    while (uv_pipe_pending_count(&block_->any.pipe) > 0) {
        // libuv hands a descriptor over only into a handle; we take a duplicate out of it, whatever it is.
        Stream carrier = Stream::pipe(block_->any.stream.loop);
        if (uv_accept(&block_->any.stream, carrier.raw()) != 0) break;
        all.emplace_back(::fcntl(carrier.fd(), F_DUPFD_CLOEXEC, 0));
    }
    return all;
}

void Stream::no_delay() noexcept { uv_tcp_nodelay(&block_->any.tcp, 1); }

void Stream::limit_unsent(std::size_t bytes) noexcept {
    const int most = static_cast<int>(bytes);
    (void)::setsockopt(fd(), IPPROTO_TCP, TCP_NOTSENT_LOWAT, &most, sizeof most);
}

int Stream::fd() const noexcept {
    uv_os_fd_t fd = -1;
    return uv_fileno(reinterpret_cast<const uv_handle_t*>(&block_->any.stream), &fd) == 0 ? fd : -1;
}

uv_stream_t* Stream::raw() noexcept { return &block_->any.stream; }

Result<Listener> Listener::tcp(uv_loop_t* loop, const sockaddr* address, int backlog, Accepted accepted) {
    Listener listener;
    int status = 0;
    listener.tcp_ = make_node<uv_tcp_t, State>([&](uv_tcp_t* h) { return uv_tcp_init(loop, h); }, status);
    if (status == 0) {
        listener.tcp_->state.accepted = std::move(accepted);
        status = uv_tcp_bind(&listener.tcp_->handle, address, 0);
    }
    if (status == 0) {
        status =
            uv_listen(reinterpret_cast<uv_stream_t*>(&listener.tcp_->handle), backlog, [](uv_stream_t* s, int error) {
                if (error != 0) return;
                Stream stream = Stream::tcp(s->loop);
                if (uv_accept(s, stream.raw()) != 0) return;
                const Accepted callback = static_cast<Node<uv_tcp_t, State>*>(s->data)->state.accepted;
                callback(std::move(stream));
            });
    }
    if (status != 0) return Error{Code::io, error_text(status)};
    sockaddr_storage bound{};
    int size = sizeof bound;
    if (uv_tcp_getsockname(&listener.tcp_->handle, reinterpret_cast<sockaddr*>(&bound), &size) == 0) {
        listener.port_ = ntohs(bound.ss_family == AF_INET6 ? reinterpret_cast<sockaddr_in6*>(&bound)->sin6_port
                                                           : reinterpret_cast<sockaddr_in*>(&bound)->sin_port);
    }
    return listener;
}

Result<Listener> Listener::unix_socket(uv_loop_t* loop, Fd listening, Accepted accepted) {
    Listener listener;
    int status = 0;
    listener.pipe_ = make_node<uv_pipe_t, State>([&](uv_pipe_t* h) { return uv_pipe_init(loop, h, 0); }, status);
    if (status == 0) {
        listener.pipe_->state.accepted = std::move(accepted);
        status = uv_pipe_open(&listener.pipe_->handle, listening.get());
    }
    if (status == 0) {
        (void)listening.release();
        status = uv_listen(reinterpret_cast<uv_stream_t*>(&listener.pipe_->handle), 128, [](uv_stream_t* s, int error) {
            if (error != 0) return;
            Stream stream = Stream::pipe(s->loop, true);
            if (uv_accept(s, stream.raw()) != 0) return;
            const Accepted callback = static_cast<Node<uv_pipe_t, State>*>(s->data)->state.accepted;
            callback(std::move(stream));
        });
    }
    if (status != 0) return Error{Code::io, error_text(status)};
    return listener;
}

}  // namespace msw::uv
