// Numbers that look random and follow from a seed, the same on every machine.
#pragma once

#include "plugins/net/core/routes/hash.hpp"
#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <vector>

namespace msw::sim {

using net::Time;

/// Thread: one at a time.
class Dice {
public:
    explicit Dice(std::uint64_t seed) noexcept : state_(net::mix(seed)) {}

    [[nodiscard]] std::uint64_t roll() noexcept { return net::mix(state_ += 0x9e3779b97f4a7c15U); }
    /// @return 0 to n - 1; 0 if n is 0
    [[nodiscard]] std::uint64_t below(std::uint64_t n) noexcept { return n == 0 ? 0 : roll() % n; }
    /// @return both ends included
    [[nodiscard]] std::uint64_t within(std::uint64_t least, std::uint64_t most) noexcept {
        return least + below(most - least + 1);
    }
    [[nodiscard]] Time within(Time least, Time most) noexcept {
        return least + Time(static_cast<Time::rep>(below(static_cast<std::uint64_t>((most - least).count()) + 1)));
    }
    [[nodiscard]] bool chance(unsigned percent) noexcept { return below(100) < percent; }
    template <class Value>
    [[nodiscard]] const Value& pick(const std::vector<Value>& from) noexcept {
        return from[below(from.size())];
    }

private:
    std::uint64_t state_;
};

}  // namespace msw::sim
