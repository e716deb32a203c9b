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

void Detours::doubt(Ways& ways, const Via& via, const std::string& member) const {
    if (via.empty()) {
        for (const std::string_view relay : table_.path(member)) {
            if (relay != member) ++ways.doubts[std::string(relay)];
        }
    }
    for (const std::string& host : via) {
        if (const std::string_view relay = table_.named(host).member; !relay.empty()) {
            ++ways.doubts[std::string(relay)];
        }
    }
    std::uint32_t sum = 0;
    for (const auto& [relay, times] : ways.doubts) sum += times;
    if (sum <= RouteTable::kMostDoubts) return;
    for (auto& [relay, times] : ways.doubts) times /= 2;
    std::erase_if(ways.doubts, [](const auto& entry) { return entry.second == 0; });
}

Detours::Via Detours::best(const Ways& ways, const std::string& member, const Via& present) const {
    const std::vector<std::string_view> way = table_.path_around(member, ways.doubts);
    if (way.size() > kMostHosts + 1) return present;
    Via hosts;
    if (way == table_.path(member)) return hosts;
    for (std::size_t i = 0; i + 1 < way.size(); ++i) hosts.push_back(host_of(way[i]));
    return hosts;
}

bool Detours::change(const std::string& member, Time waited, Time now) {
    if (table_.path(member).size() < 2) return false;
    Ways& ways = ways_of(member);
    if (ways.since && now - *ways.since < waited) return false;
    doubt(ways, ways.out, member);
    Via other = best(ways, member, ways.out);
    if (other == ways.out) return false;
    ways.out = std::move(other);
    ways.since = now;
    return true;
}

void Detours::heard_through(const std::string& member, const std::string& neighbour, bool again, Time now) {
    const bool straight = neighbour == member;
    const std::string through = straight || neighbour == table_.next_hop(member) ? std::string() : neighbour;
    if (through.empty() && (!again || straight) && !ways_.contains(member)) return;
    Ways& ways = ways_of(member);
    if (straight || ways.through != through) {
        ways.through = through;
        ways.guessed = !through.empty();
        ways.back = ways.guessed ? Via{host_of(neighbour)} : Via();
    }
    if (!again || straight || now - ways.looked < kLookAgain) return;
    ways.looked = now;
    if (table_.path(member).size() < 2) return;  // it is a neighbour, and prefers another way
    // What the origin avoids seems to be on our shortest way, to which that neighbour may lead back.
    doubt(ways, ways.guessed ? Via() : ways.back, member);
    ways.back = best(ways, member, ways.back);
    ways.guessed = false;
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
