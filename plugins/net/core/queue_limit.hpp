// How much may wait for one link: what it takes in a tenth of a second. What waits for a slow one stays where turns are
// taken, and where it can go another way, so that nothing stands for long behind what was there first.
//
//     waits ──taken()──> every kSpan: what went in it is what may wait
//       └──emptied()──> if it had been full, it takes more than may wait: twice as much from now on
//
// What stands in a queue that is longer than its link needs is delay and nothing else. Source: RFC 7567; byte queue
// limits of Linux (Documentation/networking/netdevices).
#pragma once

#include "plugins/net/core/time.hpp"

#include <algorithm>
#include <cstddef>

namespace msw::net {

/// Thread: one at a time.
class QueueLimit {
public:
    static constexpr std::size_t kLeast = std::size_t{32} * 1024;  ///< bytes
    static constexpr std::size_t kMost = std::size_t{1024} * 1024;
    static constexpr Time kSpan{100};

    /// @return bytes at which nothing more is to be added
    [[nodiscard]] std::size_t bytes() const noexcept { return bytes_; }

    /// Something was added.
    void waits(Time now) noexcept {
        if (waits_) return;
        waits_ = true;
        begin_span(now);
    }
    /// It was refused that something be added.
    void full() noexcept { full_ = true; }
    /// The link took so many bytes.
    void taken(std::size_t bytes, Time now) noexcept {
        taken_ += bytes;
        const Time span = now - since_;
        if (!waits_ || span < kSpan) return;
        const auto in_a_span =
            taken_ * static_cast<std::size_t>(kSpan.count()) / static_cast<std::size_t>(span.count());
        bytes_ = std::clamp(in_a_span, kLeast, kMost);
        begin_span(now);
    }
    /// Nothing waits any more.
    void emptied() noexcept {
        if (waits_ && full_) bytes_ = std::min(2 * bytes_, kMost);
        waits_ = full_ = false;
    }

private:
    void begin_span(Time now) noexcept {
        since_ = now;
        taken_ = 0;
        full_ = false;
    }

    std::size_t bytes_ = kLeast;
    std::size_t taken_ = 0;  // since `since_`
    Time since_{0};
    bool waits_ = false;
    bool full_ = false;  // since `since_`
};

}  // namespace msw::net
