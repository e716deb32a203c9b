// What happened in a run: a hash of all of it, always; lines for a person, if they are wanted.
#pragma once

#include "tests/sim/mesh/dice.hpp"

#include <cstdint>
#include <iosfwd>
#include <string>
#include <utility>
#include <vector>

namespace msw::sim {

/// Thread: one at a time.
class Trace {
public:
    explicit Trace(bool wanted) noexcept : wanted_(wanted) {}

    /// Something happened. Two runs in which the same happens have the same hash.
    void mark(Time at, std::uint64_t what, std::uint64_t a, std::uint64_t b) noexcept {
        hash_ = net::mix(hash_ ^ net::mix(static_cast<std::uint64_t>(at.count()) ^ (what << 56U)) ^ (net::mix(a) + b));
    }
    [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

    /// @return whether lines are kept: don't make them otherwise
    [[nodiscard]] bool wanted() const noexcept { return wanted_; }
    /// @param about  the serial of a Datapack; 0: of none, such as a fault
    void line(Time at, std::string text, std::uint64_t about = 0) { lines_.push_back({at, about, std::move(text)}); }
    static constexpr std::uint64_t kNone = UINT64_MAX;
    /// Write the lines about one Datapack, and the faults. @param about  0: all lines; kNone: the faults alone
    void print(std::ostream& out, std::uint64_t about) const;

private:
    struct Line {
        Time at;
        std::uint64_t about;
        std::string text;
    };
    bool wanted_;
    std::uint64_t hash_ = 0;
    std::vector<Line> lines_;
};

}  // namespace msw::sim
