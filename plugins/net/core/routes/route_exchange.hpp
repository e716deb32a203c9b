// How neighbours come to know the same: floods, and pulls where a flood did not get through.
//
// **Flood.** An announcement that is fresh here goes to all neighbours but those that sent it, a moment later, so that
// what comes together leaves in one frame, and neighbours that send it meanwhile are left out. A member that changes
// its mind more often than once a second is passed on once a second. In a large mesh (hubs.hpp) only hubs pass on to
// all; another host passes on to those that depend on it, and from those to its hubs.
//
// **Pull.** A frame that finds no room is dropped: nothing is kept for slow links, and nothing is refreshed in time.
// Instead hello and each ping carry the root of the tree of digests (digest_tree.hpp). Where it differs for longer than
// 2 s, or on a new link at once, a host asks that neighbour what differs, from the root down, and then for what is
// newer there. In a large mesh, where asking is dear, a host that has caught up once waits longer while floods bring
// news: what it is missing is most likely on its way. Each host only fetches for itself, from one neighbour at a time,
// so nothing is fetched twice; what it has newer the neighbour fetches in its turn. Who answers remembers nothing. A
// neighbour whose root is the same as here is not flooded either: it has it all.
//
// **Bounds.** One question at a time, each with one answer of at most 256 KiB; answers and what is read cost each link
// a budget of bytes a second, answers one for all links too. A neighbour that lies can waste no more than that, and a
// pull that it spoils makes room for the others.
#pragma once

#include "plugins/net/core/peers.hpp"
#include "plugins/net/core/routes/announcement.hpp"
#include "plugins/net/core/routes/budget.hpp"
#include "plugins/net/core/routes/hubs.hpp"
#include "plugins/net/core/routes/route_frame.hpp"
#include "plugins/net/core/routes/route_pull.hpp"
#include "plugins/net/core/routes/route_table.hpp"
#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

namespace msw::net {

/// What the exchange needs done. None of these may call back into it.
/// Thread: one at a time.
class RouteEdge {
public:
    RouteEdge() = default;
    RouteEdge(const RouteEdge&) = delete;
    RouteEdge& operator=(const RouteEdge&) = delete;
    RouteEdge(RouteEdge&&) = delete;
    RouteEdge& operator=(RouteEdge&&) = delete;
    virtual ~RouteEdge() = default;

    /// Write a session frame `link routes`. Where there is no room it is dropped: digests will tell.
    virtual void send_routes(LinkId link, std::string body) = 0;
    /// The table holds something new of this member.
    virtual void route_changed(const Announced& now) = 0;
    /// Someone announced an edition of this host's own member that this run did not make: Announcer::jump_past().
    virtual void own_newer(const Edition& theirs) = 0;
    /// The neighbour sent what no honest one sends; the rest of that frame is not read.
    virtual void route_offence(LinkId link, std::string_view why) = 0;
};

/// What the exchange counts.
struct RouteCounts {
    std::uint64_t flooded = 0;     ///< announcements sent unasked, a copy each
    std::uint64_t fresh = 0;       ///< announcements that were new
    std::uint64_t duplicates = 0;  ///< that were known, or older
    std::uint64_t refused = 0;     ///< that make no sense, or for which there is no room
    std::uint64_t pulls = 0;       ///< begun
    std::uint64_t pulled = 0;      ///< announcements that were asked for and came
    std::uint64_t answers = 0;     ///< given
    std::uint64_t over = 0;        ///< frames beyond a budget
};

/// Thread: one at a time.
class RouteExchange {
public:
    static constexpr Time kBatch{50};                            ///< what is fresh waits so long for more
    static constexpr Time kPerMember = std::chrono::seconds(1);  ///< between two floods of one member's
    static constexpr Time kDiffers = std::chrono::seconds(2);    ///< before a pull, as floods are still under way
    static constexpr Time kStorm{1};  ///< more than that for each host of a large mesh while floods bring news
    static constexpr Time kAnswer = std::chrono::seconds(1);  ///< an answer takes longer: it is asked for again
    static constexpr unsigned kTries = 3;
    static constexpr Time kPull = std::chrono::seconds(20);     ///< a pull takes longer: another neighbour has its turn
    static constexpr Time kInVain = std::chrono::seconds(5);    ///< after one that brought nothing, or broke off
    static constexpr Time kSettled = std::chrono::seconds(30);  ///< the same while the neighbour's root doesn't change
    static constexpr std::size_t kHeard = 3;                    ///< neighbours that are not told to hush
    static constexpr int kLate = 8;                             ///< so often more late than first: hush
    static constexpr std::size_t kComparesAtOnce = 32;
    static constexpr std::size_t kWantsAtOnce = 400;
    static constexpr std::size_t kFew = 64;  ///< more than that, pulled, waits for the neighbours' digests
    static constexpr std::int64_t kReadASecond = std::int64_t{4} * 1024 * 1024;    ///< bytes, a link
    static constexpr std::int64_t kAnswerASecond = std::int64_t{2} * 1024 * 1024;  ///< bytes, a link
    static constexpr std::int64_t kAnswerAllASecond = std::int64_t{8} * 1024 * 1024;
    static constexpr std::uint64_t kAskCosts = std::uint64_t{4} * 1024;  ///< bytes that answering counts for at least

    /// Makes an announcement of its text: read_announced(), or what verifies or shares them besides.
    using Read = std::function<Result<AnnouncedPtr>(std::string_view text)>;

    /// All but `read` must live on.
    RouteExchange(RouteTable& table, const Hubs& hubs, RouteEdge& edge, Read read = read_announced)
        : table_(table), hubs_(hubs), edge_(edge), read_(std::move(read)) {}

    /// A neighbour is there, its hello has been read. @param root  the digest it said, if it did
    void up(LinkId link, std::string member, std::optional<std::uint64_t> root, Time now);
    /// It is not any more.
    void down(LinkId link, Time now);

    /// A ping or pong of the neighbour said its root.
    void root_heard(LinkId link, std::uint64_t root, Time now);
    /// A session frame `link routes` came.
    void frame_heard(LinkId link, std::string_view body, Time now);

    /// This host has a new announcement; RouteTable::set_own() holds it already.
    void announce(AnnouncedPtr own, Time now);

    /// Do what is due.
    void tick(Time now);
    /// @return when tick() has something to do; nothing: not before something comes.
    [[nodiscard]] std::optional<Time> next_due() const;

    /// @return what this host's hello and pings say, as 16 hex digits (to_hex()).
    [[nodiscard]] std::uint64_t root() const noexcept { return table_.digests().root(); }
    [[nodiscard]] const RouteCounts& counts() const noexcept { return counts_; }

private:
    struct Neighbour {
        std::string member;
        std::uint64_t key = 0;              // of the member
        std::optional<std::uint64_t> root;  // as it said last
        std::optional<Time> differs_since;
        std::optional<std::uint64_t> settled;  // that root has nothing for us
        Time not_before{0};                    // for the next pull
        bool heard = true;                     // we want its floods
        bool hears = true;                     // it wants ours
        int late = 0;                          // how often it was later than others, less how often it was first
        Budget read{kReadASecond, 2 * kReadASecond};
        Budget answers{kAnswerASecond, kAnswerASecond};
    };
    /// Waits to be flooded.
    struct Pending {
        AnnouncedPtr what;
        Time due{0};
        bool own = false;             // made here
        bool from_hub = false;        // in a large mesh it goes to those that depend on us only
        std::vector<LinkId> have_it;  // who sent it
    };
    void consider_pull(LinkId link, Neighbour& neighbour, bool at_once, Time now);
    [[nodiscard]] Time patience(bool at_once, Time now) const;
    void ask_next(Time now);
    void ask(Time now);
    void end_pull(bool in_vain, Time now);
    void hear_answer(LinkId link, RouteFrameReader& reader, Time now);
    void settle_asked(bool cut, std::size_t came);
    void compare_node(const DigestNode& node, const DigestTree::Children& theirs);
    void consider_held(const RouteItem& item);
    void answer(LinkId link, Neighbour& neighbour, RouteFrameReader& reader, Time now);
    [[nodiscard]] bool answer_item(const RouteItem& item, RouteFrame& frame, std::vector<bool>& leaves) const;
    [[nodiscard]] bool list_leaves(const std::vector<bool>& leaves, RouteFrame& frame) const;

    void hear_flood(LinkId link, Neighbour& neighbour, RouteFrameReader& reader, Time now);
    void consider_hush(LinkId link, Neighbour& neighbour);
    void wake(LinkId link, Neighbour& neighbour);
    [[nodiscard]] std::size_t heard() const;
    [[nodiscard]] std::optional<Time> flood_due() const;

    /// @return whether it was fresh
    bool take(LinkId link, std::string_view text, const AnnouncementTitle& title, bool pulled, Time now);
    void flood_later(LinkId from, bool from_hub, AnnouncedPtr what, Time due);
    void flood(Time now);
    [[nodiscard]] bool depends_on_us(const Neighbour& neighbour) const;

    RouteTable& table_;
    const Hubs& hubs_;
    RouteEdge& edge_;
    Read read_;
    std::map<LinkId, Neighbour> neighbours_;
    std::unordered_map<std::uint64_t, Pending> pending_;  // by the key of the member
    std::set<std::pair<Time, std::uint64_t>> turns_;      // of all of them, by when they are due
    Time flooded_at_{-kBatch};
    Time news_at_{-kDiffers};  // a flood brought something new, last
    bool caught_up_ = false;   // a pull has ended with nothing left to ask for
    bool from_hub_ = false;    // the frame that is being read came from one
    std::optional<RoutePull> pull_;
    std::uint32_t asked_ = 0;
    Budget answers_{kAnswerAllASecond, kAnswerAllASecond};
    RouteCounts counts_;
};

}  // namespace msw::net
