// Whom to dial beyond the configured addresses, so that the mesh is one, and no host has many links.
//
// **Rings.** The hosts that can be dialled stand on four rings, each in an order of its own made of their keys, and
// each host wants its two neighbours on each: eight links, whatever the number of hosts. One ring alone connects all;
// four in unlike orders make a graph in which every host is near to every other, also when many fail (Law, Siu,
// "Distributed construction of random expander networks", INFOCOM 2003). Both ends compute the same, and the lower key
// dials first. Who comes or goes changes the links of its own neighbours on the rings only. In a mesh of at most
// `bound` hosts everyone wants everyone.
//
// **A large mesh** (hubs.hpp): hubs stand on the rings, and each other host wants two hubs, those of the highest weight
// for it (rendezvous hashing: Thaler, Ravishankar, 1998) that have room for it.
//
// A host that can't be dialled (it has no address) wants its followers on the rings; nobody dials it. A host that fails
// to answer is tried again after 0.5 to 60 s with jitter, its addresses in turn. After ten seconds of that, as most
// that were only started again are back by then, the next one takes its place meanwhile.
//
// **Surplus** is a link that neither end wants by this plan, for longer than kLinger, while there are too many: where
// this host dialled it, while either end has more than `bound`; where the other end did, while this one has. The other
// end may have a reason that can't be seen from here, such as a configured address. Then it dials again, and from then
// on the link stays. Links to this host's own configured addresses are never surplus.
#pragma once

#include "plugins/net/core/address.hpp"
#include "plugins/net/core/routes/hash.hpp"
#include "plugins/net/core/routes/hubs.hpp"
#include "plugins/net/core/routes/route_table.hpp"
#include "plugins/net/core/time.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <random>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// A link that is up, as the plan sees it.
struct PlannedLink {
    std::string member;
    bool we_dialled = false;
    bool configured = false;  ///< it leads to a configured address
    Time since{0};            ///< when it came up
};

/// Thread: one at a time.
class DialPlan {
public:
    static constexpr std::size_t kBound = 16;
    static constexpr std::size_t kRings = 4;
    static constexpr std::size_t kHubsWanted = 2;  ///< by who is none, in a large mesh
    static constexpr std::size_t kSpares = 4;      ///< who is wanted next if one doesn't answer
    static constexpr std::size_t kHubRoom = 26;    ///< a hub that announces so many links has no room for more
    static constexpr Time kGrace = std::chrono::seconds(10);  ///< for who fails, before the next is dialled besides
    static constexpr Time kFirstDelay{500};
    static constexpr Time kLongestDelay = std::chrono::seconds(60);
    static constexpr Time kDialing = std::chrono::seconds(30);   ///< a dial that nothing was heard of has failed
    static constexpr Time kTheirTurn = std::chrono::seconds(2);  ///< what the lower key has for dialling
    static constexpr Time kLook = std::chrono::seconds(1);       ///< between two looks at who is known
    static constexpr Time kLinger = std::chrono::seconds(60);
    static constexpr std::size_t kMostDropped = 1024;  ///< members whose links were dropped, that are remembered

    /// @param own    this host's member
    /// @param seed   for the jitter
    /// @param bound  links a host, if it can be kept
    DialPlan(std::string own, std::uint32_t seed, std::size_t bound = kBound);

    struct Dial {
        std::string member;
        Address address;
    };
    /// @param links  those that are up
    /// @return whom to dial now; each counts as being dialled until failed() or answered(), or kDialing has passed
    [[nodiscard]] std::vector<Dial> due(const RouteTable& table, const Hubs& hubs, std::span<const PlannedLink> links,
                                        Time now);

    void failed(std::string_view member, Time now);  ///< nobody answered at that address, or someone else
    void answered(std::string_view member);          ///< a link leads there now
    void lost(std::string_view member, Time now);    ///< not any more: it may be dialled again soon

    /// @return the member whose link may be closed, the one that is most surplus; empty: there is none. Ask again when
    /// it is closed.
    [[nodiscard]] std::string surplus(const RouteTable& table, std::span<const PlannedLink> links, Time now);

    /// @return whether this host wants a link to that member, or believes that the member wants one to it: as of the
    /// last due().
    [[nodiscard]] bool wants(std::string_view member) const { return wanted_.contains(member); }

private:
    struct Attempt {
        bool dialling = false;
        unsigned failures = 0;  // in a row
        Time failing_since{0};  // if there are any
        std::size_t turn = 0;   // of its addresses
        Time next{0};           // when it may be dialled; while dialling: when that has failed
    };
    /// A place on a ring: who doesn't answer is replaced by the next.
    struct Place {
        std::vector<std::string> candidates;
    };
    struct Wish {
        Time since{0};
        bool spare = false;  // in place of another who doesn't answer: the far end can't know
    };

    void look(const RouteTable& table, const Hubs& hubs, Time now);
    void stand_on_rings(const RouteTable& table, bool hubs_only);
    void attach_to_hubs(const RouteTable& table);
    void want_all(const RouteTable& table);
    void fill_places(const RouteTable& table, std::span<const PlannedLink> links, Time now);
    template <class Want>
    void want_hubs(const RouteTable& table, std::span<const PlannedLink> links, Time now, const Want& want);
    [[nodiscard]] bool is_theirs(const PlannedLink& link, const Announcement* ours, const Announcement* theirs) const;
    [[nodiscard]] bool has_room(const Announcement& hub) const;
    /// @return the lower, the better is the hub of that key for this host
    [[nodiscard]] std::uint64_t weight(std::uint64_t key) const noexcept { return mix(key ^ mix(key_)); }
    [[nodiscard]] bool fails(std::string_view member, Time now) const;
    [[nodiscard]] bool is_ours_to_dial(std::string_view member, bool spare, std::size_t links, Time since,
                                       Time now) const;
    [[nodiscard]] Time jittered(Time delay);

    std::string own_;
    std::uint64_t key_;
    std::size_t bound_;
    std::minstd_rand random_;
    std::vector<Place> places_;
    bool attach_ = false;            // this host is no hub in a large mesh:
    std::vector<std::string> hubs_;  // the best for it, in order
    std::map<std::string, Wish, std::less<>> wanted_;
    std::map<std::string, Attempt, std::less<>> attempts_;
    std::map<std::string, Time, std::less<>> unwanted_since_;  // links that are up
    std::map<std::string, Time, std::less<>> dropped_;         // links that the far end had dialled, and when
    std::uint64_t looked_at_ = 0;
    bool looked_large_ = false;
    bool looked_hub_ = false;
    Time next_look_{0};
};

}  // namespace msw::net
