#include "daemon/control/socket_file.hpp"

#include "base/system_error.hpp"

#include <grp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include <cerrno>
#include <cstring>

namespace msw {
namespace {

constexpr int kBacklog = 128;

bool somebody_listens(const sockaddr_un& address) noexcept {
    const Fd probe(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    return probe && (::connect(probe.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0 ||
                     errno == EAGAIN);
}

}  // namespace

Result<Fd> listen_unix(const std::string& path) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    if (path.size() >= sizeof address.sun_path) {
        return Error{Code::bad_request, path + ": the path of a socket has at most " +
                                            std::to_string(sizeof address.sun_path - 1) +
                                            " bytes; choose a shorter --runtime-dir"};
    }
    std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
    if (somebody_listens(address)) {
        return Error{Code::name_taken, path + ": another mswd answers there; choose another --runtime-dir"};
    }
    struct stat info {};
    if (::lstat(path.c_str(), &info) == 0) {
        if (!S_ISSOCK(info.st_mode)) return Error{Code::refused, path + " is there and is no socket; remove it"};
        if (::unlink(path.c_str()) != 0) return io_error(path, errno);
    }
    Fd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    if (!fd) return Error{Code::io, "socket: " + system_says(errno)};
    // Closed to others from the first moment, then opened as far as it is meant to be.
    const mode_t before = ::umask(0177);
    const int bound = ::bind(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof address);
    const int error = errno;
    ::umask(before);
    if (bound != 0) return io_error(path, error);
    if (const group* g = ::getgrnam("mswd")) {
        // Not permitted to one who isn't in it: then it stays with our own group.
        if (::chown(path.c_str(), static_cast<uid_t>(-1), g->gr_gid) != 0) errno = 0;
    }
    if (::chmod(path.c_str(), 0660) != 0) return io_error(path, errno);
    if (::listen(fd.get(), kBacklog) != 0) return io_error(path, errno);
    return fd;
}

}  // namespace msw
