// How long a link waits for a plugin that has no room. msw/0.1 has no credit: while one Datapack waits, all behind it
// on that link wait, whoever they are for. So the wait has an end, and after it whoever sends to that plugin is told at
// once that its queue is full, until it takes something again.
#pragma once

#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <functional>
#include <string_view>
#include <unordered_map>

namespace msw::net {

/// Thread: one at a time.
class Patience {
public:
    static constexpr Time kWait{5'000};

    /// What an app is called where only a number fits.
    using Name = std::size_t;
    /// Names have the highest bit, those of flows (Arrivals) don't.
    static constexpr Name kBit = Name{1} << 63U;
    [[nodiscard]] static Name name_of(std::string_view app) noexcept {
        return std::hash<std::string_view>{}(app) | kBit;
    }

    /// An app had no room. @return whether it has had none for too long
    [[nodiscard]] bool is_over(Name app, Time now) {
        const auto [at, is_new] = since_.try_emplace(app, now);
        return !is_new && now - at->second >= kWait;
    }

    /// It took something, or has left.
    void begin_anew(Name app) { since_.erase(app); }

private:
    std::unordered_map<Name, Time> since_;  // only apps that are there and full: as many as there are plugins
};

}  // namespace msw::net
