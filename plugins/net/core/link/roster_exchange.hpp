// How two neighbours come to hold the same roster: `link roster`. Source: docs/protocol.md, "The roster: exchange".
//
//     say: names      the names of all documents here, 32 bytes each
//     say: want       those of them that are to be sent, at most kMostWanted; `n` numbers the question
//     say: documents  the answer to `n`: `count` says how many of the wanted names it deals with
//     say: settled    nothing is lacking here any more
//     say: news       documents that have become known here
//
// What is lacking is gathered whole and then merged: a member may be admitted by another one that comes later. Merging
// is not done here; it takes a while, and merged() follows.
#pragma once

#include "base/roster/roster.hpp"
#include "msw/datapack.hpp"
#include "plugins/net/core/membership.hpp"
#include "plugins/net/core/peers.hpp"
#include "plugins/net/core/routes/budget.hpp"
#include "plugins/net/core/time.hpp"

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// What the exchange needs done. None of these may call back into it.
/// Thread: one at a time.
class RosterEdge {
public:
    RosterEdge() = default;
    RosterEdge(const RosterEdge&) = delete;
    RosterEdge& operator=(const RosterEdge&) = delete;
    RosterEdge(RosterEdge&&) = delete;
    RosterEdge& operator=(RosterEdge&&) = delete;
    virtual ~RosterEdge() = default;

    /// Write a session frame. @return false: there is no room now
    [[nodiscard]] virtual bool send_roster(LinkId link, const Datapack& frame) = 0;
    /// Merge documents into the roster.
    /// @param documents  as they came, not looked at
    /// @param asked      RosterExchange::merged() is to follow
    virtual void merge_documents(LinkId link, std::vector<std::string> documents, bool asked) = 0;
    /// Both ends have what the other had: from now on something may be carried.
    virtual void roster_settled(LinkId link) = 0;
    /// What no honest neighbour sends.
    virtual void roster_offence(LinkId link, std::string_view why) = 0;
};

/// Thread: one at a time.
class RosterExchange {
public:
    static constexpr std::size_t kMostWanted = 256;                              ///< names in one `want`
    static constexpr std::size_t kAnswer = std::size_t{512} * 1024;              ///< bytes at which an answer ends
    static constexpr std::size_t kMostNames = 65'536;                            ///< that a neighbour may have
    static constexpr std::size_t kMostGathered = std::size_t{32} * 1024 * 1024;  ///< bytes, of one neighbour
    static constexpr std::int64_t kNewsASecond = std::int64_t{1024} * 1024;      ///< bytes, of one neighbour
    static constexpr Time kAnswerTime{5'000};  ///< after which a name is asked for again
    static constexpr Time kDiffers{3'000};     ///< that two copies may differ before they are compared
    static constexpr Time kFirstPause{10'000}, kLongestPause{600'000};  ///< between two comparisons on one link

    /// @param edge  outlives this
    explicit RosterExchange(RosterEdge& edge) : edge_(edge) {}

    /// The copy here is another one now. @param fresh  names of what is new in it
    /// @param from  the link that it came by; 0: by none
    void changed(MembershipPtr now, const std::vector<roster::Digest>& fresh, LinkId from);

    /// Both hellos have been said. @param same  they named the same digest
    void up(LinkId link, bool same, Time now);
    void down(LinkId link) { peers_.erase(link); }
    void heard(LinkId link, const Datapack& frame, Time now);
    /// What was asked for and given to merge_documents() has been dealt with; what has come of it was in changed().
    void merged(LinkId link, Time now);
    /// A ping said what stands for the neighbour's copy. @param digest  its first 16 hex digits
    void digest_heard(LinkId link, std::string_view digest, Time now);
    /// A few times a second.
    void tick(Time now);

    /// @return what a ping says of the copy here
    [[nodiscard]] std::string digest_word() const;

private:
    struct Peer {
        bool settled_here = false;
        bool settled_there = false;
        bool told = false;  // that it is settled
        bool merging = false;
        std::deque<roster::Digest> lacking;  // still to be asked for
        std::size_t asked = 0;               // of lacking, from its front
        std::uint64_t question = 0;
        Time asked_at{0};
        std::vector<std::string> gathered;
        std::size_t gathered_bytes = 0;
        std::deque<Datapack> owed;  // there was no room
        Budget news{kNewsASecond, 8 * kNewsASecond};
        Time differs_since{-1};
        Time compare_at{0};
        Time pause = kFirstPause;
    };

    void send(LinkId link, Peer& peer, Datapack frame);
    void send_names(LinkId link, Peer& peer);
    void ask(LinkId link, Peer& peer, Time now);
    void settle(LinkId link, Peer& peer);
    void tell_if_settled(LinkId link, Peer& peer);
    void hear_names(LinkId link, Peer& peer, std::string_view names, Time now);
    void answer(LinkId link, Peer& peer, const Datapack& question);
    void hear_documents(LinkId link, Peer& peer, const Datapack& frame, Time now);
    void hear_news(LinkId link, Peer& peer, std::string_view body, Time now);

    RosterEdge& edge_;
    MembershipPtr members_ = std::make_shared<const Membership>();
    std::map<LinkId, Peer> peers_;
};

}  // namespace msw::net
