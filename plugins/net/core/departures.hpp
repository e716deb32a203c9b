// Until when all that was written on a link has arrived in the peer's system: what has not can't have been answered.
//
// Asked now and then, so one mark is enough: it is set behind all that waits, and moves on once that has arrived.
#pragma once

#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace msw::net {

/// Thread: one at a time.
class Departures {
public:
    /// The system took so many bytes more. @param carried  Datapacks that it has whole since, in all
    void taken(std::size_t bytes, std::uint64_t carried) noexcept {
        bytes_ += bytes;
        if (mark_ && !mark_->bytes && carried >= mark_->carried) mark_->bytes = bytes_;
    }

    /// How a link is now. Thread: like an int.
    struct State {
        bool idle = false;               ///< nothing waits for the system
        std::uint64_t carried_then = 0;  ///< what taken() will say when all that waits has been taken
        std::size_t unacknowledged = 0;  ///< bytes that the system has
    };
    /// @return a time before which everything that was written has arrived
    [[nodiscard]] Time until(const State& state, Time now) noexcept {
        if (state.idle && state.unacknowledged == 0) {
            mark_.reset();
            return until_ = now;
        }
        if (mark_ && mark_->bytes && *mark_->bytes + state.unacknowledged <= bytes_) {
            until_ = mark_->at;
            mark_.reset();
        }
        if (!mark_) mark_ = Mark{now, state.carried_then, state.idle ? std::optional(bytes_) : std::nullopt};
        return until_;
    }

private:
    struct Mark {
        Time at;
        std::uint64_t carried;
        std::optional<std::uint64_t> bytes;  // once the system has all before it: where that ends
    };
    std::uint64_t bytes_ = 0;
    Time until_ = Time::min();
    std::optional<Mark> mark_;
};

}  // namespace msw::net
