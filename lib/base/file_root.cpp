#include "base/file_root.hpp"

#include "base/system_error.hpp"

#include <fcntl.h>
#include <linux/openat2.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/syscall.h>
#include <array>
#include <cerrno>
#include <filesystem>
#include <system_error>
#include <utility>

namespace msw {
namespace {

constexpr std::string_view kOurs = ".msw-";
constexpr std::size_t kLongestName = 4096;
constexpr std::size_t kLongestPart = 255;
constexpr mode_t kFolderMode = 0750;
constexpr mode_t kFileMode = 0640;

Error io_error(std::string_view name, int error) {
    const Code code = error == ENOENT                                       ? Code::no_such_file
                      : error == ELOOP || error == EXDEV || error == EACCES ? Code::refused
                                                                            : Code::io;
    const std::string words =
        error == ELOOP ? "leads through a symbolic link, which is not followed" : system_says(error);
    return {code, "file \"" + std::string(name) + "\": " + words};
}

/// openat2(2), for which glibc has no function. @return a descriptor or -errno
int open_beneath(int folder, const std::string& name, int flags, mode_t mode) noexcept {
    open_how how{};
    how.flags = static_cast<decltype(how.flags)>(flags | O_CLOEXEC);
    how.mode = (flags & O_CREAT) != 0 ? mode : 0;
    how.resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS | RESOLVE_NO_SYMLINKS;
    const long fd = ::syscall(SYS_openat2, folder, name.c_str(), &how, sizeof how);
    return fd < 0 ? -errno : static_cast<int>(fd);
}

Error bad_name(std::string_view name, std::string_view rule) {
    constexpr std::size_t kShown = 80;
    std::string shown;
    for (const char c : name.substr(0, kShown)) shown += c >= 0x20 && c != 0x7f ? c : '?';
    if (name.size() > kShown) shown += "...";
    return {Code::bad_request, "file name \"" + shown + "\": " + std::string(rule)};
}

/// Open the folder that `name` lies in, making what is missing on the way.
Result<Fd> open_parent(int root, std::string_view name) {
    Fd folder(::fcntl(root, F_DUPFD_CLOEXEC, 0));
    std::string_view rest = name;
    for (std::size_t slash = rest.find('/'); slash != std::string_view::npos; slash = rest.find('/')) {
        const std::string part(rest.substr(0, slash));
        if (::mkdirat(folder.get(), part.c_str(), kFolderMode) != 0 && errno != EEXIST) return io_error(name, errno);
        const int next = open_beneath(folder.get(), part, O_RDONLY | O_DIRECTORY, 0);
        if (next < 0) return io_error(name, -next);
        folder.reset(next);
        rest.remove_prefix(slash + 1);
    }
    return folder;
}

Result<std::shared_ptr<const File>> as_file(Fd fd, std::string_view name, std::string path) {
    struct stat info {};
    if (::fstat(fd.get(), &info) != 0) return io_error(name, errno);
    if (!S_ISREG(info.st_mode)) {
        return Error{Code::refused, "file \"" + std::string(name) + "\" is not a regular file"};
    }
    return std::make_shared<const File>(fd.release(), static_cast<std::uint64_t>(info.st_size), std::move(path));
}

}  // namespace

Result<void> check_file_name(std::string_view name) {
    if (name.empty()) return bad_name(name, "is empty");
    if (name.size() > kLongestName) return bad_name(name, "is longer than 4096 bytes");
    if (name.find('\0') != std::string_view::npos) return bad_name(name, "holds a NUL byte");
    if (name.front() == '/') return bad_name(name, "must be relative to the receiver's file root");
    for (std::size_t from = 0;;) {
        const std::size_t slash = name.find('/', from);
        const std::string_view part = name.substr(from, slash == std::string_view::npos ? slash : slash - from);
        if (part.empty()) return bad_name(name, "has an empty part");
        if (part == "." || part == "..") return bad_name(name, "has a part `.` or `..`");
        if (part.size() > kLongestPart) return bad_name(name, "has a part longer than 255 bytes");
        if (part.substr(0, kOurs.size()) == kOurs) return bad_name(name, "has a part that begins with `.msw-`");
        if (slash == std::string_view::npos) return {};
        from = slash + 1;
    }
}

Result<FileRoot> FileRoot::open(const std::string& path) {
    std::error_code failed;
    std::filesystem::create_directories(path, failed);
    if (failed) return Error{Code::io, path + ": " + failed.message()};
    const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return io_error(path, errno);
    std::filesystem::path absolute = std::filesystem::canonical(path, failed);
    return FileRoot(Fd(fd), failed ? path : absolute.string());
}

Result<std::shared_ptr<const File>> FileRoot::open_file(std::string_view name) const {
    if (Result<void> fine = check_file_name(name); !fine) return fine.error();
    const std::string text(name);
    // O_NONBLOCK: a fifo must not hold us before fstat() tells what it is.
    const int fd = open_beneath(fd_.get(), text, O_RDONLY | O_NONBLOCK, 0);
    if (fd < 0) return io_error(name, -fd);
    return as_file(Fd(fd), name, path_ + '/' + text);
}

Result<FileRoot::Incoming> FileRoot::receive(std::string_view name, std::uint64_t size) const {
    if (Result<void> fine = check_file_name(name); !fine) return fine.error();
    struct statvfs room {};
    if (::fstatvfs(fd_.get(), &room) == 0 && room.f_frsize > 0 && size / room.f_frsize >= room.f_bavail) {
        return Error{Code::io, "file \"" + std::string(name) + "\": no room for " + std::to_string(size) + " bytes"};
    }
    Result<Fd> folder = open_parent(fd_.get(), name);
    if (!folder) return folder.error();
    std::string temporary = std::string(kOurs) + "incoming-" + new_flag();
    const int fd = open_beneath(folder->get(), temporary, O_RDWR | O_CREAT | O_EXCL, kFileMode);
    if (fd < 0) return io_error(name, -fd);
    const std::size_t slash = name.rfind('/');
    std::string base(slash == std::string_view::npos ? name : name.substr(slash + 1));
    return Incoming(std::move(folder).value(), Fd(fd), std::move(temporary), std::move(base),
                    path_ + '/' + std::string(name));
}

FileRoot::Incoming::~Incoming() {
    if (folder_ && !temporary_.empty()) ::unlinkat(folder_.get(), temporary_.c_str(), 0);
}

Result<std::shared_ptr<const File>> FileRoot::Incoming::publish() {
    if (::fsync(fd_.get()) != 0) return io_error(base_, errno);
    if (::renameat(folder_.get(), temporary_.c_str(), folder_.get(), base_.c_str()) != 0) return io_error(base_, errno);
    temporary_.clear();
    if (::fsync(folder_.get()) != 0) return io_error(base_, errno);
    return as_file(std::move(fd_), base_, path_);
}

std::size_t FileRoot::clean_up() const {
    namespace fs = std::filesystem;
    std::size_t removed = 0;
    std::error_code failed;
    for (fs::recursive_directory_iterator at(path_, fs::directory_options::skip_permission_denied, failed), end;
         !failed && at != end; at.increment(failed)) {
        const std::string base = at->path().filename().string();
        std::error_code ignored;
        if (base.compare(0, kOurs.size(), kOurs) == 0 && at->symlink_status(ignored).type() == fs::file_type::regular) {
            if (fs::remove(at->path(), ignored)) ++removed;
        }
    }
    return removed;
}

}  // namespace msw
