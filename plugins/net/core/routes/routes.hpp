// The routes of one host, put together: what is known (RouteTable), what this host says (Announcer), how it comes to
// be known (RouteExchange), whom to dial (DialPlan). Links come and go, frames and time go in; frames, dials and
// decisions come out by RoutesEdge.
#pragma once

#include "plugins/net/core/peers.hpp"
#include "plugins/net/core/routes/announcer.hpp"
#include "plugins/net/core/routes/dial_plan.hpp"
#include "plugins/net/core/routes/hubs.hpp"
#include "plugins/net/core/routes/route_exchange.hpp"
#include "plugins/net/core/routes/route_table.hpp"
#include "plugins/net/core/time.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// What the routes need done. None of these may call back into them.
/// Thread: one at a time.
class RoutesEdge {
public:
    RoutesEdge() = default;
    RoutesEdge(const RoutesEdge&) = delete;
    RoutesEdge& operator=(const RoutesEdge&) = delete;
    RoutesEdge(RoutesEdge&&) = delete;
    RoutesEdge& operator=(RoutesEdge&&) = delete;
    virtual ~RoutesEdge() = default;

    /// Write a session frame `link routes`; dropped where there is no room.
    virtual void send_routes(LinkId link, std::string body) = 0;
    /// Dial; Routes::up() or Routes::dial_failed() follows.
    virtual void dial(const std::string& member, const Address& address) = 0;
    /// Close a link that neither end needs.
    virtual void drop_surplus(LinkId link) = 0;
    /// Sign what is to be announced, or not. @return it with its text
    virtual AnnouncedPtr sign(Announcement announcement) { return make_announced(std::move(announcement)); }
    /// Something new of this member is known.
    virtual void route_changed(const Announced& now) = 0;
    /// The epoch on disk must be at least that, before the next start.
    virtual void raise_epoch(std::uint64_t epoch) = 0;
    /// Two live runs have this host's member; said once a minute at most.
    virtual void two_runs() = 0;
    /// What no honest neighbour sends.
    virtual void route_offence(LinkId link, std::string_view why) = 0;
};

/// Thread: one at a time.
class Routes final : private RouteEdge {
public:
    /// @param seed  for the jitter of dials
    /// @param edge  must live on
    /// @param read  RouteExchange::Read
    Routes(const OwnName& name, std::uint32_t seed, RoutesEdge& edge, RouteExchange::Read read = read_announced);

    void rename(std::string host, Time now) { announcer_.rename(std::move(host), now); }
    /// Who belongs to the mesh has changed: forget the others.
    void keep(const std::function<bool(const Announcement&)>& belongs) { table_.keep(belongs); }
    void set_addresses(std::vector<Address> addresses, Time now) {
        announcer_.set_addresses(std::move(addresses), now);
    }

    /// A link that is up. Several may lead to one member: the newest counts.
    struct NewLink {
        LinkId id = 0;
        std::string member;
        std::uint16_t cost = 1;
        bool we_dialled = false;
        bool configured = false;              ///< it leads to a configured address
        std::optional<std::uint64_t> root{};  ///< that its hello said
    };
    void up(NewLink link, Time now);
    void down(LinkId link, Time now);
    /// @param busy  acknowledged, but silent: nothing is to pass through it
    void set_busy(LinkId link, bool busy, Time now);
    void dial_failed(std::string_view member, Time now) {
        plan_.failed(member, now);
        next_plan_ = now;
    }

    void root_heard(LinkId link, std::uint64_t root, Time now);
    void frame_heard(LinkId link, std::string_view body, Time now);

    /// Do all that is due: a few times a second, and at next_due().
    void tick(Time now);
    /// @return when the exchange has something to send; nothing: not before something comes.
    [[nodiscard]] std::optional<Time> next_due() const { return exchange_.next_due(); }

    [[nodiscard]] const RouteTable& table() const noexcept { return table_; }
    [[nodiscard]] const Hubs& hubs() const noexcept { return hubs_; }
    [[nodiscard]] std::uint64_t root() const noexcept { return exchange_.root(); }
    [[nodiscard]] const RouteCounts& counts() const noexcept { return exchange_.counts(); }

private:
    static constexpr Time kLook{200};                       // between two looks at what to announce
    static constexpr Time kPlan = std::chrono::seconds(1);  // at whom to dial, unless a link comes or goes
    static constexpr Time kAlarm = std::chrono::minutes(1);

    void send_routes(LinkId link, std::string body) override { edge_.send_routes(link, std::move(body)); }
    void route_changed(const Announced& now) override { edge_.route_changed(now); }
    void own_newer(const Edition& theirs) override;
    void route_offence(LinkId link, std::string_view why) override { edge_.route_offence(link, why); }

    struct OneLink {
        NewLink link;
        bool busy = false;
        Time since{0};
    };
    void links_changed(Time now);
    void announce(Time now);
    void drop_surplus(Time now);

    RoutesEdge& edge_;
    RouteTable table_;
    Hubs hubs_;
    Announcer announcer_;
    RouteExchange exchange_;
    DialPlan plan_;
    std::map<LinkId, OneLink> links_;
    std::vector<PlannedLink> planned_;  // links_, one a member
    Time next_look_{0};
    Time next_plan_{0};
    Time now_{0};  // of the call that is under way
    std::optional<Time> alarmed_;
};

}  // namespace msw::net
