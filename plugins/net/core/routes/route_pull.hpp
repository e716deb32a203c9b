// A pull that is under way: what was asked of a neighbour, and what is still to be asked (route_exchange.hpp).
#pragma once

#include "plugins/net/core/peers.hpp"
#include "plugins/net/core/routes/announcement.hpp"
#include "plugins/net/core/routes/digest_tree.hpp"
#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
struct RoutePull {
    /// What the neighbour says it holds.
    struct Want {
        Edition edition;
        std::uint64_t digest = 0;
    };

    LinkId link = 0;
    std::uint64_t root = 0;  ///< what the neighbour had at the beginning
    Time end_by{0};

    std::uint32_t number = 0;        ///< of the question that is open
    std::string question;            ///< the same
    unsigned tries = 0;              ///< of it
    Time answer_by{0};               ///< the last of them
    std::vector<std::string> asked;  ///< the members that are wanted in it

    std::deque<DigestNode> compare;                 ///< nodes that differ, not asked about yet
    std::map<std::string, Want, std::less<>> want;  ///< members whose announcement is newer there

    std::size_t gained = 0;  ///< announcements that came and were fresh
    bool whole = true;       ///< no answer has left something out
};

}  // namespace msw::net
