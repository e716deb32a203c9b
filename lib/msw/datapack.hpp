// The Datapack: what everything that talks to mswd talks.
#pragma once

#include "msw/error.hpp"
#include "msw/fields.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace msw {

/// How a head is written. The third word of the first line says which: `msw/0.1` carries values as they are,
/// `msw/1` percent-encodes what a line can't hold (docs/protocol.md, "Values").
enum class Version : std::uint8_t { v0_1, v1 };

[[nodiscard]] constexpr std::string_view name_of(Version v) noexcept {
    return v == Version::v0_1 ? "msw/0.1" : "msw/1";
}

/// The file of a `file` Datapack, open for reading. Owned by all who hold the Datapack; closed by the last.
/// Thread: read it with pread() only, then it may be shared.
class File {
public:
    /// @param fd    a descriptor of a regular file; owned from now on
    /// @param size  its size in bytes at the time it was opened
    /// @param path  absolute path under the file root, or empty if it has none (a descriptor that was passed along)
    File(int fd, std::uint64_t size, std::string path) noexcept : fd_(fd), size_(size), path_(std::move(path)) {}
    ~File();
    File(const File&) = delete;
    File& operator=(const File&) = delete;
    File(File&&) = delete;
    File& operator=(File&&) = delete;

    [[nodiscard]] int fd() const noexcept { return fd_; }
    [[nodiscard]] std::uint64_t size() const noexcept { return size_; }
    [[nodiscard]] const std::string& path() const noexcept { return path_; }

private:
    int fd_;
    std::uint64_t size_;
    std::string path_;
};

/// Head and body. A plain value: copy it, move it, change it.
///
/// `length` is no field here: on the wire it follows from the body (or the file).
/// Thread: like a std::string.
struct Datapack {
    std::string method = "post";
    std::string app;
    Version version = Version::v1;
    Fields head;
    std::string body;
    std::shared_ptr<const File> file;  ///< for method `file`, once the daemon or the transport has it

    Datapack() = default;
    Datapack(std::string method_, std::string app_, std::string body_ = {})
        : method(std::move(method_)), app(std::move(app_)), body(std::move(body_)) {}

    /// @return the value of a field, or an empty view.
    [[nodiscard]] std::string_view get(std::string_view name) const noexcept { return head.get(name); }
    void set(std::string_view name, std::string_view value) { head.set(name, value); }

    /// Give it a new flag, if it has none.
    void give_flag();

    /// @return an answer to this one with an empty body: app = its `from`, to = its `id` (if it has one), same `flag`.
    [[nodiscard]] Datapack reply() const;

    /// @return the answer that says why it can't be done: `error: CODE`, the sentence as body.
    /// Never call it for a reply: nothing makes an error out of a `reply`.
    [[nodiscard]] Datapack error_reply(Code code, std::string_view sentence) const;

    /// Make it empty, keeping its memory for the next one.
    void clear() noexcept;

    /// @return bytes it counts for in a bounded queue: head, body and a constant for its bookkeeping.
    [[nodiscard]] std::size_t weight() const noexcept;
};

/// @return a new flag: 16 hex digits from the system's random source.
[[nodiscard]] std::string new_flag();

}  // namespace msw
