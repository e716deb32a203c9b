#include "base/file_calls.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <cerrno>
#include <cstdio>

namespace msw {
namespace {

class SystemFiles final : public FileCalls {
public:
    int open(const char* path, int flags, mode_t mode) noexcept override { return ::open(path, flags, mode); }
    ssize_t write(int fd, const void* bytes, std::size_t size) noexcept override { return ::write(fd, bytes, size); }
    int fsync(int fd) noexcept override { return ::fsync(fd); }
    int close(int fd) noexcept override { return ::close(fd); }
    int rename(const char* from, const char* to) noexcept override { return std::rename(from, to); }
    int unlink(const char* path) noexcept override { return ::unlink(path); }
    int symlink(const char* target, const char* path) noexcept override { return ::symlink(target, path); }
    int allocate(int fd, off_t size) noexcept override {
        errno = ::posix_fallocate(fd, 0, size);
        return errno == 0 ? 0 : -1;
    }
    int truncate(int fd, off_t size) noexcept override { return ::ftruncate(fd, size); }
    off_t size(int fd) noexcept override {
        struct stat info {};
        return ::fstat(fd, &info) == 0 ? info.st_size : -1;
    }
};

}  // namespace

FileCalls& system_files() noexcept {
    static SystemFiles files;
    return files;
}

}  // namespace msw
