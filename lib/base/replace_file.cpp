#include "base/replace_file.hpp"

#include <fcntl.h>
#include <cerrno>

namespace msw {
namespace {

std::string temporary_of(const std::string& path) {
    const std::size_t name = path.rfind('/') + 1;  // 0 where there is no slash
    return path.substr(0, name) + '.' + path.substr(name) + ".new";
}

int write_new(const std::string& path, std::string_view bytes, mode_t mode, FileCalls& files) {
    // One that a crash left behind may have other permissions, or be a link to elsewhere.
    if (files.unlink(path.c_str()) != 0 && errno != ENOENT) return errno;
    const OpenFile file(files, path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, mode);
    if (!file) return errno;
    while (!bytes.empty()) {
        const ssize_t n = files.write(file.get(), bytes.data(), bytes.size());
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) return n < 0 ? errno : ENOSPC;
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
    return files.fsync(file.get()) == 0 ? 0 : errno;
}

int put_in_place(const std::string& path, FileCalls& files) {
    if (files.rename(temporary_of(path).c_str(), path.c_str()) != 0) return errno;
    return sync_folder(folder_of(path), files);
}

}  // namespace

std::string folder_of(const std::string& path) {
    const std::size_t slash = path.rfind('/');
    if (slash == std::string::npos) return ".";
    return slash == 0 ? "/" : path.substr(0, slash);
}

int sync_folder(const std::string& folder, FileCalls& files) {
    const OpenFile opened(files, folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    return opened && files.fsync(opened.get()) == 0 ? 0 : errno;
}

int replace_file(const std::string& path, std::string_view bytes, mode_t mode, FileCalls& files) {
    const std::string temporary = temporary_of(path);
    if (const int failed = write_new(temporary, bytes, mode, files); failed != 0) {
        (void)files.unlink(temporary.c_str());  // on a full disk it would only be in the way
        return failed;
    }
    return put_in_place(path, files);
}

int replace_link(const std::string& path, const std::string& target, FileCalls& files) {
    const std::string temporary = temporary_of(path);
    if (files.unlink(temporary.c_str()) != 0 && errno != ENOENT) return errno;
    if (files.symlink(target.c_str(), temporary.c_str()) != 0) return errno;
    return put_in_place(path, files);
}

int remove_file(const std::string& path, FileCalls& files) {
    if (files.unlink(path.c_str()) != 0 && errno != ENOENT) return errno;
    return sync_folder(folder_of(path), files);
}

}  // namespace msw
