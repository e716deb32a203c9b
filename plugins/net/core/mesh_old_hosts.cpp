// Old hosts: their handshake, and what they tell each other of addresses and proxies. None of it goes beyond this host.
#include "plugins/net/core/mesh.hpp"

#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {

Identity Mesh::identity() const { return {settings_.id, settings_.legacy_port, only_proxy()}; }

void Mesh::hear_handshake(LinkId link, Pending& pending, const Datapack& word, Time now) {
    const std::optional<Datapack> ours = pending.handshake->hear(word);
    if (pending.handshake->state() == Handshake::State::refused) {
        refuse_handshake(link, pending, word, now);
        return;
    }
    const std::string& id = pending.handshake->peer().id;
    const std::string ip = pending.address ? pending.address->host : pending.remote;
    if (members_->called(id) != nullptr || !settings_.old_hosts.may_be(id, ip)) {
        close(link, "an old host " + id + " at " + ip + " is not listed in \"legacy\" of the configuration", MSW_NOTICE,
              now);
        return;
    }
    if (no_room_for_more(link, now)) return;
    if (ours) edge_.say(link, *ours);
    const PeerInfo peer = pending.handshake->peer();
    Pending known = take_pending(link);
    const bool configured = known.address && old_book_.answered(*known.address, peer.id);
    if (!known.address && peer.listen_port != 0 && peer.only_proxy.empty()) {
        const Address address{known.remote, peer.listen_port};
        known.remote = to_text(address);
        if (old_book_.learn(address, Source::incoming, now)) (void)old_book_.answered(address, peer.id);
    }
    if (!peer.only_proxy.empty()) (void)proxies_.set(peer.id, settings_.id);
    establish(link, std::move(known), peer, configured, now);
    if (const Link* established = peers_.find(link); established != nullptr && !established->retired) {
        ask_for_gossip(*established);
    }
}

void Mesh::refuse_handshake(LinkId link, const Pending& pending, const Datapack& word, Time now) {
    const std::string why = pending.handshake->why();
    const bool own_id = pending.handshake->refusal() == Handshake::Refusal::own_id;
    const auto dialled_by_us = std::find_if(pending_.begin(), pending_.end(), [&](const auto& p) {
        return p.second.address && p.second.flag == word.get("flag");
    });
    if (own_id && dialled_by_us != pending_.end()) {
        const Address address = *dialled_by_us->second.address;
        old_book_.self(address);
        close(link, to_text(address) + " is this host itself", MSW_DEBUG, now);
        return;
    }
    if (pending.address && pending.handshake->refusal() != Handshake::Refusal::malformed) {
        refuse_dialled(link, why, MSW_NOTICE, now);
        return;
    }
    close(link, why, own_id ? MSW_WARNING : MSW_NOTICE, now);
}

void Mesh::ask_for_gossip(const Link& link) {
    if (!edge_.has_room(link.id)) return;
    Parcel parcel;
    parcel.datapack = Datapack("get", "net", "mht");
    parcel.datapack.set("id", settings_.id);
    parcel.datapack.set("from", "net");
    parcel.datapack.set("flag", new_flag());
    parcel.for_link = true;
    edge_.write(link.id, std::move(parcel));
}

Gossip Mesh::gossip_for(const Link* link) const {
    Gossip gossip{old_book_.known(), proxies_.all()};
    if (!settings_.proxy.empty()) gossip.proxies.emplace_back(settings_.id, settings_.proxy);
    // A host that talks to nobody but us learns whom it can reach through us.
    if (link != nullptr && !link->peer.only_proxy.empty()) {
        for (const Link* other : peers_.all()) {
            if (!same_host_id(other->peer.id, link->peer.id) && proxies_.of(other->peer.id).empty()) {
                gossip.proxies.emplace_back(other->peer.id, settings_.id);
            }
        }
    }
    return gossip;
}

void Mesh::answer_gossip(const Link& link, const Datapack& asked) {
    if (!edge_.has_room(link.id)) return;  // it asks again in 10 s
    constexpr std::size_t kHead = 512;     // more than the head of this answer takes
    const std::size_t room = settings_.old_room - std::min(settings_.old_room, kHead);
    Parcel parcel;
    parcel.datapack = asked.reply();
    parcel.datapack.head.remove("to");
    parcel.datapack.set("id", settings_.id);
    parcel.datapack.set("from", "net");
    parcel.datapack.body = build_gossip(gossip_for(&link), room, gossip_turn_ * 64);
    parcel.for_link = true;
    edge_.write(link.id, std::move(parcel));
}

void Mesh::merge(const Gossip& gossip, const Link& from, Time now) {
    bool full = false;
    for (const Address& address : gossip.addresses) full |= !old_book_.learn(address, Source::exchanged, now);
    for (const auto& [host, proxy] : gossip.proxies) {
        if (!is_self(host)) full |= !proxies_.set(host, proxy);
    }
    if (full && counters_.add_with_line(Count::bad_gossip, now)) {
        edge_.log(MSW_WARNING, "not all that " + from.peer.id + " tells about other hosts has room here", nullptr);
    }
    pump(now);
}

}  // namespace msw::net
