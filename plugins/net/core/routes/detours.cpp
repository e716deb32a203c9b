#include "plugins/net/core/routes/detours.hpp"

#include <algorithm>

namespace msw::net {
namespace {

const Detours::Via kShortest;

}  // namespace

Detours::Ways& Detours::ways_of(const std::string& member) {
    if (ways_.size() >= RouteTable::kMostHosts) {
        std::erase_if(ways_, [this](const auto& entry) { return table_.find(entry.first) == nullptr; });
    }
    return ways_[member];
}

std::string Detours::host_of(std::string_view member) const {
    const Announcement* said = table_.said(member);
    return said == nullptr ? std::string() : said->host;
}

void Detours::doubt(Ways& ways, const Via& via, const std::string& member) const {
    const std::vector<std::string> relays = relays_on(via, member);
    for (const std::string& relay : relays) {
        ways.doubts[relay] += std::max(kOneWay / static_cast<std::uint32_t>(relays.size()), 1U);
    }
    std::uint32_t sum = 0;
    for (const auto& [relay, times] : ways.doubts) sum += times;
    if (sum <= RouteTable::kMostDoubts) return;
    for (auto& [relay, times] : ways.doubts) times /= 2;
    std::erase_if(ways.doubts, [](const auto& entry) { return entry.second == 0; });
}

std::vector<std::string> Detours::relays_on(const Via& via, const std::string& member) const {
    std::vector<std::string> relays;
    if (via.empty()) {
        for (const std::string_view relay : table_.path(member)) relays.emplace_back(relay);
        if (!relays.empty()) relays.pop_back();
    }
    for (const std::string& host : via) {
        if (const std::string_view relay = table_.named(host).member; !relay.empty()) relays.emplace_back(relay);
    }
    return relays;
}

Detours::Via Detours::hosts_on(const std::vector<std::string_view>& way) const {
    Via hosts;
    for (std::size_t i = 0; i + 1 < way.size(); ++i) hosts.push_back(host_of(way[i]));
    return hosts;
}

bool Detours::is_only(const Via& via, const std::string& member) const {
    Doubts doubts;
    for (const std::string& relay : relays_on(via, member)) doubts[relay] = kOneWay;
    const std::vector<std::string_view> way = table_.path_around(member, doubts);
    return via.empty() ? way == table_.path(member) : hosts_on(way) == via;
}

Detours::Via Detours::other_than(const Via& failed, Ways& ways, const std::string& member) const {
    // Or else all doubts would be theirs by the time there is another.
    if (is_only(failed, member)) return failed;
    // The second time: no other may have had fewer doubts, and some as many.
    for (int i = 0; i < 2; ++i) {
        doubt(ways, failed, member);
        const std::vector<std::string_view> way = table_.path_around(member, ways.doubts);
        if (way.size() > kMostHosts + 1 || (failed.empty() && way == table_.path(member))) continue;
        // The shortest is named as well: where several are as short, the others on it go by another.
        Via via = hosts_on(way);
        if (via != failed) return via;
    }
    return failed;
}

Detours::Via Detours::through(const std::string& neighbour, const Ways& ways, const std::string& member,
                              Time now) const {
    std::vector<std::string_view> way;
    if (now - ways.looked >= kLookAgain) way = table_.path_through(neighbour, member, ways.doubts);
    return way.empty() || way.size() > kMostHosts + 1 ? Via{host_of(neighbour)} : hosts_on(way);
}

bool Detours::change(const std::string& member, Time waited, Time now) {
    if (table_.path(member).size() < 2) return false;
    Ways& ways = ways_of(member);
    if (ways.since && now - *ways.since < waited) return false;
    ways.unheard = true;
    ways.works = false;
    Via other = other_than(ways.out, ways, member);
    if (other == ways.out) return false;
    ways.out = std::move(other);
    ways.since = now;
    return true;
}

void Detours::arrived(const std::string& member) {
    const auto at = ways_.find(member);
    if (at == ways_.end()) return;
    at->second.unheard = false;
    at->second.works = true;
    at->second.doubts.clear();
}

void Detours::heard_through(const std::string& member, const std::string& neighbour, bool again, Time now) {
    const bool straight = neighbour == member;
    const std::string through = straight || neighbour == table_.next_hop(member) ? std::string() : neighbour;
    if (through.empty() && (!again || straight) && !ways_.contains(member)) return;
    Ways& ways = ways_of(member);
    const bool failed = again && !straight && table_.path(member).size() >= 2 && now - ways.looked >= kLookAgain;
    const bool elsewhere = straight || ways.through != through;
    if (!failed && !elsewhere) return;
    if (failed && ways.back == ways.out) ways.works = false;
    if (failed && ways.works) {
        ways.back = ways.out;
    } else if (elsewhere) {
        if (failed) doubt(ways, ways.back, member);
        const bool shortest = straight || (through.empty() && ways.doubts.empty());
        ways.back = shortest ? Via() : this->through(neighbour, ways, member, now);
        if (ways.unheard) {
            ways.out = ways.back;  // it may know better
            ways.since = now;
        }
    } else {
        ways.back = other_than(ways.back, ways, member);
    }
    ways.through = through;
    ways.looked = now;
}

const Detours::Via& Detours::out(const std::string& member) const noexcept {
    const auto known = ways_.find(member);
    return known == ways_.end() ? kShortest : known->second.out;
}

const Detours::Via& Detours::back(const std::string& member) const noexcept {
    const auto known = ways_.find(member);
    return known == ways_.end() ? kShortest : known->second.back;
}

}  // namespace msw::net
