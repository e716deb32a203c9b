// How long a link waits for a plugin that has no room. msw/0.1 has no credit: while one Datapack waits, all behind it
// on that link wait, whoever they are for. So the wait has an end, and after it whoever sends to that plugin is told at
// once that its queue is full, until it takes something again.
#pragma once

#include "plugins/net/core/time.hpp"

#include <functional>
#include <map>
#include <string>
#include <string_view>

namespace msw::net {

/// Thread: one at a time.
class Patience {
public:
    static constexpr Time kWait{5'000};

    /// `app` had no room. @return whether it has had none for too long
    [[nodiscard]] bool is_over(std::string_view app, Time now) {
        const auto at = since_.find(app);
        if (at != since_.end()) return now - at->second >= kWait;
        since_.emplace(app, now);
        return false;
    }

    /// `app` took something, or has left.
    void begin_anew(std::string_view app) {
        const auto at = since_.find(app);
        if (at != since_.end()) since_.erase(at);
    }

private:
    std::map<std::string, Time, std::less<>> since_;  // only apps that are there and full: as many as there are plugins
};

}  // namespace msw::net
