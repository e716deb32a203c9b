#include "plugins/net/io/file_in.hpp"

#include "base/system_error.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>

namespace msw::net {

void FileIn::refuse(Error why) {
    if (!error_) error_ = std::move(why);
    use_ = Use::drain;
    incoming_.reset();
}

void FileIn::open() {
    // What is passed on stands under a neutral name: the one it has is for its receiver to judge.
    const std::string_view name = use_ == Use::keep ? head_.get("filename") : std::string_view("passing");
    Result<FileRoot::Incoming> incoming = files_->receive(name, size_);
    if (!incoming) {
        refuse(incoming.error());
    } else {
        incoming_.emplace(std::move(incoming).value());
    }
}

void FileIn::write(std::string_view bytes) {
    while (!bytes.empty()) {
        const ssize_t n = ::pwrite(incoming_->fd(), bytes.data(), bytes.size(), static_cast<off_t>(written_));
        if (n < 0 && errno == EINTR) continue;
        if (n <= 0) {
            refuse({Code::io,
                    "file \"" + std::string(head_.get("filename")) + "\": " + system_says(n == 0 ? ENOSPC : errno)});
            return;
        }
        bytes.remove_prefix(static_cast<std::size_t>(n));
        written_ += static_cast<std::uint64_t>(n);
    }
}

void FileIn::finish() {
    if (use_ == Use::drain) return;
    if (use_ == Use::keep) {
        Result<std::shared_ptr<const File>> file = incoming_->publish();
        if (file) {
            head_.file = std::move(file).value();
        } else {
            refuse(file.error());
        }
    } else {
        const int fd = ::fcntl(incoming_->fd(), F_DUPFD_CLOEXEC, 0);
        if (fd < 0) {
            refuse({Code::io, "no descriptor for a file that is passed on: " + system_says(errno)});
            return;
        }
        head_.file = std::make_shared<const File>(fd, size_, std::string());
    }
    incoming_.reset();
}

}  // namespace msw::net
