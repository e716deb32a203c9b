#include "plugins/log/log_file.hpp"

#include "base/system_error.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <cerrno>
#include <cstdio>
#include <filesystem>
#include <system_error>

namespace msw::log_plugin {
Result<void> LogFile::append(std::string_view line, const Rotation& rotation) {
    if (Result<void> opened = open(); !opened) return opened;
    struct stat now {};
    if (::fstat(fd_.get(), &now) != 0) return io_error(path(), errno);
    const std::string text = std::string(line) + '\n';
    if (now.st_size > 0 && static_cast<std::uint64_t>(now.st_size) + text.size() > rotation.max_bytes) {
        if (Result<void> rotated = rotate(rotation.keep); !rotated) return rotated;
        if (Result<void> opened = open(); !opened) return opened;
        now.st_size = 0;
    }
    ssize_t written = 0;
    do {
        written = ::write(fd_.get(), text.data(), text.size());
    } while (written < 0 && errno == EINTR);
    if (written == static_cast<ssize_t>(text.size())) return {};
    const int error = written < 0 ? errno : ENOSPC;
    if (written > 0 && ::ftruncate(fd_.get(), now.st_size) != 0) return io_error(path(), errno);
    return io_error(path(), error);
}

Result<void> LogFile::open() {
    if (fd_ && is_still_there()) return {};
    std::error_code failed;
    std::filesystem::create_directories(folder_, failed);
    if (failed) return io_error(folder_, failed.value());
    fd_.reset(::open(path().c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0640));
    if (!fd_) return io_error(path(), errno);
    return {};
}

/// Somebody else may have moved or removed log.txt (logrotate, a person).
bool LogFile::is_still_there() const {
    struct stat ours {};
    struct stat named {};
    return ::fstat(fd_.get(), &ours) == 0 && ::lstat(path().c_str(), &named) == 0 && ours.st_ino == named.st_ino &&
           ours.st_dev == named.st_dev;
}

Result<void> LogFile::rotate(unsigned keep) {
    const auto part = [&](unsigned n) { return n == 0 ? path() : path() + '.' + std::to_string(n); };
    for (unsigned n = keep; n > 0; --n) {
        if (::rename(part(n - 1).c_str(), part(n).c_str()) != 0 && errno != ENOENT) return io_error(part(n - 1), errno);
    }
    if (keep == 0 && ::unlink(path().c_str()) != 0) return io_error(path(), errno);
    fd_.reset();
    return {};
}

}  // namespace msw::log_plugin
