#include "plugins/net/core/routes/dial_plan.hpp"

#include "plugins/net/core/routes/hash.hpp"

#include <algorithm>
#include <utility>

namespace msw::net {
namespace {

/// The few entries of the least measure, in order.
class Nearest {
public:
    explicit Nearest(std::size_t most) : most_(most) {}

    void offer(std::uint64_t measure, const RouteEntry& entry) {
        if (found_.size() == most_ && measure >= found_.back().first) return;
        const auto at = std::upper_bound(found_.begin(), found_.end(), measure,
                                         [](std::uint64_t m, const auto& other) { return m < other.first; });
        found_.emplace(at, measure, &entry);
        if (found_.size() > most_) found_.pop_back();
    }

    [[nodiscard]] std::vector<std::string> members() const {
        std::vector<std::string> members;
        for (const auto& [measure, entry] : found_) members.push_back(entry->what->said.member);
        return members;
    }

private:
    std::size_t most_;
    std::vector<std::pair<std::uint64_t, const RouteEntry*>> found_;
};

/// @return where on a ring a key stands.
std::uint64_t on_ring(std::size_t ring, std::uint64_t key) noexcept {
    return mix(key + 0x9e3779b97f4a7c15U * (ring + 1));
}

bool up(std::span<const PlannedLink> links, std::string_view member) {
    return std::any_of(links.begin(), links.end(), [&](const PlannedLink& link) { return link.member == member; });
}

}  // namespace

DialPlan::DialPlan(std::string own, std::uint32_t seed, std::size_t bound)
    : own_(std::move(own)), key_(key_of(own_)), bound_(bound), random_(seed) {}

// --- Whom.

void DialPlan::look(const RouteTable& table, const Hubs& hubs, Time now) {
    const RouteEntry* own = table.find(own_);
    const bool hub = own != nullptr && own->hub;
    const bool same = table.population() == looked_at_ && hubs.large() == looked_large_ && hub == looked_hub_;
    if (same || now < next_look_) return;
    next_look_ = now + kLook;
    looked_at_ = table.population();
    looked_large_ = hubs.large();
    looked_hub_ = hub;
    places_.clear();
    attach_ = false;
    const bool has_hubs = std::any_of(table.entries().begin(), table.entries().end(),
                                      [&](const RouteEntry& entry) { return entry.hub && entry.key != key_; });
    if (table.size() <= bound_) {
        want_all(table);
    } else if (hubs.large() && has_hubs && !hub) {
        attach_to_hubs(table);
    } else {
        stand_on_rings(table, hubs.large() && has_hubs);
    }
}

void DialPlan::want_all(const RouteTable& table) {
    for (const RouteEntry& entry : table.entries()) {
        if (entry.listens && entry.key != key_) places_.push_back({{entry.what->said.member}});
    }
}

void DialPlan::stand_on_rings(const RouteTable& table, bool hubs_only) {
    const RouteEntry* own = table.find(own_);
    const bool listens = own != nullptr && own->listens;
    for (std::size_t ring = 0; ring < kRings; ++ring) {
        const std::uint64_t here = on_ring(ring, key_);
        Nearest after(kSpares);
        Nearest before(kSpares);
        for (const RouteEntry& entry : table.entries()) {
            if (!entry.listens || entry.key == key_ || (hubs_only && !entry.hub)) continue;
            const std::uint64_t there = on_ring(ring, entry.key);
            after.offer(there - here, entry);
            before.offer(here - there, entry);
        }
        places_.push_back({after.members()});
        if (listens) places_.push_back({before.members()});
    }
}

void DialPlan::attach_to_hubs(const RouteTable& table) {
    Nearest best(kHubsWanted + 2 * kSpares);
    for (const RouteEntry& entry : table.entries()) {
        if (entry.hub && entry.key != key_) best.offer(weight(entry.key), entry);
    }
    attach_ = true;
    hubs_ = best.members();
}

void DialPlan::fill_places(const RouteTable& table, std::span<const PlannedLink> links, Time now) {
    std::map<std::string, Wish, std::less<>> before;
    before.swap(wanted_);
    const auto want = [&](const std::string& member, bool spare) {
        const auto was = before.find(member);
        const auto [at, added] =
            wanted_.try_emplace(member, Wish{was == before.end() ? now : was->second.since, spare});
        if (!added) at->second.spare = at->second.spare && spare;
    };
    for (const Place& place : places_) {
        std::size_t filled = 0;
        for (const std::string& member : place.candidates) {
            if (filled == 1) break;
            want(member, member != place.candidates.front());
            // Who doesn't answer stays wanted, but the next one takes its place meanwhile.
            if (up(links, member) || !fails(member, now)) ++filled;
        }
    }
    if (attach_) want_hubs(table, links, now, want);
}

template <class Want>
void DialPlan::want_hubs(const RouteTable& table, std::span<const PlannedLink> links, Time now, const Want& want) {
    // Hubs that it is linked to already come first, whatever their weight: attachments that moved whenever some hub has
    // room again would be news for all.
    std::vector<std::pair<std::uint64_t, std::string_view>> linked;
    for (const PlannedLink& link : links) {
        const RouteEntry* entry = table.find(link.member);
        if (entry != nullptr && entry->hub && has_room(entry->what->said))
            linked.emplace_back(weight(entry->key), link.member);
    }
    std::sort(linked.begin(), linked.end());
    std::size_t filled = 0;
    for (const auto& [weight, member] : linked) {
        if (filled < kHubsWanted) want(std::string(member), true);
        ++filled;
    }
    for (const std::string& member : hubs_) {
        if (filled >= kHubsWanted) break;
        const Announcement* said = table.said(member);
        if (up(links, member) || said == nullptr || !has_room(*said)) continue;
        want(member, true);
        if (!fails(member, now)) ++filled;
    }
}

bool DialPlan::has_room(const Announcement& hub) const {
    return hub.links.size() < kHubRoom ||
           std::any_of(hub.links.begin(), hub.links.end(), [&](const AnnouncedLink& l) { return l.member == own_; });
}

bool DialPlan::fails(std::string_view member, Time now) const {
    const auto at = attempts_.find(member);
    return at != attempts_.end() && at->second.failures > 0 && now - at->second.failing_since >= kGrace;
}

// --- When.

std::vector<DialPlan::Dial> DialPlan::due(const RouteTable& table, const Hubs& hubs, std::span<const PlannedLink> links,
                                          Time now) {
    look(table, hubs, now);
    fill_places(table, links, now);
    std::erase_if(attempts_,
                  [&](const auto& attempt) { return !wanted_.contains(attempt.first) && now >= attempt.second.next; });
    std::vector<Dial> dials;
    for (const auto& [member, wish] : wanted_) {
        if (up(links, member)) continue;
        const auto known = attempts_.find(member);
        if (known != attempts_.end() && now < known->second.next) continue;
        if (known != attempts_.end() && known->second.dialling) {
            failed(member, now);
            continue;
        }
        if (!is_ours_to_dial(member, wish.spare, links.size(), wish.since, now)) continue;
        const Announcement* said = table.said(member);
        if (said == nullptr || said->addresses.empty()) continue;
        Attempt& attempt = attempts_[member];
        attempt.dialling = true;
        attempt.next = now + kDialing;
        dials.push_back({member, said->addresses[attempt.turn % said->addresses.size()]});
    }
    return dials;
}

bool DialPlan::is_ours_to_dial(std::string_view member, bool spare, std::size_t links, Time since, Time now) const {
    // Only one end of a wanted pair dials at first, unless the other end can't know or can't dial.
    if (spare || links == 0 || now - since >= kTheirTurn) return true;
    const auto at = attempts_.find(member);
    return key_ < key_of(member) || (at != attempts_.end() && at->second.failures > 0);
}

void DialPlan::failed(std::string_view member, Time now) {
    const auto at = attempts_.find(member);
    if (at == attempts_.end()) return;
    Attempt& attempt = at->second;
    const unsigned doublings = std::min(attempt.failures, 7U);  // 0.5 s * 2^7 is more than the longest
    attempt.dialling = false;
    if (attempt.failures++ == 0) attempt.failing_since = now;
    ++attempt.turn;
    attempt.next = now + jittered(std::min(kFirstDelay * (1U << doublings), kLongestDelay));
}

void DialPlan::answered(std::string_view member) {
    const auto at = attempts_.find(member);
    if (at != attempts_.end()) attempts_.erase(at);
}

void DialPlan::lost(std::string_view member, Time now) {
    if (!wanted_.contains(member)) return;
    Attempt& attempt = attempts_[std::string(member)];
    if (!attempt.dialling) attempt.next = now + jittered(kFirstDelay);
}

Time DialPlan::jittered(Time delay) {
    // 75 to 125 of 100 parts.
    const auto part = static_cast<std::int64_t>(75 + random_() % 51);
    return std::clamp(Time(delay.count() * part / 100), kFirstDelay, kLongestDelay);
}

// --- What is too much.

std::string DialPlan::surplus(const RouteTable& table, std::span<const PlannedLink> links, Time now) {
    std::erase_if(unwanted_since_, [&](const auto& link) { return !up(links, link.first); });
    const PlannedLink* most = nullptr;
    const Announcement* ours = table.said(own_);
    for (const PlannedLink& link : links) {
        const bool wanted = link.configured || wanted_.contains(link.member);
        const Announcement* said = wanted ? nullptr : table.said(link.member);
        if (wanted || is_theirs(link, ours, said)) {
            unwanted_since_.erase(link.member);
            continue;
        }
        const Time since = unwanted_since_.try_emplace(link.member, now).first->second;
        const std::size_t theirs = said == nullptr || !link.we_dialled ? 0 : said->links.size();
        if (now - since < kLinger || std::max(links.size(), theirs) <= bound_) continue;
        if (most == nullptr || key_of(link.member) < key_of(most->member)) most = &link;
    }
    if (most == nullptr) return {};
    if (!most->we_dialled) {
        if (dropped_.size() == kMostDropped) dropped_.clear();
        dropped_.insert_or_assign(most->member, now);
    }
    return most->member;
}

bool DialPlan::is_theirs(const PlannedLink& link, const Announcement* ours, const Announcement* theirs) const {
    // It is attached to this hub, or has nobody else; and this host says so too, so that it is of use to it.
    const auto names = [](const Announcement& said, const std::string& member) {
        return std::any_of(said.links.begin(), said.links.end(),
                           [&](const AnnouncedLink& other) { return other.member == member; });
    };
    if (looked_large_ && ours != nullptr && theirs != nullptr && !theirs->hub && names(*theirs, own_) &&
        names(*ours, link.member)) {
        return true;
    }
    // It dialled again after it was dropped.
    const auto dropped = dropped_.find(link.member);
    return !link.we_dialled && dropped != dropped_.end() && link.since > dropped->second;
}

}  // namespace msw::net
