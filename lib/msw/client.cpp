#include "msw/client.hpp"

#include "msw/encoder.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <system_error>
#include <utility>

namespace msw {
namespace {

constexpr std::size_t kBatch = 64UL * 1024;  // bytes gathered that are worth a system call
constexpr std::size_t kRead = 256UL * 1024;  // bytes to read at most in one

std::string why(int error) { return std::generic_category().message(error); }

/// Wait for `events` until `deadline`. @return whether one came (an error counts: the next call tells).
bool wait_for(int fd, short events, Client::Clock::time_point deadline) {
    for (;;) {
        const auto left = std::chrono::ceil<Client::Milliseconds>(deadline - Client::Clock::now());
        pollfd p{fd, events, 0};
        const int n = ::poll(&p, 1, static_cast<int>(std::clamp<long long>(left.count(), 0, 1000L * 3600)));
        if (n > 0) return true;
        if (n == 0 && left.count() <= 0) return false;
        if (n < 0 && errno != EINTR) return true;
    }
}

Result<int> connect_to(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error{Code::bad_request, "the socket path is longer than " +
                                            std::to_string(sizeof address.sun_path - 1) + " bytes: " + path};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (fd < 0) return Error{Code::io, "socket: " + why(errno)};
    if (::connect(fd, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) return fd;
    const int error = errno;
    ::close(fd);
    if (error == EACCES || error == EPERM) {
        return Error{Code::refused, "this user may not use the control socket " + path + " (" + why(error) + ")"};
    }
    if (error == ENOENT) return Error{Code::closed, "there is no control socket " + path};
    if (error == ECONNREFUSED) return Error{Code::closed, "nobody listens at " + path};
    return Error{Code::closed, "no connection to " + path + " (" + why(error) + ")"};
}

}  // namespace

Client::Client(Client&& other) noexcept
    : fd_(std::exchange(other.fd_, -1)),
      app_(std::move(other.app_)),
      host_(std::move(other.host_)),
      daemon_version_(std::move(other.daemon_version_)),
      decoder_(std::move(other.decoder_)),
      gathered_(std::move(other.gathered_)),
      written_(std::exchange(other.written_, 0)) {}

Client& Client::operator=(Client&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
        app_ = std::move(other.app_);
        host_ = std::move(other.host_);
        daemon_version_ = std::move(other.daemon_version_);
        decoder_ = std::move(other.decoder_);
        gathered_ = std::move(other.gathered_);
        written_ = std::exchange(other.written_, 0);
    }
    return *this;
}

Client::~Client() { close(); }

void Client::close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

Result<Client> Client::attach(const Options& options, Milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    Result<int> fd = connect_to(options.socket);
    if (!fd) return fd.error();
    Client client(*fd);

    Datapack question("get", "mswd", "attach");
    const std::string flag = new_flag();
    question.set("flag", flag);
    question.set("proto", std::to_string(kAttachProto));
    question.set("app", options.app);
    if (options.window > 0) question.set("window", std::to_string(options.window));
    const auto left = [&] { return std::chrono::ceil<Milliseconds>(deadline - Clock::now()); };
    if (Result<void> sent = client.send(question, left()); !sent) return sent.error();
    Result<std::optional<Datapack>> answer = client.receive(left());
    if (!answer) return answer.error();
    if (!answer->has_value()) {
        return Error{Code::timeout, "something listens at " + options.socket + ", but doesn't answer"};
    }
    const Datapack& d = **answer;
    if (d.method != "reply" || d.get("flag") != flag) {
        return Error{Code::bad_request, options.socket + " doesn't speak like mswd"};
    }
    if (!d.get("error").empty()) return Error{code_from_wire(d.get("error")), d.body};
    client.app_ = d.get("app");
    client.host_ = d.get("host");
    client.daemon_version_ = d.get("version");
    return client;
}

Result<void> Client::send(const Datapack& d, Milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    if (d.file) return send_file(d, deadline);
    if (Result<void> added = add(d, timeout); !added) return added;
    return write_gathered(-1, deadline);
}

Result<void> Client::add(const Datapack& d, Milliseconds timeout) {
    if (d.file) return send(d, timeout);
    if (gathered_.size() - written_ >= kBatch) {
        if (Result<void> done = flush(timeout); !done) return done;
    }
    if (Result<void> done = encode_head(d, Dialect::v1, d.body.size(), gathered_); !done) return done;
    gathered_ += d.body;
    return {};
}

Result<void> Client::flush(Milliseconds timeout) { return write_gathered(-1, Clock::now() + timeout); }

Result<void> Client::send_file(const Datapack& d, Clock::time_point deadline) {
    if (Result<void> done = write_gathered(-1, deadline); !done) return done;
    Datapack named = d;
    named.set("fds", "1");
    if (Result<void> done = encode_head(named, Dialect::v1, 0, gathered_); !done) return done;
    Result<void> done = write_gathered(d.file->fd(), deadline);
    if (written_ == 0) gathered_.clear();  // without its descriptor it may not follow later
    return done;
}

Result<void> Client::write_gathered(int pass_fd, Clock::time_point deadline) {
    for (;;) {
        if (Result<void> done = write_some(pass_fd); !done) return done;
        if (gathered_.empty()) return {};
        if (!wait_for(fd_, POLLOUT, deadline)) {
            return Error{Code::queue_full, "mswd takes nothing more for now: whoever this is for is slow"};
        }
    }
}

Result<void> Client::write_some(int& pass_fd) {
    while (written_ < gathered_.size()) {
        iovec part{gathered_.data() + written_, gathered_.size() - written_};
        msghdr message{};
        message.msg_iov = &part;
        message.msg_iovlen = 1;
        alignas(cmsghdr) std::array<char, CMSG_SPACE(sizeof(int))> control{};
        if (pass_fd >= 0) {
            message.msg_control = control.data();
            message.msg_controllen = control.size();
            cmsghdr* c = CMSG_FIRSTHDR(&message);
            c->cmsg_level = SOL_SOCKET;
            c->cmsg_type = SCM_RIGHTS;
            c->cmsg_len = CMSG_LEN(sizeof(int));
            std::memcpy(CMSG_DATA(c), &pass_fd, sizeof pass_fd);
        }
        const ssize_t n = ::sendmsg(fd_, &message, MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n > 0) {
            pass_fd = -1;
            written_ += static_cast<std::size_t>(n);
        } else if (errno == EAGAIN) {
            return {};
        } else if (errno != EINTR) {
            return Error{Code::closed, "mswd closed the connection (" + why(errno) + ")"};
        }
    }
    gathered_.clear();
    written_ = 0;
    return {};
}

Result<std::optional<Datapack>> Client::receive(Milliseconds timeout) {
    Datapack d;
    Result<bool> came = receive(d, timeout);
    if (!came) return came.error();
    return *came ? std::optional<Datapack>(std::move(d)) : std::nullopt;
}

Result<bool> Client::receive(Datapack& d, Milliseconds timeout) {
    d.clear();
    std::optional<Clock::time_point> deadline;
    for (;;) {
        // Both ways at once: mswd may read no further until we do.
        int no_fd = -1;
        if (Result<void> done = write_some(no_fd); !done) return done.error();
        for (;;) {
            const Decoder::Event event = decoder_.next();
            if (event == Decoder::Event::more) break;
            if (event == Decoder::Event::error) return decoder_.error();
            if (event == Decoder::Event::datapack || event == Decoder::Event::file_end) {
                std::swap(d, decoder_.datapack());
                return true;
            }
        }
        if (!deadline) deadline = Clock::now() + timeout;  // most find theirs without looking at the clock
        const std::span<char> space = decoder_.room(kRead);
        const ssize_t n = ::recv(fd_, space.data(), space.size(), MSG_DONTWAIT);
        if (n > 0) {
            decoder_.commit(static_cast<std::size_t>(n));
        } else if (n == 0) {
            return Error{Code::closed, "mswd closed the connection"};
        } else if (errno == EAGAIN) {
            const int events = gathered_.empty() ? POLLIN : POLLIN | POLLOUT;
            if (!wait_for(fd_, static_cast<short>(events), *deadline)) return false;
        } else if (errno != EINTR) {
            return Error{Code::closed, "reading from mswd: " + why(errno)};
        }
    }
}

std::string default_socket() {
    const char* set = std::getenv("MSW_SOCKET");
    return set != nullptr && *set != '\0' ? set : "/run/mswd/control.sock";
}

}  // namespace msw
