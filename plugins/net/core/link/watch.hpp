// Whether the host at the other end of a link is up, busy or down. Source: docs/protocol.md, "Failure".
//
//     up    bytes come; each link is pinged every second by the end that leads, so silence means something; the other
//           end does so when it hears no ping
//     busy  its kernel acknowledges what we send, but not a byte comes: stopped, swapping, overloaded
//     down  neither
//
// A host that stood still itself heard nothing meanwhile, whoever spoke: forgive() comes before it judges others.
#pragma once

#include "plugins/net/core/time.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>

namespace msw::net {

/// What the system knows of a connection. Source: tcp(7), TCP_INFO.
struct Vitals {
    Time unacknowledged{0};      ///< since an acknowledgement came last
    bool window_closed = false;  ///< the other end takes nothing more
    Time rto{0};                 ///< the system's own retransmission timer,
    unsigned backoff = 0;        ///< and how often it has doubled
};

/// Thread: one at a time.
class LinkWatch {
public:
    static constexpr Time kPing{1'000};
    static constexpr Time kNoPing{1'500};        ///< after which who doesn't lead pings, too
    static constexpr Time kRoundTrip{10'000};    ///< between two pings for the round trip alone
    static constexpr Time kSilence{2'500};       ///< after which a host that isn't acknowledging is down
    static constexpr Time kMostSilence{60'000};  ///< the same if it is acknowledging, or its window is closed

    enum class State : std::uint8_t { up, busy, down };

    /// @param leads  whether this end is the one that pings
    LinkWatch(Time now, bool leads) noexcept
        : leads_(leads), heard_(now), forgiven_(now), since_(now), next_ping_(now) {}

    /// Bytes came.
    void heard(Time now) noexcept { heard_ = now; }
    /// A ping came.
    void heard_ping(Time now) noexcept {
        if (!leads_) next_ping_ = std::min(now + kNoPing, pinged_ + kRoundTrip);
    }

    /// @return the number of the ping that is due
    [[nodiscard]] std::optional<std::uint64_t> ping_due(Time now) noexcept {
        if (now < next_ping_) return std::nullopt;
        next_ping_ = now + kPing;
        pinged_ = now;
        return ++ping_;
    }
    /// @param n  of the ping that it answers
    void pong(std::uint64_t n, Time now) noexcept {
        if (n == ping_) round_trip_ = now - pinged_;
    }

    /// @param ask_vitals  called if bytes alone don't tell
    /// @return how it is now
    template <class AskVitals>
    State judge(const AskVitals& ask_vitals, Time now) {
        const Time silent = now - heard_;
        return set(silent <= kSilence ? State::up : judge_silent(silent, ask_vitals(), now), now);
    }

    /// This host itself stood still: what it didn't hear in that time says nothing.
    void forgive(Time now) noexcept { heard_ = forgiven_ = now; }

    [[nodiscard]] State state() const noexcept { return state_; }
    /// @return when it came into that state
    [[nodiscard]] Time since() const noexcept { return since_; }
    /// @return the last that was measured; nothing before the first
    [[nodiscard]] std::optional<Time> round_trip() const noexcept { return round_trip_; }

private:
    State set(State state, Time now) noexcept {
        if (state != state_) since_ = now;
        return state_ = state;
    }

    [[nodiscard]] State judge_silent(Time silent, const Vitals& vitals, Time now) const noexcept {
        const Time unacknowledged = std::min(vitals.unacknowledged, now - forgiven_);
        if (std::min(silent, unacknowledged) > limit(vitals) || silent > kMostSilence) return State::down;
        return State::busy;
    }

    /// While the window is closed, probes are all that is acknowledged, and they come less and less often.
    [[nodiscard]] static Time limit(const Vitals& v) noexcept {
        if (!v.window_closed) return kSilence;
        const Time probe = v.rto * (std::int64_t{1} << std::min(v.backoff, 16U)) + Time{1'000};
        return std::clamp(probe, kSilence, kMostSilence);
    }

    bool leads_;
    Time heard_;
    Time forgiven_;
    Time since_;
    Time next_ping_;
    Time pinged_{0};
    std::uint64_t ping_ = 0;
    std::optional<Time> round_trip_;
    State state_ = State::up;
};

/// How often this host must have looked at its links for its own silence not to be taken for theirs.
class OwnPulse {
public:
    static constexpr Time kMost{1'000};

    /// @return whether it stood still since the last beat
    [[nodiscard]] bool beat(Time now) noexcept {
        const bool late = last_ && now - *last_ > kMost;
        last_ = now;
        return late;
    }

private:
    std::optional<Time> last_;
};

}  // namespace msw::net
