// What this host announces of itself, and when.
//
// Changes are gathered for a second before the next announcement; the first is made at once. A host that goes on
// changing, as all do when a mesh starts, waits for twice as long each time, up to eight seconds, until it was calm for
// ten; but a link that is gone is told after a second always, as others still send things over it (compare RFC 4222 and
// the throttles of link-state routers). In a large mesh (hubs.hpp) this host chooses which links it announces:
//
//   a hub          those that lead to hubs, and those whose far end names it;
//   another host   up to three that lead to hubs, or all while it has none; besides those whose far end names it and
//                  names no hub but it.
//
// That way both ends come to announce the same edges without asking each other, since each sees what the other has
// announced: the lesser says to whom it is attached, and the hub follows. A host that has links to others than hubs
// only names those, and they follow too, as it names no hub.
//
// Where not all can be announced, those come first whose far end is no hub and hardly has another link, so that it
// stays reachable; then those whose far end names this host, then those that were announced before, so that the choice
// rarely changes; then the lowest key.
#pragma once

#include "plugins/net/core/routes/announcement.hpp"
#include "plugins/net/core/routes/hubs.hpp"
#include "plugins/net/core/routes/route_table.hpp"
#include "plugins/net/core/time.hpp"

#include <array>
#include <cstddef>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// Who this host is, in this run.
struct OwnName {
    std::string host;    ///< the host id
    std::string member;  ///< valid_member()
    std::uint64_t epoch = 1;
    std::uint64_t run = 0;
};

/// Thread: one at a time.
class Announcer {
public:
    static constexpr Time kGather = std::chrono::seconds(1);
    static constexpr Time kLongestGather = std::chrono::seconds(8);
    static constexpr Time kCalm = std::chrono::seconds(10);
    static constexpr std::size_t kAttachments = 3;  ///< that another host than a hub announces in a large mesh
    static constexpr std::size_t kMostJumps = 3;    ///< in kJumps
    static constexpr Time kJumps = std::chrono::minutes(1);

    explicit Announcer(OwnName name) : name_(std::move(name)) {}

    /// The host has another id now.
    void rename(std::string host, Time now);

    /// Where this host can be dialled, the best first; those beyond Announcement::kMostAddresses are left out.
    void set_addresses(std::vector<Address> addresses, Time now);

    /// The links that are up, in any order, each member once. Many more than can be announced may be.
    void set_links(std::vector<AnnouncedLink> up, Time now);

    /// Call it every now and then, a few times a second: it costs little until `table` has changed.
    /// @param table  holds what was announced last (RouteTable::set_own), and what the far ends say
    /// @return what is to be announced now, unsigned; nothing: all is as it was announced, or is still being gathered
    [[nodiscard]] std::optional<Announcement> due(const RouteTable& table, const Hubs& hubs, Time now);

    /// Someone announced an edition of this host's own member that this run did not make.
    enum class Jump : std::uint8_t {
        made,     ///< the next announcement is past it, and due at once: raise the epoch on disk to at least epoch()
        behind,   ///< this run is past it already
        too_many  ///< two live runs have one member: it isn't jumped past any more for some time; tell a person
    };
    [[nodiscard]] Jump jump_past(const Edition& theirs, Time now);

    [[nodiscard]] std::uint64_t epoch() const noexcept { return edition_.epoch; }
    [[nodiscard]] bool hub() const noexcept { return hub_; }

private:
    struct Choice;
    void changed(Time now);
    [[nodiscard]] bool gathering(Time now) const;
    [[nodiscard]] std::vector<AnnouncedLink> chosen(const RouteTable& table, bool large, bool hub) const;
    [[nodiscard]] Choice weigh(const RouteTable& table, std::size_t link) const;

    OwnName name_;
    std::uint64_t key_ = key_of(name_.member);
    Edition edition_{name_.epoch, 0};
    std::vector<Address> addresses_;
    std::vector<AnnouncedLink> up_;
    std::vector<std::uint64_t> up_keys_;  // key_of() their members, in their order
    Announcement last_;
    bool ever_ = false;  // something was announced
    bool hub_ = false;
    bool jumped_ = false;             // the same must be said again, past the other one
    bool look_ = true;                // the choice may have changed
    std::uint64_t looked_at_ = 0;     // version of the table
    std::optional<Time> changed_at_;  // the first change that isn't announced
    bool urgent_ = false;             // a link that was announced is gone, or busy
    std::optional<Time> made_at_;     // the last announcement
    Time spacing_ = kGather;          // from that to the next
    std::vector<Time> jumps_;         // the last ones, at most kMostJumps
};

}  // namespace msw::net
