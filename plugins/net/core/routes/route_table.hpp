// What is known of all hosts: the newest announcement of each, and the ways that follow from them.
//
// An edge counts when both its ends announce it; it costs what the end says that asks more. An edge that either end
// calls busy may only be the last of a way. Of this host's own links those that are up count, announced yet or not, and
// lead at least to the host at their far end. Ways are computed when they are asked for after a change, all at once.
//
// Who can't be reached for an hour is told to no one any more, and forgotten after a day. Without the former, hosts
// that forget at different times would teach each other the dead for ever.
#pragma once

#include "plugins/net/core/routes/announcement.hpp"
#include "plugins/net/core/routes/digest_tree.hpp"
#include "plugins/net/core/routes/member_index.hpp"
#include "plugins/net/core/routes/shortest_ways.hpp"
#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace msw::net {

/// What became of an announcement that was heard.
struct Heard {
    enum class Verdict : std::uint8_t {
        fresh,      ///< taken: it is new, or newer than what was known
        known,      ///< the very same was known
        stale,      ///< a newer one is known
        own_newer,  ///< of this host's own member, and newer than what this run has made: see Announcer::jump_past()
        refused,    ///< there is no room; counted
    };
    Verdict verdict = Verdict::refused;
    std::string_view why;  ///< refused: a sentence
    Time since_last{0};    ///< fresh: since the one before it was taken; Time::max() for the member's first
};

/// How much is held against each of these members: ways that were taken in vain share kOneWay among their relays.
using Doubts = std::map<std::string, std::uint32_t>;
inline constexpr std::uint32_t kOneWay = 64;

/// One host of the table.
struct RouteEntry {
    AnnouncedPtr what;  ///< never null
    std::uint64_t key = 0;
    Time taken{0};                 ///< when `what` was
    std::int32_t gone_since = -1;  ///< seconds; -1: it could be reached when that was looked at last
    bool withheld = false;         ///< told to no one any more
    bool hub = false;              ///< as it says
    bool listens = false;          ///< it says where it can be dialled
};

/// Thread: one at a time. Views and pointers that it gives are good until it is changed.
class RouteTable {
public:
    static constexpr std::size_t kMostHosts = 16'384;
    static constexpr std::uint32_t kMostDoubts = 256 * kOneWay;
    static constexpr Time kWithhold = std::chrono::hours(1);
    static constexpr Time kForget = std::chrono::hours(24);
    static constexpr Time kSweep = std::chrono::hours(1);  ///< between two looks at who is gone
    static constexpr Time kLookAgain =
        std::chrono::seconds(10);  ///< the same, while someone withheld may have come back

    /// @param own   this host's member
    /// @param most  hosts that are kept, this one included
    explicit RouteTable(std::string own, std::size_t most = kMostHosts);

    // --- What changes it.

    /// Take in an announcement from elsewhere. @param announced  not null
    [[nodiscard]] Heard hear(AnnouncedPtr announced, Time now);

    /// Take in this host's own. @param announced  of the member `own`
    void set_own(AnnouncedPtr announced, Time now);

    /// Say which links of this host are up, in any order, announced or not; each member once.
    void set_links(std::vector<AnnouncedLink> up);

    /// Look at who can be reached, and forget who couldn't for kForget. Costs nothing until kSweep has passed, or
    /// someone withheld may have come back: call it as often as you like.
    /// @return the members that were forgotten
    std::vector<std::string> sweep(Time now);

    /// Forget all but this host of which that isn't true.
    void keep(const std::function<bool(const Announcement&)>& belongs);

    // --- Who is known.

    [[nodiscard]] const std::string& own() const noexcept { return own_; }
    [[nodiscard]] const RouteEntry* find(std::string_view member) const { return find(member, key_of(member)); }
    /// @param key  key_of(member), where it is at hand: what a neighbour is, is asked for each frame
    [[nodiscard]] const RouteEntry* find(std::string_view member, std::uint64_t key) const;
    /// @param key  key_of() a member
    /// @return whether it says that it is a hub. Of two members with one key either may be meant: go by it only in what
    /// may go wrong without harm.
    [[nodiscard]] bool is_hub(std::uint64_t key) const;
    /// @return what that member said last; null: it isn't known.
    [[nodiscard]] const Announcement* said(std::string_view member) const;
    /// In no order; this host among them once it has announced itself.
    [[nodiscard]] std::span<const RouteEntry> entries() const noexcept { return entries_; }
    [[nodiscard]] std::size_t size() const noexcept { return entries_.size(); }
    [[nodiscard]] std::uint64_t refused() const noexcept { return refused_; }  ///< for want of room

    struct Named {
        std::string_view member;  ///< empty: nobody is called so
        bool conflict = false;    ///< several are
    };
    /// @param host  a host id in any case
    /// @return who is called so; of several the one that can be reached, then the lower member
    [[nodiscard]] Named named(std::string_view host) const;

    struct Conflict {
        std::string_view host;                  ///< as the lowest member writes it
        std::vector<std::string_view> members;  ///< in their order
    };
    /// @return the host ids that several members claim.
    [[nodiscard]] std::vector<Conflict> conflicts() const;

    // --- Ways.

    /// @return the neighbour to hand on to; empty: `to` is unknown, can't be reached, or is this host.
    [[nodiscard]] std::string_view next_hop(std::string_view to) const;
    /// @return the sum of the costs; 0 for this host; nothing: there is no way.
    [[nodiscard]] std::optional<std::uint32_t> distance(std::string_view to) const;
    [[nodiscard]] bool can_reach(std::string_view to) const { return distance(to).has_value(); }
    /// @return the members on the way, the neighbour first and `to` last; empty as for next_hop().
    [[nodiscard]] std::vector<std::string_view> path(std::string_view to) const;
    /// @param doubts  at most kMostDoubts in all
    /// @return the way on which their sum is least, and the shortest of several; empty: there is none
    [[nodiscard]] std::vector<std::string_view> path_around(std::string_view to, const Doubts& doubts) const;
    /// @param first  a neighbour that it begins with
    /// @return the same of the ways that don't come back here
    [[nodiscard]] std::vector<std::string_view> path_through(std::string_view first, std::string_view to,
                                                             const Doubts& doubts) const;
    /// @return all that can be reached, in no order, without this host.
    [[nodiscard]] std::vector<std::string_view> reachable() const;

    // --- What has changed.

    [[nodiscard]] std::uint64_t version() const noexcept { return version_; }  ///< rises with every change
    /// Rises when someone comes, goes, becomes a hub or ceases to be one, or changes its addresses.
    [[nodiscard]] std::uint64_t population() const noexcept { return population_; }
    [[nodiscard]] const DigestTree& digests() const noexcept { return digests_; }

private:
    [[nodiscard]] std::uint32_t place_of(std::string_view member, std::uint64_t key) const;
    [[nodiscard]] std::uint32_t place_of(std::string_view member) const { return place_of(member, key_of(member)); }
    void insert(AnnouncedPtr announced, Time now);
    void replace(RouteEntry& entry, AnnouncedPtr announced, Time now);
    void erase(std::uint32_t place);
    void note_reachability(RouteEntry& entry, bool reachable, Time now);

    [[nodiscard]] std::vector<GraphEdge> edges_said_by(std::uint32_t place) const;
    [[nodiscard]] Graph graph() const;
    [[nodiscard]] const ShortestWays& ways() const;
    [[nodiscard]] std::vector<std::uint32_t> tolls(const Doubts& doubts, std::uint32_t to) const;
    [[nodiscard]] std::vector<std::string_view> members_of(const std::vector<std::uint32_t>& places) const;
    [[nodiscard]] const std::vector<std::pair<std::uint64_t, std::uint32_t>>& ids() const;

    std::string own_;
    std::size_t most_;
    std::vector<RouteEntry> entries_;
    MemberIndex index_;
    DigestTree digests_;
    std::vector<AnnouncedLink> links_;
    std::uint32_t own_place_ = MemberIndex::kNone;
    std::uint64_t version_ = 0;
    std::uint64_t population_ = 0;
    std::uint64_t refused_ = 0;

    std::size_t withheld_ = 0;
    Time next_sweep_{0};
    Time next_look_{0};
    std::uint64_t edges_version_ = 0;  // rises when a way may have changed
    std::uint64_t looked_at_ = 0;      // edges_version_ at the last sweep

    mutable bool ways_known_ = false;
    mutable ShortestWays ways_;
    mutable bool ids_known_ = false;
    mutable std::vector<std::pair<std::uint64_t, std::uint32_t>> ids_;  // Announced::id_hash and place, sorted
};

}  // namespace msw::net
