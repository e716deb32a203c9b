// The second try: ways beside the shortest one, for hosts that no receipt comes from.
//
// A relay that takes everything and passes nothing on can't be told from a slow one by its neighbours, and stays on the
// shortest ways. So when receipts stay out, the origin doubts all relays of the way it used, and takes the one with the
// fewest doubts on it: one that shares no relay with the others, where there is such a way. It keeps to whichever
// brought a receipt until it, too, brings none. What swallows is on every way that fails, and others are not: so a way
// beside it is found in the end, whatever else the ways share.
//
// What comes back takes the same way: the destination answers through the neighbour over which it hears, and what it
// sends itself follows, if that brings no receipt. Where its words seem not to arrive, they take the way on which what
// it sends itself brings receipts; or else it doubts and changes as the origin does.
#pragma once

#include "plugins/net/core/routes/route_table.hpp"
#include "plugins/net/core/time.hpp"

#include <cstddef>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace msw::net {

/// Thread: one at a time.
class Detours {
public:
    static constexpr std::size_t kMostHosts = 16;  ///< to be passed on one way
    static constexpr Time kLookAgain{1'000};       ///< so often at most a way back is computed for one member

    /// Host ids that must be passed on a way, the neighbour first; none: the shortest way.
    using Via = std::vector<std::string>;

    /// @param table  outlives this
    explicit Detours(const RouteTable& table) noexcept : table_(table) {}

    /// No receipt has come from a member for `waited`: take another way.
    /// @return whether there is one. False, too, if the present one was begun after what was waited for was sent
    bool change(const std::string& member, Time waited, Time now);
    /// A receipt has come after all: the present way works, and what failed before was at another time. Should it fail,
    /// too, all begin anew.
    void arrived(const std::string& member);
    /// Something from a member came through that neighbour (a member, too; the same one: it came straight).
    /// @param again  it had come before: what was said of that may have been lost
    void heard_through(const std::string& member, const std::string& neighbour, bool again, Time now);
    /// The shortest way to a member is another one.
    void forget(const std::string& member) { ways_.erase(member); }

    /// @return the way for what is sent to a member. Good until the next call of what changes it
    [[nodiscard]] const Via& out(const std::string& member) const noexcept;
    /// @return the way for words about what a member sent
    [[nodiscard]] const Via& back(const std::string& member) const noexcept;

private:
    struct Ways {
        Via out;
        std::optional<Time> since;  // of `out`
        Via back;
        std::string through;  // the neighbour for which `back` stands, as a member; empty: the next on the shortest way
        Time looked = -kLookAgain;  // when `back` was looked at, last
        bool unheard = false;       // no receipt has come since the timer ran out
        bool works = false;         // `out` brings receipts, and no word that took it seems to have been lost
        Doubts doubts;              // by member
    };

    [[nodiscard]] Ways& ways_of(const std::string& member);
    [[nodiscard]] std::string host_of(std::string_view member) const;
    /// That way failed: doubt who is on it.
    void doubt(Ways& ways, const Via& via, const std::string& member) const;
    [[nodiscard]] std::vector<std::string> relays_on(const Via& via, const std::string& member) const;
    [[nodiscard]] Via hosts_on(const std::vector<std::string_view>& way) const;
    /// @return a way that begins with that neighbour; soon after another one was looked for, its name alone
    [[nodiscard]] Via through(const std::string& neighbour, const Ways& ways, const std::string& member,
                              Time now) const;
    /// @return whether there is no other way, or none that does with fewer of these relays
    [[nodiscard]] bool is_only(const Via& via, const std::string& member) const;
    /// That way failed. @return the one with the fewest doubts on it now; the same if there is none of a fair length
    [[nodiscard]] Via other_than(const Via& failed, Ways& ways, const std::string& member) const;

    const RouteTable& table_;
    std::map<std::string, Ways> ways_;  // by member; no entry: the shortest
};

}  // namespace msw::net
