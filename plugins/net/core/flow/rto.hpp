// How long to wait for a receipt before sending again: the retransmission timer of RFC 6298, with bounds of our own.
#pragma once

#include "plugins/net/core/time.hpp"

#include <algorithm>

namespace msw::net {

/// Thread: one at a time.
class Rto {
public:
    static constexpr Time kLeast{200};
    static constexpr Time kMost{10'000};
    static constexpr Time kFirst{1'000};  ///< before anything was measured (RFC 6298, 2.1)

    /// A receipt came for what was sent once only (Karn's algorithm: of what was sent again nobody knows which sending
    /// it answers). @param rtt  since it was sent
    void sample(Time rtt) noexcept {
        const double r = static_cast<double>(std::max(rtt, Time{0}).count());
        if (!measured_) {
            srtt_ = r;
            rttvar_ = r / 2;
            measured_ = true;
        } else {
            rttvar_ = 0.75 * rttvar_ + 0.25 * (srtt_ > r ? srtt_ - r : r - srtt_);
            srtt_ = 0.875 * srtt_ + 0.125 * r;
        }
        const double grain = 1;  // ms: that of our clock
        value_ = bounded(Time{static_cast<Time::rep>(srtt_ + std::max(grain, 4 * rttvar_))});
    }

    /// It ran out. @return what it is now: twice as long
    Time timed_out() noexcept { return value_ = bounded(value_ * 2); }

    [[nodiscard]] Time value() const noexcept { return value_; }
    /// @return the smoothed round trip; 0 before the first sample
    [[nodiscard]] Time round_trip() const noexcept { return Time{static_cast<Time::rep>(srtt_)}; }

private:
    [[nodiscard]] static Time bounded(Time t) noexcept { return std::clamp(t, kLeast, kMost); }

    double srtt_ = 0;  // ms
    double rttvar_ = 0;
    bool measured_ = false;
    Time value_ = kFirst;
};

}  // namespace msw::net
