// The folder outside of which no foreign file name may reach: openat2(2) with RESOLVE_BENEATH and friends.
#pragma once

#include "base/fd.hpp"
#include "msw/datapack.hpp"
#include "msw/result.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace msw {

/// @return an error that says which rule `name` breaks: relative, no `.` or `..` or empty part, at most 4096 bytes and
/// 255 a part, no NUL, and no part that begins with `.msw-` (ours).
[[nodiscard]] Result<void> check_file_name(std::string_view name);

/// Thread: any.
class FileRoot {
public:
    /// Open a folder as file root, making it (0750) if it isn't there.
    [[nodiscard]] static Result<FileRoot> open(const std::string& path);

    [[nodiscard]] const std::string& path() const noexcept { return path_; }

    /// Open an existing regular file for reading. No symbolic link is followed.
    /// @return Code::no_such_file, Code::refused (not a regular file, or outside), Code::bad_request (name), Code::io
    [[nodiscard]] Result<std::shared_ptr<const File>> open_file(std::string_view name) const;

    /// A file that is being received: it has a temporary name until publish(); dropped before, it is removed.
    class Incoming {
    public:
        Incoming(Incoming&&) noexcept = default;
        Incoming& operator=(Incoming&&) noexcept = delete;
        Incoming(const Incoming&) = delete;
        Incoming& operator=(const Incoming&) = delete;
        ~Incoming();

        [[nodiscard]] int fd() const noexcept { return fd_.get(); }
        /// Sync the file, give it its name (what stood there is replaced), sync the folder. Blocks on the disk.
        /// @return the file, open for reading
        [[nodiscard]] Result<std::shared_ptr<const File>> publish();

    private:
        friend class FileRoot;
        Incoming(Fd folder, Fd fd, std::string temporary, std::string base, std::string path) noexcept
            : folder_(std::move(folder)),
              fd_(std::move(fd)),
              temporary_(std::move(temporary)),
              base_(std::move(base)),
              path_(std::move(path)) {}
        Fd folder_;
        Fd fd_;
        std::string temporary_;
        std::string base_;
        std::string path_;
    };

    /// Begin to receive `name`, making the folders it needs (never through a symbolic link).
    /// @param size  bytes it will take: refused at once if the file system hasn't that much room
    [[nodiscard]] Result<Incoming> receive(std::string_view name, std::uint64_t size) const;

    /// Remove temporary files that a crash left behind.
    /// @return how many
    std::size_t clean_up() const;

private:
    FileRoot(Fd fd, std::string path) noexcept : fd_(std::move(fd)), path_(std::move(path)) {}
    Fd fd_;
    std::string path_;
};

}  // namespace msw
