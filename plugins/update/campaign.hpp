// One update on its way: who asked for it, the hosts it goes to, and what becomes of each. Sees no queue and no clock.
//
// Each host gets the release with a flag of its own, so that whatever comes back with that flag is about that host,
// also an error that the mswd of another one made. A host has its verdict when it says that it runs the release, or why
// not.
#pragma once

#include "msw/datapack.hpp"

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace msw::update {

/// Thread: one at a time.
class Campaign {
public:
    using Time = std::chrono::steady_clock::time_point;

    struct Host {
        std::string id;
        std::string way;   ///< how it is written in `to`: the id, or hosts to go through before it
        std::string flag;  ///< of its copy
        bool installed = false;
        bool done = false;
    };

    /// @param asked    the question: answered in parts if it says `stream: 1`, else once, at the end
    /// @param ways     the hosts, as `net` names them; of two ways to one host the first counts
    /// @param began    now
    /// @param timeout  what each host has for its verdict
    Campaign(Datapack asked, const std::vector<std::string>& ways, Time began, std::chrono::seconds timeout);

    [[nodiscard]] const std::vector<Host>& hosts() const noexcept { return hosts_; }
    [[nodiscard]] Time deadline() const noexcept { return began_ + timeout_; }
    /// @return whether every host has its verdict, and the asker the last of its answers
    [[nodiscard]] bool done() const noexcept { return open_ == 0; }

    // Each gives what the asker is to be sent, in order.

    /// The release is packed and on its way.
    /// @param about  what it is, in words
    [[nodiscard]] std::vector<Datapack> begin(const std::string& digest, const std::string& about);
    /// A reply came, from wherever. One with another flag changes nothing.
    [[nodiscard]] std::vector<Datapack> heard(const Datapack& reply);
    /// @return timeouts, once the deadline is there
    [[nodiscard]] std::vector<Datapack> expire(Time now);

    /// @return the host whose copy has that flag, or an empty view
    [[nodiscard]] std::string_view host_of(std::string_view flag) const noexcept;

private:
    std::vector<Datapack> verdict(Host& host, std::string_view error, const std::string& text);
    [[nodiscard]] std::vector<Datapack> the_end() const;

    Datapack asked_;
    bool streamed_;
    std::vector<Host> hosts_;
    Time began_;
    std::chrono::seconds timeout_;
    std::string digest_;
    std::size_t open_;       // hosts without a verdict
    std::size_t parts_ = 0;  // that the asker was sent
    std::string said_;       // for an asker that gets one answer
    std::string worst_;      // error of that answer
};

/// @return `text` from another host as one line of bounded length, fit for people
[[nodiscard]] std::string one_line(std::string_view text);

/// @return `hosts` as one reads it, e.g. "a, b and c"
[[nodiscard]] std::string listed(const std::vector<Campaign::Host>& hosts);

}  // namespace msw::update
