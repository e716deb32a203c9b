// A file that does nothing but take room on the disk, so that there is some to be had when the disk is full: with it
// given up, the log has room for the removals that make more.
#pragma once

#include <cstdint>
#include <string>

namespace msw {
class FileCalls;
}

namespace msw::spool {

/// Thread: one at a time.
class Ballast {
public:
    /// @param path  its file
    /// @param bytes  0: there is none, and the disk is never so full that it would be missed
    Ballast(FileCalls& files, std::string path, std::uint64_t bytes) noexcept;

    /// Take it on board, if it isn't. Only if there is room for twice as much: else the next row would find the disk as
    /// full as the last. @return whether it is there
    [[nodiscard]] bool take();
    /// @return whether take() would find room if so many bytes more were free
    [[nodiscard]] bool fits_with(std::uint64_t bytes_more) const;
    /// Give its room up.
    void give_up();

private:
    [[nodiscard]] bool make() const;
    FileCalls& files_;
    std::string path_;
    std::uint64_t bytes_;
    bool there_ = false;
};

}  // namespace msw::spool
