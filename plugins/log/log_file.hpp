// log.txt and its older parts, log.txt.1 being the newest of them.
#pragma once

#include "base/fd.hpp"
#include "msw/result.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace msw::log_plugin {

/// When log.txt is put aside, and how many parts are kept.
struct Rotation {
    std::uint64_t max_bytes = 10 * 1024 * 1024;  ///< log.txt holds no more, unless one line alone is longer
    unsigned keep = 4;                           ///< older parts; 0: none
    friend bool operator==(const Rotation&, const Rotation&) = default;
};

/// Every append stands for itself: after a failure the next one tries all over, so that it recovers with the disk.
/// Thread: one at a time.
class LogFile {
public:
    /// @param folder  where log.txt lives; made with the first line if it isn't there
    explicit LogFile(std::string folder) : folder_(std::move(folder)) {}

    /// Append `line` and a line end in one write; half a line is taken back.
    /// @return Code::io and what the system said
    [[nodiscard]] Result<void> append(std::string_view line, const Rotation& rotation);

    [[nodiscard]] std::string path() const { return folder_ + "/log.txt"; }

private:
    [[nodiscard]] Result<void> open();
    [[nodiscard]] Result<void> rotate(unsigned keep);
    [[nodiscard]] bool is_still_there() const;

    std::string folder_;
    Fd fd_;
};

}  // namespace msw::log_plugin
