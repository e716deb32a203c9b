// A file that comes by a link: opened, written piece by piece and published on libuv's pool, never on the loop.
#pragma once

#include "base/file_root.hpp"
#include "msw/datapack.hpp"
#include "msw/result.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>

namespace msw::net {

/// Its blocking members run on the pool, one at a time; whoever starts them keeps it alive until they are through.
/// Thread: one at a time.
class FileIn {
public:
    enum class Use {
        keep,     ///< for this host: it gets its name when it is whole
        pass_on,  ///< for another host: it never has a name
        drain,    ///< for nobody: its bytes are only counted off
    };

    /// @param head  of the Datapack; size its length
    FileIn(Datapack head, std::uint64_t size, Use use, std::shared_ptr<const FileRoot> files) noexcept
        : head_(std::move(head)), size_(size), use_(use), files_(std::move(files)) {}

    /// Take nothing of it. @param why  what the sender is told
    void refuse(Error why);

    void open();                         ///< blocks
    void write(std::string_view bytes);  ///< blocks
    void finish();                       ///< blocks; after it head().file is there, or error()

    [[nodiscard]] bool draining() const noexcept { return use_ == Use::drain; }
    [[nodiscard]] const std::optional<Error>& error() const noexcept { return error_; }
    [[nodiscard]] Datapack& head() noexcept { return head_; }

private:
    Datapack head_;
    std::uint64_t size_;
    Use use_;
    std::shared_ptr<const FileRoot> files_;
    std::optional<FileRoot::Incoming> incoming_;
    std::uint64_t written_ = 0;
    std::optional<Error> error_;
};

}  // namespace msw::net
