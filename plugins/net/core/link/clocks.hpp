// What time it is, where the clocks of hosts differ: `expires` crosses a link by the median of the clocks of its host
// and that one's neighbours, and is told to a plugin by the clock of its own host.
#pragma once

#include "msw/datapack.hpp"

#include <cstdint>
#include <vector>

namespace msw::net {

/// @param offsets  of the clocks that are known, this host's own one among them, in ms; at least one
/// @return their median. Of an even number, the mean of the two in the middle: two hosts that know nobody else agree
[[nodiscard]] std::int64_t median_clock(std::vector<std::int64_t> offsets);

/// @return how far it is from one clock to the other, in ms; as long as any clock that is set from a network is, it is
/// 0
[[nodiscard]] constexpr std::int64_t clock_difference(std::int64_t from, std::int64_t to) noexcept {
    constexpr std::int64_t kNone = 100;
    const std::int64_t difference = to - from;
    return difference > -kNone && difference < kNone ? 0 : difference;
}

/// The latest that a clock may say, in ms since 1970: the end of the year 9999.
inline constexpr std::int64_t kLatestClock = 253'402'300'799'000;

/// Have a Datapack end so much later, rounded up to whole seconds. One without `expires`, or with one that makes no
/// sense, stays as it is.
void move_expires(Datapack& datapack, std::int64_t ms);

}  // namespace msw::net
