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
      decoder_(std::move(other.decoder_)) {}

Client& Client::operator=(Client&& other) noexcept {
    if (this != &other) {
        close();
        fd_ = std::exchange(other.fd_, -1);
        app_ = std::move(other.app_);
        host_ = std::move(other.host_);
        daemon_version_ = std::move(other.daemon_version_);
        decoder_ = std::move(other.decoder_);
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
    std::string bytes;
    if (!d.file) {
        Result<std::string> encoded = encode(d, Dialect::v1);
        if (!encoded) return encoded.error();
        return write_all(*encoded, -1, deadline);
    }
    Datapack named = d;
    named.set("fds", "1");
    if (Result<void> done = encode_head(named, Dialect::v1, 0, bytes); !done) return done;
    return write_all(bytes, d.file->fd(), deadline);
}

Result<void> Client::write_all(std::string_view bytes, int pass_fd, Clock::time_point deadline) {
    while (!bytes.empty()) {
        iovec part{const_cast<char*>(bytes.data()), bytes.size()};  // NOLINT(cppcoreguidelines-pro-type-const-cast)
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
            bytes.remove_prefix(static_cast<std::size_t>(n));
        } else if (errno == EAGAIN) {
            if (!wait_for(fd_, POLLOUT, deadline)) {
                return Error{Code::queue_full, "mswd takes nothing more for now: whoever this is for is slow"};
            }
        } else if (errno != EINTR) {
            return Error{Code::closed, "mswd closed the connection (" + why(errno) + ")"};
        }
    }
    return {};
}

Result<std::optional<Datapack>> Client::receive(Milliseconds timeout) {
    const auto deadline = Clock::now() + timeout;
    for (;;) {
        for (;;) {
            const Decoder::Event event = decoder_.next();
            if (event == Decoder::Event::more) break;
            if (event == Decoder::Event::error) return decoder_.error();
            if (event == Decoder::Event::datapack || event == Decoder::Event::file_end) {
                return std::optional<Datapack>(std::move(decoder_.datapack()));
            }
        }
        if (!wait_for(fd_, POLLIN, deadline)) return std::optional<Datapack>();
        const std::span<char> space = decoder_.room();
        const ssize_t n = ::recv(fd_, space.data(), space.size(), MSG_DONTWAIT);
        if (n > 0) {
            decoder_.commit(static_cast<std::size_t>(n));
        } else if (n == 0) {
            return Error{Code::closed, "mswd closed the connection"};
        } else if (errno != EAGAIN && errno != EINTR) {
            return Error{Code::closed, "reading from mswd: " + why(errno)};
        }
    }
}

std::string default_socket() {
    const char* set = std::getenv("MSW_SOCKET");
    return set != nullptr && *set != '\0' ? set : "/run/mswd/control.sock";
}

}  // namespace msw
