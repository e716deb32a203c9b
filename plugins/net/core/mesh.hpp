// The mesh as one host sees it: connections, handshakes, the exchange of addresses, and the way of each Datapack.
//
// Events, bytes decoded to Datapacks, and the time come in; what is to be done goes out by an Edge. It knows no socket,
// no descriptor of its own and no clock, so that a test can run it by hand.
//
// A Datapack takes one of these ways:
//
//     submit() ─┬─> for each destination: here ─> Edge::deliver()
//     heard() ──┘        a neighbour leads there ─> Edge::write()
//                        nobody does, or no room ─> outbox ─> Edge::write() later, or failed()
//
// and what ends without having arrived ends in failed(): counted, a line in the journal, an error to who sent it.
#pragma once

#include "base/keys/public_keys.hpp"
#include "msw/target.hpp"
#include "plugins/net/core/book.hpp"
#include "plugins/net/core/counters.hpp"
#include "plugins/net/core/edge.hpp"
#include "plugins/net/core/flow/arrivals.hpp"
#include "plugins/net/core/flow/custody.hpp"
#include "plugins/net/core/flow/questions.hpp"
#include "plugins/net/core/flow/shelf.hpp"
#include "plugins/net/core/gossip.hpp"
#include "plugins/net/core/handshake.hpp"
#include "plugins/net/core/host_states.hpp"
#include "plugins/net/core/link/hello.hpp"
#include "plugins/net/core/link/roster_exchange.hpp"
#include "plugins/net/core/link/watch.hpp"
#include "plugins/net/core/membership.hpp"
#include "plugins/net/core/old_hosts.hpp"
#include "plugins/net/core/outbox.hpp"
#include "plugins/net/core/peers.hpp"
#include "plugins/net/core/proxies.hpp"
#include "plugins/net/core/routes/detours.hpp"
#include "plugins/net/core/routes/routes.hpp"
#include "plugins/net/core/watchers.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace msw::net {

struct MeshSettings {
    std::string id;                                ///< of this host
    std::string member;                            ///< who it is, whatever its id; drawn by lot before it has joined
    std::uint64_t epoch = 1;                       ///< how often it was started
    PublicKeys keys;                               ///< of this host
    MembershipPtr members;                         ///< null: it is in no mesh
    OldHosts old_hosts;                            ///< that it is a gateway for
    std::uint16_t legacy_port = 0;                 ///< where it listens for them; 0: nowhere
    Run run = kNoRun;                              ///< drawn at this start
    std::uint16_t listen_port = 0;                 ///< 0: it doesn't listen
    std::string proxy;                             ///< host id of the one that relays for us; empty: none
    bool only_proxy = false;                       ///< nobody else may connect to us
    std::size_t old_room = 4096;                   ///< bytes a Datapack may take toward an old host
    Custody::Bounds custody = Custody::kOrdinary;  ///< of what waits for hosts that speak msw/1
};

/// Remove what only the daemon of a host may say to its own plugins.
void strip_local_fields(Datapack& datapack);

/// Thread: one at a time.
class Mesh final : private RoutesEdge,
                   private RosterEdge,
                   private Custody::Output,
                   private Arrivals::Output,
                   private Watchers::Output {
public:
    static constexpr Time kLifetime{152'000};  ///< of a Datapack that says nothing of it: 39 tries of 3.9 s
    static constexpr Time kDurableLifetime = std::chrono::hours(7 * 24);
    static constexpr Time kGrace{10'000};                ///< that the question of an old host is open beyond that
    static constexpr std::size_t kMostHead = 15 * 1024;  ///< bytes of a head that goes to other hosts
    static constexpr Time kHandshake{10'000};            ///< after which a connection must have said who it is
    static constexpr Time kJoin{30'000};                 ///< that who joins may take
    static constexpr Time kSettle{60'000};               ///< after which two neighbours must have the same roster
    static constexpr Time kGossip{10'000};               ///< between two rounds
    static constexpr std::size_t kMostUnknown = 64;      ///< accepted connections that haven't said who they are
    static constexpr std::size_t kMostLinks = 512;       ///< established ones
    static constexpr unsigned kMostHops = 32;            ///< how often a Datapack is passed on

    /// @param edge  outlives this
    /// @param seed  for jitter
    Mesh(MeshSettings settings, Edge& edge, std::uint32_t seed);

    /// Where durable ones are kept; before anything else. @param store  outlives this; null: nowhere, so there are none
    void set_store(Store* store);

    // The surroundings.
    void configure(const std::vector<Address>& addresses, Time now) { book_.configure(addresses, now); }
    /// Where members were met before this start: dialled while there is nobody.
    void remember(const std::vector<Address>& addresses, Time now) {
        for (const Address& address : addresses) (void)book_.learn(address, Source::exchanged, now);
    }
    /// @return addresses of members, at most `most`, to be remembered for the next start; neighbours first
    [[nodiscard]] std::vector<Address> memorable(std::size_t most) const;
    void set_listen_port(std::uint16_t port) noexcept { settings_.listen_port = port; }
    /// Where others can dial this host; none: nowhere.
    void set_addresses(std::vector<Address> addresses, Time now) {
        addresses_ = addresses;
        routes_.set_addresses(std::move(addresses), now);
    }
    /// What the clock on the wall says. @param wall_ms  since 1970
    void set_clock(std::int64_t wall_ms, Time now) noexcept { wall_offset_ = wall_ms - now.count(); }
    /// To be called after pace() again and again.
    void tick(Time now);
    /// @return how long the next tick may wait
    [[nodiscard]] Time pace() const noexcept;
    /// What came in one go has been handed in: tell who waits for receipts.
    void end_of_turn(Time now);

    /// This host stops: tell the others what they should know, as far as their links have room.
    void stop();

    // Connections. A LinkId is never used twice.
    /// @param remote  IP address of the other end
    /// @return false: there are too many, close it
    [[nodiscard]] bool accepted(LinkId link, std::string remote, Time now, Speaks speaks = Speaks::v1);
    /// A connection was closed for want of something here.
    void turned_away(const std::string& remote, std::string_view why, Time now);
    void dialled(LinkId link, const Address& address, Time now, Speaks speaks = Speaks::v1);
    void dial_failed(const Address& address, std::string why, Time now, Speaks speaks = Speaks::v1);
    /// The other end has shown that it owns a key.
    void proved(LinkId link, const PublicKey& key, Time now);
    /// A connection ended by itself. @param unsent  what was not written whole
    void lost(LinkId id, const std::string& why, std::vector<Parcel> unsent, Time now);
    /// What came can't be followed: close it.
    void broken(LinkId link, const std::string& why, Time now);
    /// Bytes left by that link.
    void shows_life(LinkId link, Time now) { peers_.shows_life(link, now); }
    /// Bytes came by that link.
    void bytes_came(LinkId link, Time now) {
        peers_.heard(link, now);
        if (const auto session = sessions_.find(link); session != sessions_.end()) session->second.watch.heard(now);
    }
    [[nodiscard]] bool is_established(LinkId link) const { return peers_.find(link) != nullptr; }

    // The roster.
    /// It is another one now. @param fresh  names of what is new in it
    /// @param from  the link that this came by; 0: by none
    void set_members(MembershipPtr members, const std::vector<roster::Digest>& fresh, LinkId from, Time now);
    /// What was asked for by Edge::merge_documents() has been dealt with.
    void merged(LinkId link, Time now) {
        roster_.merged(link, now);
        after_roster(now);
    }
    [[nodiscard]] const Membership& members() const noexcept { return *members_; }
    /// @return where others can dial this host
    [[nodiscard]] const std::vector<Address>& addresses() const noexcept { return addresses_; }

    /// What Edge::change_roster() was asked. @param text  the answer
    void answered(const Datapack& question, const Result<std::string>& text, Time now);

    /// The other end of a connection that was accepted wants to join: what it says goes to Edge::join().
    void joins(LinkId link, Time now);

    // Datapacks.
    /// One came by a link; a `file` with its file.
    void heard(LinkId id, Datapack datapack, Time now);
    /// @return whether a Datapack that comes by a link is to be passed on to another host.
    [[nodiscard]] bool passes_through(const Datapack& datapack) const;
    /// A file that came by a link was not taken.
    void refuse_file(LinkId id, const Datapack& head, const Error& why, Time now);
    /// One from this host: for others if it has `to`, else for net itself.
    /// @param answered  a durable one that Store::add() or Store::done_with() is to name once it is taken care of; 0:
    ///                  an ordinary one
    void submit(Datapack datapack, Time now, std::uint64_t answered = 0);
    /// A row was taken out of the outbox by somebody else.
    void removed(std::int64_t row, Time now) { shelf_.removed(row, now); }
    /// The link's queue has room again.
    void has_room_again(Time now) {
        custody_.pump(now);
        pump(now);
    }
    /// What Edge::hand() handed in under that name has left its mailbox.
    void taken(std::uint64_t name, Time now) {
        if ((name & Watchers::kBit) != 0) {
            watchers_.taken(name);
        } else {
            arrivals_.taken(name, now);
        }
    }
    /// One could not be written as that peer reads.
    void unfit(const Parcel& parcel, const Error& why, Time now);
    /// mswd did not take one.
    void undeliverable(const Datapack& datapack, const Error& why, Time now);

    [[nodiscard]] Counters& counters() noexcept { return counters_; }
    /// @return how many Datapacks for others are lost if this host stops now
    [[nodiscard]] std::size_t waiting() const noexcept { return outbox_.size() + custody_.ordinary(); }

private:
    struct Pending {
        std::optional<Handshake> handshake;  // with an old host
        bool joins = false;                  // it is no member yet
        std::string member;                  // who has shown that it is
        PublicKey key{};                     // by this
        roster::Digest said{};               // of the roster, in our hello
        Time deadline{0};
        std::optional<Address> address;  // that we dialled
        std::string remote;
        std::string flag;
    };

    /// A link to a host that speaks msw/1.
    struct Session {
        Hello hello;  // theirs
        std::string member;
        PublicKey key;
        LinkWatch watch;
        bool settled = false;                    // the rosters are the same: something may be carried
        std::string over = {};                   // why it is closed at the next tick; or empty
        std::optional<std::int64_t> clock = {};  // what theirs says, less our Time, in ms
    };

    // mesh_links.cpp: what neighbours that speak msw/1 say to each other
    void begin_session(const Link& link, bool same_roster, Time now);
    void hear_session(LinkId id, Session& session, Datapack datapack, Time now);
    void after_roster(Time now);
    [[nodiscard]] Result<AnnouncedPtr> read_route(std::string_view text) const;
    /// @return whether who announces itself is a member, and called so
    [[nodiscard]] bool is_right(const Announcement& said) const;
    void hear_frame(LinkId id, Session& session, const Datapack& frame, Time now);
    void end_session(LinkId id, Time now);
    void watch_links(Time now);
    [[nodiscard]] Datapack word_of_life(const char* kind, std::string_view n, Time now) const;
    void compare_clocks(Time now);
    void write_frame(LinkId link, Datapack frame);
    void after_routes(Time now);
    void check_ways(Time now);
    /// @param meant  the run that it took for the present one
    void tell_run(const std::string& host, const std::string& member, Run meant);
    /// @return whether the run that is known of a host has a link or an announcement here
    [[nodiscard]] bool shows_itself(const std::string& member, LinkId but_for) const;
    [[nodiscard]] bool says_hello(const std::string& member, Run run, std::optional<LinkId> but_for = {}) const;
    void hear_words(const Datapack& frame, Time now);
    [[nodiscard]] const Link* link_toward(std::string_view member) const;

    // RoutesEdge
    void send_routes(LinkId link, std::string body) override;
    void dial(const std::string& member, const Address& address) override;
    void drop_surplus(LinkId link) override { surplus_.push_back(link); }
    void route_changed(const Announced& announced) override { changed_.push_back(announced.said.member); }
    void raise_epoch(std::uint64_t epoch) override { edge_.raise_epoch(epoch); }
    void two_runs() override;
    void route_offence(LinkId link, std::string_view why) override;

    // mesh_flows.cpp: what is carried between hosts that speak msw/1
    [[nodiscard]] std::int64_t wall(Time now) const noexcept { return now.count() + wall_offset_; }
    /// @return whether the parcel was for such a host, and is taken care of
    bool carry(Parcel& parcel, Time now);
    void carried(LinkId id, Datapack datapack, Time now);
    void pass_on(LinkId from, Datapack datapack, Time now);
    /// Note over which link something came from an origin. @param again  it had come before
    void came_through(LinkId link, const std::string& origin, bool again, Time now);
    /// @param came_by  the link that it came over
    void hand_over(LinkId came_by, Datapack datapack, Time now);
    [[nodiscard]] Result<std::int64_t> lifetime_of(const Datapack& datapack, Time now) const;

    // mesh_durable.cpp: what is on disk at both ends
    void carry_durable(Parcel& parcel, const std::string& member, const std::string& host, Held held, Time now);
    /// @return whether it is a durable one that can't be kept for its host: it has ended then, or waits
    [[nodiscard]] bool stop_durable(Parcel& parcel, Time now);
    void flush_received();
    void commit(const Datapack& datapack, const std::string& member, const FlowName& flow, std::uint64_t n,
                std::uint64_t token, std::uint64_t generation) override;
    void recall(const std::string& member, const FlowName& flow, std::uint64_t token) override;
    [[nodiscard]] std::uint64_t begin_accepting(const Datapack& d, std::size_t hosts);
    /// @param accepting  of Parcel; 0: nobody waits for it
    void accepted(std::uint64_t accepting, const std::string& host, const std::string& word, Time now);
    void refused(Parcel& parcel, const std::string& host, Count count, const Error& why, Time now);

    // Custody::Output
    [[nodiscard]] Custody::Way way_to(const std::string& member) const override;
    [[nodiscard]] bool has_room(const std::string& member, const Held& held) const override;
    [[nodiscard]] Time delivered_until(const std::string& member, const Held& held) override;
    [[nodiscard]] const Link* link_for(const std::string& member, const Held& held) const;
    /// @param via  host ids that must be passed on the way; none: the shortest way
    [[nodiscard]] const Link* link_toward(const std::string& member, const Detours::Via& via) const;
    /// @return the same way if its first host is a neighbour still; else none: the shortest
    [[nodiscard]] const Detours::Via& standing(const Detours::Via& via) const;
    /// @return whether what is told went on its way
    bool tell_over(const Detours::Via& via, const std::string& member, const std::string& receipts,
                   const std::string& windows);
    void send(const std::string& member, const Held& held, const Envelope& envelope) override;
    bool send_words(const std::string& member, const std::string& body) override;
    void unheard(const std::string& member, Time waited, Time now) override;
    void heard_again(const std::string& member) override { detours_.arrived(member); }
    void ended(const std::string& host, Held held, Ending ending) override;
    void hold(const std::string& app, bool held) override;

    // Arrivals::Output
    [[nodiscard]] Arrivals::Handed hand(const Datapack& datapack, std::uint64_t token) override;
    bool tell(const std::string& member, const std::string& receipts, const std::string& windows) override;

    // RosterEdge
    [[nodiscard]] bool send_roster(LinkId link, const Datapack& frame) override;
    void merge_documents(LinkId link, std::vector<std::string> documents, bool asked) override {
        edge_.merge_documents(link, std::move(documents), asked);
    }
    void roster_settled(LinkId link) override { settled_.push_back(link); }
    void roster_offence(LinkId link, std::string_view why) override { route_offence(link, why); }

    // mesh_connections.cpp
    [[nodiscard]] AddressBook& book_of(const Pending& pending);
    void begin(LinkId link, Speaks speaks, std::optional<Address> address, std::string remote, Time now);
    /// Whoever dialled says it first, so that who is refused is told so before anything else.
    void say_hello(LinkId link, Pending& pending, Time now);
    void hear_hello(LinkId link, Pending& pending, const Datapack& word, Time now);
    [[nodiscard]] bool no_room_for_more(LinkId link, Time now);
    [[nodiscard]] Pending take_pending(LinkId link);
    void establish(LinkId id, Pending pending, const PeerInfo& peer, bool configured, Time now);
    /// Tell the other end why, and close. @param said  what it is told
    void refuse(LinkId link, const std::string& why, std::string said, Time now);
    void refuse_dialled(LinkId link, const std::string& why, msw_priority priority, Time now);
    /// @param stays  the other one that has the keys of host `id`, in words
    void refuse_namesake(LinkId link, const std::string& id, const std::string& stays, Time now);
    void close_own(LinkId link, Time now);
    /// @return `priority`, or that nobody reads, if the address has failed before and is only tried again
    [[nodiscard]] msw_priority first_time(const Pending& pending, msw_priority priority);
    void close(LinkId id, const std::string& why, msw_priority priority, Time now);
    void lost_peer(const std::string& id, Time now);
    void give_back(std::vector<Parcel> parcels, Time now);
    void give_up_dial(const Pending& pending, const std::string& why, Time now);

    // mesh_old_hosts.cpp
    void hear_handshake(LinkId link, Pending& pending, const Datapack& word, Time now);
    void refuse_handshake(LinkId link, const Pending& pending, const Datapack& word, Time now);
    void ask_for_gossip(const Link& link);
    void answer_gossip(const Link& link, const Datapack& asked);
    void merge(const Gossip& gossip, const Link& from, Time now);
    [[nodiscard]] Gossip gossip_for(const Link* link) const;
    [[nodiscard]] Identity identity() const;
    [[nodiscard]] std::string only_proxy() const { return settings_.only_proxy ? settings_.proxy : std::string(); }

    // mesh_traffic.cpp: the way of a Datapack
    /// @param about  asks for old hosts too with `with-legacy: yes`
    [[nodiscard]] Result<std::vector<Way>> resolve(std::string_view to, const Datapack& about) const;
    /// @param old_hosts  set if some were left out
    [[nodiscard]] std::vector<std::string> everybody(bool with_legacy, bool& old_hosts) const;
    void spread(Datapack datapack, std::vector<Way> ways, const std::string& came_from, Time now,
                std::uint64_t answered = 0);
    [[nodiscard]] bool leaves_at_once(const Parcel& parcel, const Route& route) const;
    void dispatch(Parcel parcel, Time now);
    void write_old(const Link& link, Parcel parcel, const Route& route);
    void pump(Time now);
    void arrived(LinkId link, Datapack datapack, Time now);
    void relay(const Link& link, Datapack datapack, Time now);
    void failed(const Datapack& datapack, Count count, const Error& why, Time now);
    void answer(const Datapack& asked, Datapack reply, Time now);
    [[nodiscard]] bool is_self(std::string_view id) const;
    /// @return empty: no member is called so
    [[nodiscard]] std::string_view member_called(std::string_view host) const;
    /// @return whether it is one that this host is a gateway for, or can be reached through one
    [[nodiscard]] bool is_old_host(std::string_view id) const;
    [[nodiscard]] Error no_such_host(const std::string& id) const;

    // mesh_verbs.cpp: the app `net`
    void asked(LinkId link, const Datapack& question, Time now);
    [[nodiscard]] Result<std::string> verb(const Datapack& question, Time now) const;
    [[nodiscard]] std::string peers_json(Time now) const;
    [[nodiscard]] std::string key_json() const;
    [[nodiscard]] std::string queue_json() const;
    [[nodiscard]] std::string status_text() const;
    struct Reachable {
        std::string id;
        const Link* link;  // to write on
        bool direct = false;
        bool old = false;
    };
    [[nodiscard]] std::vector<Reachable> reachable() const;

    // mesh_trace.cpp: where a Datapack would go, and where one is
    [[nodiscard]] Result<std::string> route_json(std::string_view words, Time now) const;
    [[nodiscard]] std::string trace_json(std::string_view flag, Time now) const;
    [[nodiscard]] std::string no_way_words(const std::string& host, Time now) const;
    [[nodiscard]] std::string why(const CustodyPlace& place, Time now) const;

    // mesh_watch.cpp: how all hosts stand, and who is told of it
    [[nodiscard]] bool is_busy(const Reachable& host) const;
    /// @param look_again  set if a host was left out that may be about to arrive
    [[nodiscard]] std::vector<HostState> host_states(Time now, bool& look_again) const;
    void look_at_hosts(Time now);
    void watch(LinkId link, const Datapack& question, Time now);
    void unwatch(const Datapack& word, std::string_view flag, Time now);
    /// A part came for somebody who isn't there any more: who sends it is told.
    void asker_left(const Datapack& part);

    // Watchers::Output
    [[nodiscard]] bool may_give(const Datapack& question) const override;
    [[nodiscard]] Watchers::Given give(const Datapack& question, Datapack part, std::uint64_t token) override;

    MeshSettings settings_;
    const Surroundings around_;
    Edge& edge_;
    Counters counters_;
    MembershipPtr members_;
    RosterExchange roster_;
    std::vector<Address> addresses_;
    AddressBook book_;
    AddressBook old_book_;
    Peers peers_;
    Proxies proxies_;
    Outbox outbox_;
    Routes routes_;
    Detours detours_;
    Custody custody_;
    Shelf shelf_;
    Store* store_ = nullptr;
    std::vector<Held> received_;  // durable ones that have arrived, to be taken off the disk
    struct Accepting {
        Datapack question;  // without its body
        std::size_t open = 0;
        std::string lines;
    };
    std::map<std::uint64_t, Accepting> accepting_;
    std::uint64_t last_accepting_ = 0;
    Arrivals arrivals_;
    Questions questions_;
    HostStates states_;
    Watchers watchers_;
    using Seen = std::pair<std::uint64_t, std::uint64_t>;
    Seen states_of_;  // the versions of routes and links that states_ is of
    Time next_look_{0};
    std::map<LinkId, Session> sessions_;
    std::map<std::string, std::string, std::less<>> neighbours_;  // their host ids, by member
    std::map<std::string, std::string, std::less<>> hops_;        // the neighbour on the way to each member
    std::map<Address, std::string> planned_;                      // being dialled: the member expected there
    std::vector<std::string> changed_;                            // members that something new is known of
    std::vector<LinkId> surplus_;
    std::vector<LinkId> settled_;    // something may be carried on them now
    std::uint64_t routes_seen_ = 0;  // version of the table
    OwnPulse pulse_;
    Time now_{0};                   // of the call that is under way
    std::int64_t wall_offset_ = 0;  // ms
    std::int64_t behind_ = 0;       // ms that our clock is behind the median of it and the neighbours'
    std::int64_t told_behind_ = 0;
    Time tell_clock_at_{0};
    std::map<LinkId, Pending> pending_;
    std::size_t unknown_ = 0;  // of pending_, those that were accepted
    Time next_gossip_{0};
    std::size_t gossip_turn_ = 0;
};

}  // namespace msw::net
