#include "plugins/net/core/routes/route_table.hpp"

#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {
namespace {

constexpr std::uint32_t kToll = (1U << 20) / kOneWay;  // one way in vain: more than sixteen links of the greatest cost
constexpr std::uint32_t kClosed = 1U << 30;            // more than all doubts; twice that is still a sum

}  // namespace

RouteTable::RouteTable(std::string own, std::size_t most) : own_(std::move(own)), most_(most) {}

Heard RouteTable::hear(AnnouncedPtr announced, Time now) {
    using Verdict = Heard::Verdict;
    const std::uint32_t place = place_of(announced->said.member, announced->key);
    if (announced->said.member == own_) {
        if (place == MemberIndex::kNone) return {Verdict::own_newer, {}, {}};
        const Announced& mine = *entries_[place].what;
        if (announced->newer_than(mine)) return {Verdict::own_newer, {}, {}};
        return {announced->digest == mine.digest ? Verdict::known : Verdict::stale, {}, {}};
    }
    if (place == MemberIndex::kNone) {
        // Room is kept for this host's own entry.
        const std::size_t most = own_place_ == MemberIndex::kNone ? most_ - 1 : most_;
        if (entries_.size() >= most) {
            ++refused_;
            return {Verdict::refused, "the table of hosts is full", {}};
        }
        insert(std::move(announced), now);
        return {Verdict::fresh, {}, Time::max()};
    }
    RouteEntry& entry = entries_[place];
    if (announced->newer_than(*entry.what)) {
        const Time since = now - entry.taken;
        replace(entry, std::move(announced), now);
        return {Verdict::fresh, {}, since};
    }
    return {announced->digest == entry.what->digest ? Verdict::known : Verdict::stale, {}, {}};
}

void RouteTable::set_own(AnnouncedPtr announced, Time now) {
    if (own_place_ == MemberIndex::kNone) {
        insert(std::move(announced), now);
        own_place_ = static_cast<std::uint32_t>(entries_.size() - 1);
    } else {
        replace(entries_[own_place_], std::move(announced), now);
    }
}

void RouteTable::set_links(std::vector<AnnouncedLink> up) {
    std::sort(up.begin(), up.end());
    if (up == links_) return;
    links_ = std::move(up);
    ways_known_ = false;
    ++version_;
    ++edges_version_;
}

std::vector<std::string> RouteTable::sweep(Time now) {
    const bool may_be_back = withheld_ > 0 && looked_at_ != edges_version_ && now >= next_look_;
    if (now < next_sweep_ && !may_be_back) return {};
    if (now >= next_sweep_) next_sweep_ = now + kSweep;
    next_look_ = now + kLookAgain;
    looked_at_ = edges_version_;
    if (own_place_ == MemberIndex::kNone) return {};

    std::vector<std::string> forgotten;
    const ShortestWays& all = ways();
    for (std::uint32_t place = 0; place < entries_.size(); ++place) {
        RouteEntry& entry = entries_[place];
        note_reachability(entry, all.distance(place) != ShortestWays::kUnreachable, now);
        if (entry.gone_since >= 0 && now - std::chrono::seconds(entry.gone_since) >= kForget) {
            forgotten.push_back(entry.what->said.member);
        }
    }
    for (const std::string& member : forgotten) erase(place_of(member));
    return forgotten;
}

void RouteTable::keep(const std::function<bool(const Announcement&)>& belongs) {
    std::vector<std::string> gone;
    for (const RouteEntry& entry : entries_) {
        const Announcement& said = entry.what->said;
        if (said.member != own_ && !belongs(said)) gone.push_back(said.member);
    }
    for (const std::string& member : gone) erase(place_of(member));
}

void RouteTable::note_reachability(RouteEntry& entry, bool reachable, Time now) {
    if (reachable) {
        entry.gone_since = -1;
    } else if (entry.gone_since < 0) {
        entry.gone_since = static_cast<std::int32_t>(std::chrono::duration_cast<std::chrono::seconds>(now).count());
    }
    const bool withhold = entry.gone_since >= 0 && now - std::chrono::seconds(entry.gone_since) >= kWithhold;
    if (withhold == entry.withheld) return;
    entry.withheld = withhold;
    withheld_ = withhold ? withheld_ + 1 : withheld_ - 1;
    digests_.toggle(entry.key, entry.what->digest);
}

void RouteTable::insert(AnnouncedPtr announced, Time now) {
    RouteEntry entry;
    entry.key = announced->key;
    entry.taken = now;
    entry.hub = announced->said.hub;
    entry.listens = !announced->said.addresses.empty();
    entry.what = std::move(announced);
    digests_.toggle(entry.key, entry.what->digest);
    index_.insert(entry.key, static_cast<std::uint32_t>(entries_.size()));
    entries_.push_back(std::move(entry));
    ways_known_ = ids_known_ = false;
    ++version_;
    ++population_;
    ++edges_version_;
}

void RouteTable::replace(RouteEntry& entry, AnnouncedPtr announced, Time now) {
    const Announcement& was = entry.what->said;
    const Announcement& is = announced->said;
    if (was.links != is.links) {
        ways_known_ = false;
        ++edges_version_;
    }
    if (was.host != is.host) ids_known_ = false;
    if (was.hub != is.hub || was.addresses != is.addresses) ++population_;
    if (entry.withheld) {
        --withheld_;
        entry.gone_since = -1;  // it has said something: its day begins anew
    } else {
        digests_.toggle(entry.key, entry.what->digest);
    }
    digests_.toggle(entry.key, announced->digest);
    entry.withheld = false;
    entry.taken = now;
    entry.hub = is.hub;
    entry.listens = !is.addresses.empty();
    entry.what = std::move(announced);
    ++version_;
}

void RouteTable::erase(std::uint32_t place) {
    const RouteEntry& entry = entries_[place];
    if (entry.withheld) {
        --withheld_;
    } else {
        digests_.toggle(entry.key, entry.what->digest);
    }
    index_.erase(entry.key, place);
    const auto last = static_cast<std::uint32_t>(entries_.size() - 1);
    if (place != last) {
        index_.move(entries_[last].key, last, place);
        entries_[place] = std::move(entries_[last]);
        if (own_place_ == last) own_place_ = place;
    }
    entries_.pop_back();
    ways_known_ = ids_known_ = false;
    ++version_;
    ++population_;
    ++edges_version_;
}

std::uint32_t RouteTable::place_of(std::string_view member, std::uint64_t key) const {
    return index_.find(key, [&](std::uint32_t place) {
        return entries_[place].key == key && entries_[place].what->said.member == member;
    });
}

const RouteEntry* RouteTable::find(std::string_view member, std::uint64_t key) const {
    const std::uint32_t place = place_of(member, key);
    return place == MemberIndex::kNone ? nullptr : &entries_[place];
}

bool RouteTable::is_hub(std::uint64_t key) const {
    const std::uint32_t place = index_.find(key, [&](std::uint32_t at) { return entries_[at].key == key; });
    return place != MemberIndex::kNone && entries_[place].hub;
}

const Announcement* RouteTable::said(std::string_view member) const {
    const RouteEntry* entry = find(member);
    return entry == nullptr ? nullptr : &entry->what->said;
}

// --- Host ids: an index made when it is asked for, as ids hardly ever change.

const std::vector<std::pair<std::uint64_t, std::uint32_t>>& RouteTable::ids() const {
    if (ids_known_) return ids_;
    ids_.clear();
    ids_.reserve(entries_.size());
    for (std::uint32_t place = 0; place < entries_.size(); ++place) {
        ids_.emplace_back(entries_[place].what->id_hash, place);
    }
    std::sort(ids_.begin(), ids_.end());
    ids_known_ = true;
    return ids_;
}

RouteTable::Named RouteTable::named(std::string_view host) const {
    const std::uint64_t hash = hash_of_id(host);
    Named best;
    const auto& all = ids();
    for (auto at = std::lower_bound(all.begin(), all.end(), std::pair(hash, std::uint32_t{0}));
         at != all.end() && at->first == hash; ++at) {
        const Announcement& said = entries_[at->second].what->said;
        if (!same_host_id(said.host, host)) continue;
        if (best.member.empty()) {
            best.member = said.member;
            continue;
        }
        best.conflict = true;
        const bool here = can_reach(said.member);
        const bool there = can_reach(best.member);
        if (here != there ? here : said.member < best.member) best.member = said.member;
    }
    return best;
}

std::vector<RouteTable::Conflict> RouteTable::conflicts() const {
    std::vector<Conflict> found;
    const auto& all = ids();
    for (auto from = all.begin(); from != all.end();) {
        const auto to = std::find_if(from, all.end(), [&](const auto& id) { return id.first != from->first; });
        if (to - from > 1) {
            Conflict conflict;
            for (auto at = from; at != to; ++at) conflict.members.push_back(entries_[at->second].what->said.member);
            std::sort(conflict.members.begin(), conflict.members.end());
            conflict.host = said(conflict.members.front())->host;
            found.push_back(std::move(conflict));
        }
        from = to;
    }
    return found;
}

// --- Ways.

std::vector<GraphEdge> RouteTable::edges_said_by(std::uint32_t place) const {
    std::vector<GraphEdge> edges;
    const auto add = [&](const AnnouncedLink& link, std::uint64_t key) {
        const std::uint32_t to = place_of(link.member, key);
        if (to != MemberIndex::kNone && to != place) edges.push_back({to, link.cost, link.busy});
    };
    if (place == own_place_) {
        for (const AnnouncedLink& link : links_) add(link, key_of(link.member));
        return edges;
    }
    const Announced& what = *entries_[place].what;
    edges.reserve(what.said.links.size());
    for (std::size_t i = 0; i < what.said.links.size(); ++i) add(what.said.links[i], what.link_keys[i]);
    return edges;
}

Graph RouteTable::graph() const {
    std::vector<std::vector<GraphEdge>> said;
    said.reserve(entries_.size());
    for (std::uint32_t place = 0; place < entries_.size(); ++place) said.push_back(edges_said_by(place));
    Graph graph;
    for (std::uint32_t place = 0; place < entries_.size(); ++place) {
        graph.add_node(entries_[place].key);
        for (const GraphEdge& here : said[place]) {
            const std::vector<GraphEdge>& back = said[here.to];
            const auto there =
                std::find_if(back.begin(), back.end(), [&](const GraphEdge& edge) { return edge.to == place; });
            if (there != back.end()) {
                graph.add_edge({here.to, std::max(here.cost, there->cost), here.last_only || there->last_only});
            } else if (place == own_place_) {
                graph.add_edge({here.to, here.cost, true});  // up, but not announced from there: it leads there alone
            }
        }
    }
    return graph;
}

const ShortestWays& RouteTable::ways() const {
    if (!ways_known_) {
        ways_ = ShortestWays(graph(), own_place_);
        ways_known_ = true;
    }
    return ways_;
}

std::vector<std::string_view> RouteTable::members_of(const std::vector<std::uint32_t>& places) const {
    std::vector<std::string_view> members;
    members.reserve(places.size());
    for (const std::uint32_t place : places) members.emplace_back(entries_[place].what->said.member);
    return members;
}

std::string_view RouteTable::next_hop(std::string_view to) const {
    const std::uint32_t place = place_of(to);
    if (place == MemberIndex::kNone || own_place_ == MemberIndex::kNone || place == own_place_) return {};
    if (ways().distance(place) == ShortestWays::kUnreachable) return {};
    return entries_[ways().first_hop(place)].what->said.member;
}

std::optional<std::uint32_t> RouteTable::distance(std::string_view to) const {
    const std::uint32_t place = place_of(to);
    if (place == MemberIndex::kNone || own_place_ == MemberIndex::kNone) return std::nullopt;
    const std::uint32_t cost = ways().distance(place);
    if (cost == ShortestWays::kUnreachable) return std::nullopt;
    return cost;
}

std::vector<std::string_view> RouteTable::path(std::string_view to) const {
    const std::uint32_t place = place_of(to);
    if (place == MemberIndex::kNone || own_place_ == MemberIndex::kNone) return {};
    return members_of(ways().way(place));
}

std::vector<std::string_view> RouteTable::path_around(std::string_view to, const Doubts& doubts) const {
    const std::uint32_t place = place_of(to);
    if (place == MemberIndex::kNone || own_place_ == MemberIndex::kNone) return {};
    return members_of(ShortestWays(graph(), own_place_, tolls(doubts, place)).way(place));
}

std::vector<std::string_view> RouteTable::path_through(std::string_view first, std::string_view to,
                                                       const Doubts& doubts) const {
    const std::uint32_t begin = place_of(first);
    const std::uint32_t place = place_of(to);
    constexpr std::uint32_t kNone = MemberIndex::kNone;
    if (begin == kNone || place == kNone || begin == place || own_place_ == kNone) return {};
    std::vector<std::uint32_t> tolls = this->tolls(doubts, place);
    tolls[own_place_] = kClosed;
    const ShortestWays ways(graph(), begin, tolls);
    if (ways.distance(place) >= kClosed) return {};
    std::vector<std::string_view> members = members_of(ways.way(place));
    members.insert(members.begin(), entries_[begin].what->said.member);
    return members;
}

std::vector<std::uint32_t> RouteTable::tolls(const Doubts& doubts, std::uint32_t to) const {
    std::vector<std::uint32_t> tolls(entries_.size());
    for (const auto& [member, sum] : doubts) {
        const std::uint32_t at = place_of(member);
        if (at != MemberIndex::kNone && at != to) tolls[at] = sum * kToll;
    }
    return tolls;
}

std::vector<std::string_view> RouteTable::reachable() const {
    std::vector<std::string_view> members;
    if (own_place_ == MemberIndex::kNone) return members;
    for (std::uint32_t place = 0; place < entries_.size(); ++place) {
        if (place == own_place_ || ways().distance(place) == ShortestWays::kUnreachable) continue;
        members.emplace_back(entries_[place].what->said.member);
    }
    return members;
}

}  // namespace msw::net
