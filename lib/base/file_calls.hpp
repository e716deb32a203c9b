// The calls by which files that must survive a power cut are made, as an interface: a test puts a disk in their place
// that forgets what was not synced (tests/support/forgetful_disk.hpp).
#pragma once

#include <sys/types.h>
#include <cstddef>

namespace msw {

/// Each is the system call of its name: -1 and errno on failure. Thread: any.
class FileCalls {
public:
    FileCalls() = default;
    FileCalls(const FileCalls&) = delete;
    FileCalls& operator=(const FileCalls&) = delete;
    FileCalls(FileCalls&&) = delete;
    FileCalls& operator=(FileCalls&&) = delete;
    virtual ~FileCalls() = default;

    [[nodiscard]] virtual int open(const char* path, int flags, mode_t mode) noexcept = 0;
    [[nodiscard]] virtual ssize_t write(int fd, const void* bytes, std::size_t size) noexcept = 0;
    [[nodiscard]] virtual int fsync(int fd) noexcept = 0;
    virtual int close(int fd) noexcept = 0;
    [[nodiscard]] virtual int rename(const char* from, const char* to) noexcept = 0;
    [[nodiscard]] virtual int unlink(const char* path) noexcept = 0;
    [[nodiscard]] virtual int symlink(const char* target, const char* path) noexcept = 0;
    /// posix_fallocate() from the file's beginning, but with errno.
    [[nodiscard]] virtual int allocate(int fd, off_t size) noexcept = 0;
    [[nodiscard]] virtual int truncate(int fd, off_t size) noexcept = 0;
    /// @return the file's size in bytes, whatever it is
    [[nodiscard]] virtual off_t size(int fd) noexcept = 0;
};

/// @return the system itself
[[nodiscard]] FileCalls& system_files() noexcept;

/// Closes a descriptor of a FileCalls. Thread: like a unique_ptr.
class OpenFile {
public:
    OpenFile(FileCalls& files, const char* path, int flags, mode_t mode = 0) noexcept
        : files_(files), fd_(files.open(path, flags, mode)) {}
    OpenFile(const OpenFile&) = delete;
    OpenFile& operator=(const OpenFile&) = delete;
    OpenFile(OpenFile&&) = delete;
    OpenFile& operator=(OpenFile&&) = delete;
    ~OpenFile() {
        if (fd_ >= 0) files_.close(fd_);
    }
    [[nodiscard]] int get() const noexcept { return fd_; }
    explicit operator bool() const noexcept { return fd_ >= 0; }

private:
    FileCalls& files_;
    int fd_;
};

}  // namespace msw
