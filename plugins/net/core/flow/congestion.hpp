// How much may be under way on a route that leads through other hosts: slow start, congestion avoidance and what
// follows a loss, after RFC 5681. A relay whose link is full drops, and nothing else tells of it.
#pragma once

#include <algorithm>
#include <cstddef>

namespace msw::net {

/// Thread: one at a time.
class CongestionWindow {
public:
    static constexpr std::size_t kStep = std::size_t{16} * 1024;  ///< bytes that stand for RFC 5681's segment
    static constexpr std::size_t kFirst = 4 * kStep;
    static constexpr std::size_t kMost = std::size_t{64} * 1024 * 1024;

    /// @return bytes that may be under way
    [[nodiscard]] std::size_t bytes() const noexcept { return window_; }
    /// @param under_way  bytes sent and not received yet
    [[nodiscard]] bool has_room(std::size_t under_way) const noexcept { return under_way < window_; }

    /// A receipt for `acked` bytes came.
    /// @param limited  whether the window was what held the sender back: a window that isn't used tells nothing
    void received(std::size_t acked, bool limited) noexcept {
        if (!limited || acked == 0) return;
        if (window_ < threshold_) {
            window_ += std::min(acked, kStep);
        } else {
            acked_ += acked;
            if (acked_ < window_) return;
            acked_ = 0;
            window_ += kStep;
        }
        window_ = std::min(window_, kMost);
    }

    /// Later ones were received and an earlier one was not (RFC 5681, 3.2).
    void lost(std::size_t under_way) noexcept {
        threshold_ = std::max(under_way / 2, 2 * kStep);
        window_ = threshold_;
        acked_ = 0;
    }

    /// Nothing was received for as long as the timer runs (RFC 5681, 3.1).
    void timed_out(std::size_t under_way) noexcept {
        threshold_ = std::max(under_way / 2, 2 * kStep);
        window_ = kStep;
        acked_ = 0;
    }

private:
    std::size_t window_ = kFirst;
    std::size_t threshold_ = kMost;
    std::size_t acked_ = 0;  // since the window grew last
};

}  // namespace msw::net
