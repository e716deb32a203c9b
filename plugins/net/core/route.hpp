// Where a Datapack goes next.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// The hosts that a Datapack is still to pass; the last one is its destination.
using Way = std::vector<std::string>;

/// @return the way as it stands in `to`: `A&B&C`.
[[nodiscard]] std::string to_text(const Way& way);

/// What a route is chosen by.
struct Surroundings {
    std::string own_id;
    std::string default_proxy;  ///< all that isn't connected goes there (an `onlyproxy` host); or empty
    std::function<bool(std::string_view id)> connected;
    std::function<std::string_view(std::string_view id)> proxy_of;  ///< empty: none known
};

struct Route {
    enum class Kind {
        here,  ///< it is for this host
        next,  ///< write it to `next`, with `left` in `to`
        wait,  ///< there is no way now
    };
    Kind kind = Kind::wait;
    std::string next;
    Way left;  ///< empty on the last hop
};

/// Choose the next hop: the first host of the way if it is connected, else the one that relays for it (or relays for
/// that one, and so on), else the default proxy.
/// @param came_from  the neighbour it came from, which is no proxy for it; empty: it was made here
[[nodiscard]] Route find_route(const Way& way, const Surroundings& around, std::string_view came_from = {});

}  // namespace msw::net
