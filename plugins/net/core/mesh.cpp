#include "plugins/net/core/mesh.hpp"

#include "msw/host_id.hpp"

#include <algorithm>

namespace msw::net {
namespace {

constexpr std::string_view kTooMany = "there are too many already";

}  // namespace

Mesh::Mesh(MeshSettings settings, Edge& edge, std::uint32_t seed)
    : settings_(std::move(settings)),
      around_{settings_.id, only_proxy(),
              [this](std::string_view id) {
                  const Link* link = peers_.to(id);
                  return link != nullptr && !link->modern();
              },
              [this](std::string_view id) { return proxies_.of(id); }},
      edge_(edge),
      book_(seed),
      peers_(settings_.id),
      routes_({settings_.id, settings_.member, settings_.epoch, settings_.run}, seed, *this),
      detours_(routes_.table()),
      custody_(settings_.run, settings_.custody, *this),
      shelf_(settings_.run, settings_.epoch, custody_),
      arrivals_(*this),
      watchers_(*this) {}

Time Mesh::pace() const noexcept {
    constexpr Time kBusy{50};
    constexpr Time kIdle{250};
    return custody_.size() > 0 || arrivals_.held() > 0 || arrivals_.has_to_tell() ? kBusy : kIdle;
}

Identity Mesh::identity() const { return {settings_.id, settings_.listen_port, only_proxy(), to_text(settings_.run)}; }

void Mesh::tick(Time now) {
    now_ = now;
    watch_links(now);
    compare_clocks(now);
    routes_.tick(now);
    after_routes(now);
    custody_.tick(now, wall(now));
    flush_received();
    shelf_.pump(now);
    place_again(now);
    arrivals_.try_again(now);
    arrivals_.tick(now);
    questions_.expire(wall(now));
    std::vector<LinkId> late;
    for (const auto& [link, pending] : pending_) {
        if (now >= pending.deadline) late.push_back(link);
    }
    for (const LinkId link : late) close(link, "no handshake within 10 s", MSW_NOTICE, now);
    for (const LinkId link : peers_.silent(now)) close(link, "not a byte came or went for 60 s", MSW_NOTICE, now);

    const auto connected = [this](std::string_view id) { return peers_.connected(id); };
    if (peers_.size() < kMostLinks) {
        for (const Address& address : book_.due(now, connected, settings_.only_proxy)) edge_.dial(address);
    }

    if (now >= next_gossip_) {
        next_gossip_ = now + kGossip;
        ++gossip_turn_;
        for (const Link* link : peers_.all()) {
            if (!link->modern()) ask_for_gossip(*link);
        }
    }

    for (const Parcel& parcel : outbox_.expire(now, [this](const Parcel& p) {
             return find_route(p.way, around_, p.came_from).kind != Route::Kind::wait;
         })) {
        const std::string why = parcel.ends ? " was not reached before its time ran out"
                                            : " could not be reached in " + std::to_string(Outbox::kMostTries) +
                                                  " tries over two and a half minutes";
        failed(parcel.datapack, parcel.ends ? Count::expired : Count::unreachable,
               {Code::unreachable, parcel.way.back() + why}, now);
    }
    pump(now);
    look_at_hosts(now);
    for (std::size_t i = 0; i < kCounts; ++i) {
        const auto count = static_cast<Count>(i);
        if (const auto n = counters_.left_out(count, now)) {
            edge_.log(MSW_WARNING,
                      std::to_string(*n) + " more of the kind \"" + std::string(name_of(count)) +
                          "\" were counted without a line of their own",
                      nullptr);
        }
    }
}

bool Mesh::accepted(LinkId link, std::string remote, Time now) {
    if (unknown_ >= kMostUnknown || peers_.size() >= kMostLinks) {
        turned_away(remote, kTooMany, now);
        return false;
    }
    begin(link, Handshake::Side::accepted, std::nullopt, std::move(remote), now);
    return true;
}

void Mesh::turned_away(const std::string& remote, std::string_view why, Time now) {
    if (!counters_.add_with_line(Count::connections_over, now)) return;
    edge_.log(MSW_WARNING, "a connection with " + remote + " was closed: " + std::string(why), nullptr);
}

void Mesh::dialled(LinkId link, const Address& address, Time now) {
    begin(link, Handshake::Side::dialled, address, to_text(address), now);
}

void Mesh::begin(LinkId link, Handshake::Side side, std::optional<Address> address, std::string remote, Time now) {
    const std::string flag = new_flag();
    Handshake handshake(identity(), side);
    const std::optional<Datapack> word = handshake.begin(flag);
    pending_.emplace(link,
                     Pending{std::move(handshake), now + kHandshake, std::move(address), std::move(remote), flag});
    if (side == Handshake::Side::accepted) ++unknown_;
    if (word) edge_.say(link, *word);
}

void Mesh::dial_failed(const Address& address, std::string why, Time now) {
    now_ = now;
    if (const auto planned = planned_.find(address); planned != planned_.end()) {
        routes_.dial_failed(planned->second, now);
        planned_.erase(planned);
        if (!book_.entries().contains(address)) return;
    }
    const auto it = book_.entries().find(address);
    // Once in the journal, then it is in `get net status` until it works.
    if (it != book_.entries().end() && it->second.failures == 0) {
        edge_.log(MSW_INFO, to_text(address) + ": " + why + "; it is dialled again, less and less often", nullptr);
    }
    book_.failed(address, std::move(why), now);
}

void Mesh::give_up_dial(const Address& address, const std::string& why, Time now) {
    book_.failed(address, why, now);
    const auto planned = planned_.find(address);
    if (planned == planned_.end()) return;
    routes_.dial_failed(planned->second, now);
    planned_.erase(planned);
}

void Mesh::barred(const Address& address, const std::string& why) {
    book_.bar(address, why);
    edge_.log(MSW_WARNING, to_text(address) + " is not dialled: " + why, nullptr);
}

void Mesh::hear_handshake(LinkId link, Pending& pending, const Datapack& word, Time now) {
    const std::optional<Datapack> ours = pending.handshake.hear(word);
    if (pending.handshake.state() == Handshake::State::refused) {
        refuse_handshake(link, pending, word, now);
        return;
    }
    if (const Link* held = peers_.namesake(pending.handshake.peer(), now)) {
        refuse_namesake(link, *held, word, now);
        return;
    }
    // There was room when each of them came or was dialled, but not for all that were under way at once.
    if (peers_.size() >= kMostLinks) {
        turned_away(pending.remote, kTooMany, now);
        close(link, "there are too many already", MSW_DEBUG, now);
        return;
    }
    if (ours) edge_.say(link, *ours);
    Pending known = std::move(pending);
    pending_.erase(link);
    if (known.handshake.side() == Handshake::Side::accepted) --unknown_;
    establish(link, std::move(known), now);
}

void Mesh::refuse_namesake(LinkId link, const Link& held, const Datapack& word, Time now) {
    const auto pending = pending_.find(link);
    const std::string remote = pending->second.remote;
    const std::string id = held.peer.id;
    if (!pending->second.address) {
        edge_.say(link, Handshake::refusal_of(word, Code::name_taken,
                                              "the id " + id + " belongs to a host at " + held.address +
                                                  " that is connected; \"id\" in the configuration names this one"));
    }
    if (counters_.add_with_line(Count::namesakes, now)) {
        edge_.log(MSW_WARNING,
                  "two hosts are called " + id + ": the one at " + held.address + " stays, the one at " + remote +
                      " is refused; \"id\" in its configuration gives it another name",
                  nullptr);
    }
    if (!held.modern()) ask_for_gossip(held);  // if it is gone without a word, its silence or its answer shows it
    if (pending->second.address) {
        const Address address = *pending->second.address;
        close(link, "its id is taken", MSW_DEBUG, now);
        book_.unwelcome(address, "its id, " + id + ", belongs to another host that is connected", now);
    } else {
        close(link, "its id is taken", MSW_DEBUG, now);
    }
}

void Mesh::refuse_handshake(LinkId link, const Pending& pending, const Datapack& word, Time now) {
    const std::string why = pending.handshake.why();
    const bool own_id = pending.handshake.refusal() == Handshake::Refusal::own_id;
    const auto dialled_by_us = std::find_if(pending_.begin(), pending_.end(), [&](const auto& p) {
        return p.second.address && p.second.flag == word.get("flag");
    });
    if (own_id && dialled_by_us != pending_.end()) {
        const Address address = *dialled_by_us->second.address;
        book_.self(address);
        close(link, to_text(address) + " is this host itself", MSW_DEBUG, now);
        return;
    }
    if (pending.address && pending.handshake.refusal() != Handshake::Refusal::malformed) {
        const Address address = *pending.address;
        const auto entry = book_.entries().find(address);
        const bool first = entry != book_.entries().end() && entry->second.failures == 0;
        const bool told = pending.handshake.refusal() == Handshake::Refusal::told;
        close(link, why, !first ? MSW_DEBUG : told ? MSW_WARNING : MSW_NOTICE, now);  // it is tried again every minute
        book_.unwelcome(address, why, now);
        return;
    }
    close(link, why, own_id ? MSW_WARNING : MSW_NOTICE, now);
}

void Mesh::establish(LinkId id, Pending pending, Time now) {
    const PeerInfo& peer = pending.handshake.peer();
    Link link;
    link.id = id;
    link.we_dialled = pending.address.has_value();
    link.address = pending.remote;
    link.peer = peer;
    link.since = now;
    if (pending.address) planned_.erase(*pending.address);
    link.alive = now;
    link.heard = now;
    if (pending.address) {
        link.configured = book_.answered(*pending.address, peer.id);
    } else if (peer.listen_port != 0 && peer.only_proxy.empty()) {
        const Address address{pending.remote, peer.listen_port};
        link.address = to_text(address);
        // What the others announce is dialled by plan.
        if (!peer.modern && book_.learn(address, Source::incoming, now)) (void)book_.answered(address, peer.id);
    }
    if (!peer.modern && !peer.only_proxy.empty()) (void)proxies_.set(peer.id, settings_.id);
    edge_.established(id, peer);
    edge_.log(MSW_INFO,
              "connected to " + peer.id + " at " + link.address + (link.we_dialled ? ", dialled" : ", accepted") +
                  (link.modern() ? "" : ", a host of the Python system"),
              nullptr);
    for (const LinkId surplus : peers_.add(std::move(link), now)) {
        end_session(surplus, now);
        give_back(edge_.retire(surplus), now);
    }
    const Link* established = peers_.find(id);
    if (established->modern()) {
        begin_session(*established, now);
    } else if (!established->retired) {
        ask_for_gossip(*established);
    }
    pump(now);
}

void Mesh::close(LinkId id, const std::string& why, msw_priority priority, Time now) {
    const auto pending = pending_.find(id);
    if (pending != pending_.end()) {
        const std::string remote = pending->second.remote;
        if (pending->second.address) give_up_dial(*pending->second.address, why, now);
        if (pending->second.handshake.side() == Handshake::Side::accepted) --unknown_;
        pending_.erase(pending);
        const bool worth_a_line = priority == MSW_DEBUG || counters_.add_with_line(Count::bad_handshake, now);
        if (worth_a_line) edge_.log(priority, "the connection with " + remote + " was closed: " + why, nullptr);
        (void)edge_.close(id);
        return;
    }
    const Link* link = peers_.find(id);
    if (link == nullptr) return;
    const std::string who = link->peer.id + " (" + link->address + ")";
    const std::string peer = link->peer.id;
    peers_.remove(id);
    end_session(id, now);
    if (!peers_.connected(peer)) book_.lost(peer, now);
    edge_.log(priority, "the connection with " + who + " was closed: " + why, nullptr);
    give_back(edge_.close(id), now);
    pump(now);
}

void Mesh::lost(LinkId id, const std::string& why, std::vector<Parcel> unsent, Time now) {
    const auto pending = pending_.find(id);
    if (pending != pending_.end()) {
        if (pending->second.handshake.side() == Handshake::Side::accepted) --unknown_;
        const std::optional<Address> address = pending->second.address;
        pending_.erase(pending);
        const auto entry = address ? book_.entries().find(*address) : book_.entries().end();
        if (entry != book_.entries().end() && entry->second.self) return;  // the other end was ours
        if (address) dial_failed(*address, "closed before the handshake was through (" + why + ")", now);
        return;
    }
    const Link* link = peers_.find(id);
    if (link == nullptr) return;
    const std::string peer = link->peer.id;
    const bool expected = link->retired;
    peers_.remove(id);
    end_session(id, now);
    edge_.log(expected || peers_.connected(peer) ? MSW_DEBUG : MSW_INFO,
              "the connection with " + peer + " ended: " + why, nullptr);
    if (!peers_.connected(peer)) book_.lost(peer, now);
    give_back(std::move(unsent), now);
    pump(now);
}

void Mesh::broken(LinkId link, const std::string& why, Time now) {
    if (is_established(link)) counters_.add(Count::bad_stream);
    close(link, why, MSW_WARNING, now);
}

void Mesh::give_back(std::vector<Parcel> parcels, Time now) {
    std::erase_if(parcels, [](const Parcel& p) { return p.for_link; });
    outbox_.put_back(std::move(parcels), now);
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
    Gossip gossip{book_.known(), proxies_.all()};
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
    const std::size_t room =
        link.modern() ? std::size_t{256} * 1024 : settings_.old_room - std::min(settings_.old_room, kHead);
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
    for (const Address& address : gossip.addresses) full |= !book_.learn(address, Source::exchanged, now);
    for (const auto& [host, proxy] : gossip.proxies) {
        if (!is_self(host)) full |= !proxies_.set(host, proxy);
    }
    if (full && counters_.add_with_line(Count::bad_gossip, now)) {
        edge_.log(MSW_WARNING, "not all that " + from.peer.id + " tells about other hosts has room here", nullptr);
    }
    pump(now);
}

}  // namespace msw::net
