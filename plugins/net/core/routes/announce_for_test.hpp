// Announcements in a line, for tests.
#pragma once

#include "base/hex.hpp"
#include "plugins/net/core/routes/hash.hpp"
#include "plugins/net/core/routes/route_table.hpp"

#include <algorithm>
#include <initializer_list>
#include <string>
#include <utility>
#include <vector>

namespace msw::net {

/// What a test says of a host beside its links.
struct Saying {
    Edition edition{1, 1};
    bool hub = false;
    bool listens = true;
    std::string host{};  ///< empty: "h" and the member
};

/// @param links  in any order
inline Announcement saying(const std::string& member, std::vector<AnnouncedLink> links, const Saying& more = {}) {
    Announcement a;
    a.member = member;
    a.host = more.host.empty() ? "h" + member : more.host;
    a.edition = more.edition;
    a.run = 7;
    a.hub = more.hub;
    if (more.listens) a.addresses.push_back({a.host, 3900});
    std::sort(links.begin(), links.end());
    a.links = std::move(links);
    return a;
}

/// @param to  the members it names, at cost 1
inline AnnouncedPtr says(const std::string& member, std::initializer_list<const char*> to, const Saying& more = {}) {
    std::vector<AnnouncedLink> links;
    for (const char* far : to) links.push_back({far, 1, false});
    return make_announced(saying(member, std::move(links), more));
}

inline std::vector<AnnouncedLink> links_to(std::initializer_list<const char*> members) {
    std::vector<AnnouncedLink> links;
    for (const char* member : members) links.push_back({member, 1, false});
    return links;
}

/// @return a member of 16 hex digits
inline std::string member_number(std::uint64_t n) { return to_hex(mix(n)); }

}  // namespace msw::net
