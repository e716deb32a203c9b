// The bounded queue in front of the disk.
#pragma once

#include "base/spool/request.hpp"

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <mutex>
#include <vector>

namespace msw::spool {

/// Thread: any; take() from one.
class RequestQueue {
public:
    using Clock = std::chrono::steady_clock;
    enum class Put { taken, full, closed };

    /// Requests that make room, and queries, may wait up to twice that.
    RequestQueue(std::size_t limit_bytes, std::size_t limit_requests) noexcept
        : limit_bytes_(limit_bytes), limit_requests_(limit_requests) {}

    /// @param request  given away only if it is taken. One that is larger than the bound goes in alone.
    [[nodiscard]] Put put(Request& request);

    /// Wait until there is something, or it is closed, or `until`; then move into `out` what waits, up to `bytes` and
    /// `requests`. @return false: closed, and nothing is left
    [[nodiscard]] bool take(std::vector<Request>& out, std::size_t bytes, std::size_t requests,
                            Clock::time_point until);

    /// Nothing more goes in; what is in can still be taken.
    void close();

private:
    const std::size_t limit_bytes_;
    const std::size_t limit_requests_;
    std::mutex mutex_;
    std::condition_variable arrived_;
    std::deque<Request> queue_;
    std::size_t bytes_ = 0;
    bool closed_ = false;
};

}  // namespace msw::spool
