#include "plugins/net/core/peers.hpp"

#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {
namespace {

/// @return whether `fresh`, established after `older`, is the one to stay.
bool replaces(const Link& older, const Link& fresh, bool we_are_lower, Time now) {
    if (!fresh.modern() || !older.modern()) return true;
    const bool older_by_lower = older.we_dialled == we_are_lower;
    const bool fresh_by_lower = fresh.we_dialled == we_are_lower;
    if (fresh_by_lower && !older_by_lower) return true;
    // A host that dials although we hold a link it made has lost that one; only it can know.
    if (!fresh.we_dialled && !older.we_dialled) return true;
    return now - older.alive > Peers::kSignsOfLife;
}

}  // namespace

std::vector<LinkId> Peers::add(Link link, Time now) {
    std::vector<LinkId> surplus;
    const bool we_are_lower = id_key(own_id_) < id_key(link.peer.id);
    bool stays = true;
    std::vector<Link*> same;
    for (auto& [id, other] : links_) {
        if (!other.retired && same_host_id(other.peer.id, link.peer.id)) same.push_back(&other);
    }
    if (we_are_lower && link.modern()) {
        for (Link* older : same) {
            if (!older->modern()) continue;
            if (replaces(*older, link, we_are_lower, now)) {
                older->retired = true;
                surplus.push_back(older->id);
            } else {
                stays = false;
            }
        }
    } else if (same.size() >= kMostPerPeer) {
        same.front()->retired = true;  // the oldest: ids rise
        surplus.push_back(same.front()->id);
    }
    if (!stays) {
        link.retired = true;
        surplus.push_back(link.id);
    }
    const std::string key = id_key(link.peer.id);
    links_.emplace(link.id, std::move(link));
    choose(key);
    return surplus;
}

void Peers::remove(LinkId id) {
    const auto it = links_.find(id);
    if (it == links_.end()) return;
    const std::string key = id_key(it->second.peer.id);
    links_.erase(it);
    choose(key);
}

void Peers::shows_life(LinkId id, Time now) {
    const auto it = links_.find(id);
    if (it != links_.end()) it->second.alive = now;
}

void Peers::heard(LinkId id, Time now) {
    const auto it = links_.find(id);
    if (it != links_.end()) it->second.alive = it->second.heard = now;
}

const Link* Peers::namesake(const PeerInfo& peer, Time now) const {
    for (const auto& [id, link] : links_) {
        if (link.retired || !link.modern() || link.peer.run == peer.run) continue;
        if (same_host_id(link.peer.id, peer.id) && now - link.heard <= kSignsOfLife) return &link;
    }
    return nullptr;
}

void Peers::retire(LinkId id) {
    const auto it = links_.find(id);
    if (it == links_.end()) return;
    it->second.retired = true;
    choose(id_key(it->second.peer.id));
}

const Link* Peers::find(LinkId id) const {
    const auto it = links_.find(id);
    return it == links_.end() ? nullptr : &it->second;
}

bool Peers::first_is_better(const Link& a, const Link& b) const {
    const Link& older = a.id < b.id ? a : b;
    const Link& fresh = a.id < b.id ? b : a;
    const bool we_are_lower = id_key(own_id_) < id_key(a.peer.id);
    // Judged as of the younger one's arrival, as the other end judges.
    return (replaces(older, fresh, we_are_lower, fresh.since) ? &fresh : &older) == &a;
}

void Peers::choose(const std::string& key) {
    ++version_;
    const Link* best = nullptr;
    for (const auto& [id, link] : links_) {
        if (link.retired || id_key(link.peer.id) != key) continue;
        if (best == nullptr || first_is_better(link, *best)) best = &link;
    }
    if (best == nullptr) {
        chosen_.erase(key);
    } else {
        chosen_[key] = best->id;
    }
}

const Link* Peers::to(std::string_view host) const {
    const auto it = chosen_.find(id_key(host));
    return it == chosen_.end() ? nullptr : find(it->second);
}

std::vector<const Link*> Peers::all() const {
    std::vector<const Link*> out;
    out.reserve(chosen_.size());
    for (const auto& [key, id] : chosen_) out.push_back(find(id));
    return out;
}

void Peers::forgive(Time now) {
    for (auto& [id, link] : links_) link.alive = now;
}

std::vector<LinkId> Peers::silent(Time now) const {
    std::vector<LinkId> out;
    for (const auto& [id, link] : links_) {
        if (now - link.alive > kSilence) out.push_back(id);
    }
    return out;
}

}  // namespace msw::net
