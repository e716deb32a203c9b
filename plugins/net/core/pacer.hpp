// How fast an old host may be written to: one Datapack, then nothing until the system's send queue is empty and a
// moment more has passed, so that each comes out of a recv() of its own there. Source: wire format msw/0.1.
#pragma once

#include "plugins/net/core/time.hpp"

namespace msw::net {

/// Thread: one at a time.
class Pacer {
public:
    static constexpr Time kPause{20};  ///< after the send queue is empty
    static constexpr Time kLook{2};    ///< how often to look while it is not

    /// Something was written.
    void written() noexcept { state_ = State::draining; }

    /// The send queue was looked at.
    /// @param bytes  what is in it still
    void looked(int bytes, Time now) noexcept {
        if (state_ != State::draining || bytes > 0) return;
        state_ = State::pausing;
        free_at_ = now + kPause;
    }

    [[nodiscard]] bool must_look() const noexcept { return state_ == State::draining; }

    /// @return whether the next Datapack may be written.
    [[nodiscard]] bool free(Time now) noexcept {
        if (state_ == State::pausing && now >= free_at_) state_ = State::idle;
        return state_ == State::idle;
    }

    /// @return how long to wait before asking again.
    [[nodiscard]] Time wait(Time now) const noexcept {
        return state_ == State::pausing && free_at_ > now ? free_at_ - now : kLook;
    }

private:
    enum class State { idle, draining, pausing };
    State state_ = State::idle;
    Time free_at_{0};
};

}  // namespace msw::net
