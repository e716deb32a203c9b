// What a simulation came to, as lines that a person reads, and whether it is good enough.
#pragma once

#include "tests/sim/gossip/world.hpp"

#include <functional>
#include <string_view>

namespace msw::sim {

/// Thread: one at a time. Prints on stdout.
class Report {
public:
    static constexpr Time kPatience = std::chrono::minutes(5);  ///< for all to know the same
    static constexpr std::size_t kMeanLinks = 16;
    static constexpr std::size_t kPairs = 200;                  ///< whose way is walked
    static constexpr std::size_t kFewHosts = 500;               ///< all ways of all of them are looked at
    static constexpr Time kSettled = std::chrono::seconds(30);  ///< after the last restart

    explicit Report(World& world) noexcept : world_(world) {}

    /// From nothing until all know all, and until they know the same. @param joins  until the last one is started
    [[nodiscard]] bool beginning(Time joins);
    /// A time with restarts, then until all know the same again.
    /// @param most_bytes  of gossip a host and second, in the mean
    [[nodiscard]] bool steady(Time time, double restarts_an_hour, double most_bytes);
    /// From host to host by their tables.
    [[nodiscard]] bool ways();

private:
    /// @return whether it came true in time
    [[nodiscard]] bool until(const std::function<bool()>& done, Time patience);
    void traffic(std::string_view when, Time time);
    void counts(std::string_view when) const;
    [[nodiscard]] bool links(std::string_view when) const;

    World& world_;
    double mean_ = 0;  // bytes of gossip a host and second, in the period looked at last
};

}  // namespace msw::sim
