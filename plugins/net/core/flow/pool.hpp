// The memory that all flows together may fill at a destination, and how much of it a flow is offered.
//
// What is offered is not set aside: however many origins there are, each may begin, and where they all use what they
// were offered, what has no room is dropped, and sent again. Only what is here counts.
#pragma once

#include "plugins/net/core/flow/out_flow.hpp"

#include <algorithm>
#include <cstddef>
#include <set>
#include <string>

namespace msw::net {

/// Thread: one at a time.
class Pool {
public:
    static constexpr std::size_t kBytes = std::size_t{16} * 1024 * 1024;
    static constexpr std::size_t kMostWindow = std::size_t{2} * 1024 * 1024;

    /// @return false if there is no room for `bytes`
    [[nodiscard]] bool take(std::size_t bytes) noexcept {
        if (bytes > kBytes - held_) return false;
        held_ += bytes;
        return true;
    }
    void give(std::size_t bytes) noexcept { held_ -= bytes; }

    static constexpr std::size_t kMostLarge = 4;
    /// For one that is larger than its credit: it goes in beside the rest, until it is in its mailbox or on disk. One
    /// at a time for each app, so that none that takes nothing has them all.
    [[nodiscard]] bool take_large(const std::string& app) {
        return large_.size() < kMostLarge && large_.insert(app).second;
    }
    void give_large(const std::string& app) noexcept { large_.erase(app); }

    /// @return bytes that a flow may be offered beyond what its plugin has taken
    [[nodiscard]] std::size_t window() const noexcept {
        return std::clamp((kBytes - held_) / 8, kFirstCredit, kMostWindow);
    }
    [[nodiscard]] std::size_t held() const noexcept { return held_; }

private:
    std::size_t held_ = 0;
    std::set<std::string> large_;  // apps
};

}  // namespace msw::net
