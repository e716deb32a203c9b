// Keeps the first promise that a run breaks.
#pragma once

#include "tests/sim/mesh/dice.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <utility>

namespace msw::sim {

/// A promise that was broken. Thread: like a std::string.
struct Verdict {
    std::string invariant;  ///< its name: docs/testing.md has the list
    std::string text;
    Time at{0};
    std::uint64_t about = 0;  ///< the serial of a Datapack; 0: it is about none
};

/// Thread: one at a time.
class Judge {
public:
    void broken(std::string invariant, std::string text, Time at, std::uint64_t about = 0) {
        if (!verdict_) verdict_ = Verdict{std::move(invariant), std::move(text), at, about};
    }
    [[nodiscard]] const std::optional<Verdict>& verdict() const noexcept { return verdict_; }

private:
    std::optional<Verdict> verdict_;
};

}  // namespace msw::sim
