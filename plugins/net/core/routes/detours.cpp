#include "plugins/net/core/routes/detours.hpp"

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

std::vector<std::string_view> Detours::other_way(std::string_view member) const {
    std::vector<std::string_view> relays = table_.path(member);
    if (relays.size() < 2) return {};
    relays.pop_back();
    std::vector<std::string_view> way = table_.disjoint_path(member, relays);
    if (way.size() > kMostHosts + 1) way.clear();
    return way;
}

Detours::Via Detours::hosts_on(const std::vector<std::string_view>& way) const {
    Via hosts;
    for (std::size_t i = 0; i + 1 < way.size(); ++i) hosts.push_back(host_of(way[i]));
    return hosts;
}

bool Detours::change(const std::string& member, Time waited, Time now) {
    const auto known = ways_.find(member);
    const bool on_it = known != ways_.end() && !known->second.out.empty();
    if (known != ways_.end() && now - known->second.since < waited) return false;
    Via other = on_it ? Via() : hosts_on(other_way(member));
    if (!on_it && other.empty()) return false;
    Ways& ways = ways_of(member);
    ways.out = std::move(other);
    ways.since = now;
    return true;
}

void Detours::heard_through(const std::string& member, const std::string& neighbour, bool again, Time now) {
    const auto known = ways_.find(member);
    if (neighbour == member || neighbour == table_.next_hop(member)) {
        if (known == ways_.end() || known->second.through.empty()) return;
        known->second.through.clear();
        known->second.back.clear();
        return;
    }
    Ways& ways = known == ways_.end() ? ways_of(member) : known->second;
    if (ways.through != neighbour) {
        ways.through = neighbour;
        ways.back = {host_of(neighbour)};
    }
    if (!again || now - ways.looked < kLookAgain) return;
    ways.looked = now;
    // The way on which the neighbour goes on seems to lead through what swallows.
    const std::vector<std::string_view> other = other_way(member);
    ways.back = !other.empty() && other.front() == neighbour ? hosts_on(other) : Via{host_of(neighbour)};
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
