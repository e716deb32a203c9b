#include "plugins/net/core/link/clocks.hpp"

#include <algorithm>
#include <charconv>
#include <numeric>

namespace msw::net {

std::int64_t median_clock(std::vector<std::int64_t> offsets) {
    std::sort(offsets.begin(), offsets.end());
    const std::size_t half = offsets.size() / 2;
    return offsets.size() % 2 == 1 ? offsets[half] : std::midpoint(offsets[half - 1], offsets[half]);
}

void move_expires(Datapack& d, std::int64_t ms) {
    if (ms == 0) return;
    const std::string_view text = d.get("expires");
    std::int64_t at = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), at);
    if (status != std::errc{} || rest != text.data() + text.size() || at < 0 || at > kLatestClock / 1000) return;
    const std::int64_t moved = std::clamp<std::int64_t>(at * 1000 + ms, 0, kLatestClock);
    d.set("expires", std::to_string((moved + 999) / 1000));
}

}  // namespace msw::net
