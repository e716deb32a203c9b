// How long to wait before mswd is started again.
#pragma once

#include <algorithm>
#include <chrono>

namespace msw::launcher {

/// Thread: one at a time.
class Backoff {
public:
    using Milliseconds = std::chrono::milliseconds;

    /// @param first  the first wait; doubled each time, up to 120 times of it
    /// @param fresh  a run of this length makes the next wait the first again
    Backoff(Milliseconds first, Milliseconds fresh) noexcept : first_(first), fresh_(fresh), wait_(first) {}

    /// mswd crashed. @return how long to wait
    [[nodiscard]] Milliseconds after_crash(Milliseconds ran) noexcept {
        if (ran >= fresh_) wait_ = first_;
        const Milliseconds now = wait_;
        wait_ = std::min(2 * wait_, kMost * first_);
        return now;
    }

    /// mswd ended to be started again: at once, unless it does nothing else.
    [[nodiscard]] Milliseconds after_restart(Milliseconds ran) noexcept {
        restarts_ = ran >= fresh_ ? 0 : restarts_ + 1;
        return restarts_ > kQuickRestarts ? after_crash(ran) : Milliseconds(0);
    }

private:
    static constexpr int kMost = 120;
    static constexpr int kQuickRestarts = 20;

    const Milliseconds first_;
    const Milliseconds fresh_;
    Milliseconds wait_;
    int restarts_ = 0;
};

}  // namespace msw::launcher
