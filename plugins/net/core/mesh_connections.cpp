// Connections: from the first byte to a link, and to its end.
#include "plugins/net/core/mesh.hpp"

#include "base/hex.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/core/printable.hpp"

#include <algorithm>

namespace msw::net {
namespace {

constexpr std::string_view kTooMany = "there are too many already";

}  // namespace

AddressBook& Mesh::book_of(const Pending& pending) { return pending.handshake ? old_book_ : book_; }

bool Mesh::accepted(LinkId link, std::string remote, Time now, Speaks speaks) {
    if (unknown_ >= kMostUnknown || peers_.size() >= kMostLinks) {
        turned_away(remote, kTooMany, now);
        return false;
    }
    begin(link, speaks, std::nullopt, std::move(remote), now);
    return true;
}

void Mesh::turned_away(const std::string& remote, std::string_view why, Time now) {
    if (!counters_.add_with_line(Count::connections_over, now)) return;
    edge_.log(MSW_WARNING, "a connection with " + remote + " was closed: " + std::string(why), nullptr);
}

void Mesh::dialled(LinkId link, const Address& address, Time now, Speaks speaks) {
    begin(link, speaks, address, to_text(address), now);
}

void Mesh::begin(LinkId link, Speaks speaks, std::optional<Address> address, std::string remote, Time now) {
    Pending pending;
    pending.deadline = now + kHandshake;
    pending.address = std::move(address);
    pending.remote = std::move(remote);
    std::optional<Datapack> word;
    if (speaks == Speaks::v0_1) {
        pending.flag = new_flag();
        pending.handshake.emplace(identity(), pending.address ? Handshake::Side::dialled : Handshake::Side::accepted);
        word = pending.handshake->begin(pending.flag);
    }
    if (!pending.address) ++unknown_;
    pending_.emplace(link, std::move(pending));
    if (word) edge_.say(link, *word);
}

void Mesh::proved(LinkId link, const PublicKey& key, Time now) {
    now_ = now;
    const auto at = pending_.find(link);
    if (at == pending_.end() || at->second.handshake) return;
    Pending& pending = at->second;
    const Member* member = members_->with_key(key);
    if (member == nullptr && key == settings_.keys.sign) {
        close_own(link, now);
        return;
    }
    if (member == nullptr) {
        counters_.add(Count::strangers);
        refuse(link, "its key " + to_hex(key).substr(0, 16) + "… is none of a member of this mesh",
               "your key is none of a member of my mesh", now);
        return;
    }
    if (settings_.only_proxy && !same_host_id(settings_.proxy, member->id)) {
        refuse(link, "this host may be reached through " + settings_.proxy + " only, and this is " + member->id,
               settings_.id + " may be reached through " + settings_.proxy + " only", now);
        return;
    }
    pending.member = member->name;
    pending.key = key;
    pending.deadline = now + kHandshake;
    if (pending.address) say_hello(link, pending, now);
}

void Mesh::joins(LinkId link, Time now) {
    const auto at = pending_.find(link);
    if (at == pending_.end()) return;
    at->second.joins = true;
    at->second.deadline = now + kJoin;
}

void Mesh::say_hello(LinkId link, Pending& pending, Time now) {
    pending.said = members_->digest();
    Hello hello;
    hello.id = settings_.id;
    hello.epoch = settings_.epoch;
    hello.run = settings_.run;
    hello.listen_port = settings_.listen_port;
    hello.only_proxy = only_proxy();
    hello.roster = to_hex(pending.said);
    hello.routes = routes_.root();
    hello.time_ms = wall(now);
    hello.can = {"flows", "routes", "roster"};
    edge_.say(link, to_datapack(hello));
}

void Mesh::close_own(LinkId link, Time now) {
    const std::optional<Address> address = pending_.at(link).address;
    close(link, "it is this host itself", MSW_DEBUG, now);
    if (address) book_.self(*address);
}

void Mesh::hear_hello(LinkId link, Pending& pending, const Datapack& word, Time now) {
    const Member* member = members_->named(pending.member);
    if (member == nullptr) {
        close(link, "it spoke before it had shown who it is, or belongs to the mesh no more", MSW_NOTICE, now);
        return;
    }
    if (word.method == "link" && word.app == "bye") {
        // It may not know of this member yet: soon again.
        close(link, "the other side refuses this host: " + printable(word.body), first_time(pending, MSW_WARNING), now);
        return;
    }
    if (word.method != "link" || word.app != "hello") {
        close(link, "the first thing it said was `" + printable(word.method + " " + word.app) + "`, no hello",
              MSW_NOTICE, now);
        return;
    }
    Result<Hello> hello = parse_hello(word);
    if (!hello) {
        close(link, hello.error().text, MSW_NOTICE, now);
        return;
    }
    if (!same_host_id(hello->id, member->id)) {
        refuse(link, "it calls itself " + hello->id + ", and the roster calls it " + member->id,
               "the roster calls you " + member->id, now);
        return;
    }
    if (pending.member == settings_.member && hello->run == settings_.run) {
        // The end that has dialled knows where that led.
        if (pending.address) {
            close_own(link, now);
        } else {
            say_hello(link, pending, now);
        }
        return;
    }
    if (pending.member == settings_.member) {
        refuse_namesake(link, settings_.id, "this one", now);
        return;
    }
    if (!hello->only_proxy.empty() && !same_host_id(hello->only_proxy, settings_.id)) {
        refuse(link, hello->id + " may be reached through " + hello->only_proxy + " only",
               "you may be reached through " + hello->only_proxy + " only", now);
        return;
    }
    PeerInfo peer{member->id, hello->listen_port, hello->only_proxy, true, hello->run};
    if (const Link* held = peers_.namesake(peer, now)) {
        refuse_namesake(link, held->peer.id, "the one at " + held->address, now);
        return;
    }
    if (no_room_for_more(link, now)) return;
    if (!pending.address) say_hello(link, pending, now);
    Pending known = take_pending(link);
    const bool configured = known.address && book_.answered(*known.address, peer.id);
    if (!known.address && peer.listen_port != 0) known.remote = to_text(Address{known.remote, peer.listen_port});
    Session session{std::move(hello).value(), known.member, known.key, LinkWatch(now, known.address.has_value())};
    const bool same = session.hello.roster == to_hex(known.said);
    sessions_.emplace(link, std::move(session));
    establish(link, std::move(known), peer, configured, now);
    if (sessions_.contains(link)) begin_session(*peers_.find(link), same, now);
}

bool Mesh::no_room_for_more(LinkId link, Time now) {
    if (peers_.size() < kMostLinks) return false;
    // There was room when each of them came or was dialled, but not for all that were under way at once.
    turned_away(pending_.at(link).remote, kTooMany, now);
    close(link, std::string(kTooMany), MSW_DEBUG, now);
    return true;
}

Mesh::Pending Mesh::take_pending(LinkId link) {
    Pending pending = std::move(pending_.at(link));
    pending_.erase(link);
    if (!pending.address) --unknown_;
    return pending;
}

void Mesh::refuse(LinkId link, const std::string& why, std::string said, Time now) {
    edge_.say(link, Datapack("link", "bye", std::move(said)));
    if (pending_.at(link).address) {
        refuse_dialled(link, why, MSW_NOTICE, now);
    } else {
        close(link, why, MSW_NOTICE, now);
    }
}

msw_priority Mesh::first_time(const Pending& pending, msw_priority priority) {
    if (!pending.address) return priority;
    const AddressBook& book = book_of(pending);
    const auto entry = book.entries().find(*pending.address);
    return entry != book.entries().end() && entry->second.failures > 0 ? MSW_DEBUG : priority;
}

void Mesh::refuse_dialled(LinkId link, const std::string& why, msw_priority priority, Time now) {
    const Address address = *pending_.at(link).address;
    AddressBook& book = book_of(pending_.at(link));
    close(link, why, first_time(pending_.at(link), priority), now);
    book.unwelcome(address, why, now);
}

void Mesh::refuse_namesake(LinkId link, const std::string& id, const std::string& stays, Time now) {
    const std::string remote = pending_.at(link).remote;
    if (counters_.add_with_line(Count::namesakes, now)) {
        edge_.log(MSW_ERR,
                  "two hosts run with the keys of " + id + ": " + stays + " stays, the one at " + remote +
                      " is refused; one of them has a copy of the other's state directory and must join anew",
                  nullptr);
    }
    refuse(link, "another host that is connected has its keys",
           "another host that is connected has the keys of this one, " + id, now);
}

void Mesh::establish(LinkId id, Pending pending, const PeerInfo& peer, bool configured, Time now) {
    Link link;
    link.id = id;
    link.we_dialled = pending.address.has_value();
    link.configured = configured;
    link.address = pending.remote;
    link.peer = peer;
    link.since = now;
    link.alive = now;
    link.heard = now;
    if (pending.address) planned_.erase(*pending.address);
    edge_.established(id, peer);
    edge_.log(MSW_INFO,
              "connected to " + peer.id + " at " + link.address + (link.we_dialled ? ", dialled" : ", accepted") +
                  (link.modern() ? "" : ", an old host"),
              nullptr);
    for (const LinkId surplus : peers_.add(std::move(link), now)) {
        end_session(surplus, now);
        give_back(edge_.retire(surplus), now);
    }
    pump(now);
}

void Mesh::dial_failed(const Address& address, std::string why, Time now, Speaks speaks) {
    now_ = now;
    AddressBook& book = speaks == Speaks::v1 ? book_ : old_book_;
    if (const auto planned = planned_.find(address); speaks == Speaks::v1 && planned != planned_.end()) {
        routes_.dial_failed(planned->second, now);
        planned_.erase(planned);
        if (!book.entries().contains(address)) return;
    }
    const auto it = book.entries().find(address);
    // Once in the journal, then it is in `get net status` until it works.
    if (it != book.entries().end() && it->second.failures == 0) {
        edge_.log(MSW_INFO, to_text(address) + ": " + why + "; it is dialled again, less and less often", nullptr);
    }
    book.failed(address, std::move(why), now);
}

void Mesh::give_up_dial(const Pending& pending, const std::string& why, Time now) {
    AddressBook& book = pending.handshake ? old_book_ : book_;
    book.failed(*pending.address, why, now);
    const auto planned = planned_.find(*pending.address);
    if (pending.handshake || planned == planned_.end()) return;
    routes_.dial_failed(planned->second, now);
    planned_.erase(planned);
}

void Mesh::close(LinkId id, const std::string& why, msw_priority priority, Time now) {
    const auto at = pending_.find(id);
    if (at != pending_.end()) {
        const Pending pending = take_pending(id);
        if (pending.address) give_up_dial(pending, why, now);
        const bool worth_a_line = priority == MSW_DEBUG || counters_.add_with_line(Count::bad_handshake, now);
        if (worth_a_line) edge_.log(priority, "the connection with " + pending.remote + " was closed: " + why, nullptr);
        (void)edge_.close(id);
        return;
    }
    const Link* link = peers_.find(id);
    if (link == nullptr) return;
    const std::string who = link->peer.id + " (" + link->address + ")";
    const std::string peer = link->peer.id;
    peers_.remove(id);
    end_session(id, now);
    if (!peers_.connected(peer)) lost_peer(peer, now);
    edge_.log(priority, "the connection with " + who + " was closed: " + why, nullptr);
    give_back(edge_.close(id), now);
    pump(now);
}

void Mesh::lost_peer(const std::string& id, Time now) {
    book_.lost(id, now);
    old_book_.lost(id, now);
}

void Mesh::lost(LinkId id, const std::string& why, std::vector<Parcel> unsent, Time now) {
    if (pending_.contains(id)) {
        const Pending pending = take_pending(id);
        if (!pending.address) return;
        const AddressBook& book = book_of(pending);
        const auto entry = book.entries().find(*pending.address);
        if (entry != book.entries().end() && entry->second.self) return;  // the other end was ours
        dial_failed(*pending.address, "closed before it had said who it is (" + why + ")", now,
                    pending.handshake ? Speaks::v0_1 : Speaks::v1);
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
    if (!peers_.connected(peer)) lost_peer(peer, now);
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

}  // namespace msw::net
