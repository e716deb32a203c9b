// Datapacks in, bytes ready for one gathered write out. Sees no descriptor.
#pragma once

#include "msw/datapack.hpp"
#include "msw/result.hpp"

#include <sys/uio.h>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace msw {

/// For whom a head is written.
enum class Dialect : std::uint8_t {
    v1,        ///< msw/1: values percent-encoded where a line can't hold them
    v0_1,      ///< msw/0.1 between careful peers: values as they are
    old_host,  ///< msw/0.1 for a Python host: in addition no value may hold ": "
};

/// Append the head of `d`, blank line included.
/// @param d       its `length` field, if any, is ignored
/// @param length  bytes that will follow
/// @param lines   more fields, as they cross the wire, each with its line end
/// @return an error, with `out` as before, if a value can't be written in that dialect or a word is not valid
[[nodiscard]] Result<void> encode_head(const Datapack& d, Dialect dialect, std::uint64_t length, std::string& out,
                                       std::string_view lines = {});

/// @return head and body in one string; for tests and for small things.
[[nodiscard]] Result<std::string> encode(const Datapack& d, Dialect dialect);

/// Gathers Datapacks for one writev(). Heads and small bodies are copied together; a larger body is only pointed to,
/// so its Datapack must stay unchanged until clear().
/// Thread: one at a time.
class Encoder {
public:
    /// Bodies up to this many bytes are copied: cheaper than one more iovec.
    static constexpr std::size_t kCopyLimit = 2048;

    explicit Encoder(Dialect dialect) noexcept : dialect_(dialect) {}

    /// Add head and body of `d`. A Datapack with a file gets length 0: its bytes don't travel here, or follow apart.
    /// @param lines  more fields of its head, as they cross the wire, each with its line end
    /// @return an error, and nothing added, if it can't be written in this dialect
    [[nodiscard]] Result<void> add(const Datapack& d, std::string_view lines = {});

    /// @return what to write, in order. Valid until add() or clear().
    [[nodiscard]] std::span<const iovec> iovecs();

    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }
    [[nodiscard]] bool empty() const noexcept { return bytes_ == 0; }
    void clear() noexcept;

private:
    struct Run {
        std::size_t arena_end;  // the arena is written up to here,
        const char* body;       // then this
        std::size_t body_size;
    };

    Dialect dialect_;
    std::string arena_;
    std::vector<Run> runs_;
    std::vector<iovec> iovecs_;
    std::size_t bytes_ = 0;
};

}  // namespace msw
