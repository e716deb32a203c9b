// How much of something may be done: so much a second, and what was saved up to a bound (a token bucket; Turner, "New
// directions in communications", 1986).
#pragma once

#include "plugins/net/core/time.hpp"

#include <algorithm>
#include <cstdint>

namespace msw::net {

/// Thread: one at a time.
class Budget {
public:
    /// @param a_second  units that come in
    /// @param most      units that are saved up, which it begins with
    constexpr Budget(std::int64_t a_second, std::int64_t most) noexcept
        : a_second_(a_second), most_(most * 1000), left_(most * 1000) {}

    /// @return whether there is something left. What is spent then may be more: it is owed.
    [[nodiscard]] bool has_some(Time now) noexcept {
        const std::int64_t passed = std::clamp<std::int64_t>((now - filled_).count(), 0, 1'000'000);
        left_ = std::min(most_, left_ + passed * a_second_);
        filled_ = now;
        return left_ > 0;
    }

    void spend(std::uint64_t units) noexcept { left_ -= static_cast<std::int64_t>(units) * 1000; }

private:
    std::int64_t a_second_;
    std::int64_t most_;  // in thousandths, as are those left
    std::int64_t left_;
    Time filled_{0};
};

}  // namespace msw::net
