#include "plugins/net/core/mesh.hpp"

#include "base/nearest.hpp"
#include "msw/host_id.hpp"

#include <algorithm>
#include <charconv>
#include <set>
#include <utility>

namespace msw::net {
namespace {

/// @return how often a Datapack may still be passed on; nothing if its `hops` is no number.
std::optional<unsigned> hops_left(const Datapack& d) {
    const std::string_view text = d.get("hops");
    if (text.empty()) return Mesh::kMostHops;
    unsigned hops = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), hops);
    if (status != std::errc{} || rest != text.data() + text.size()) return std::nullopt;
    return std::min(hops, Mesh::kMostHops);
}

}  // namespace

void strip_local_fields(Datapack& d) {
    d.head.remove("size");
    d.head.remove("fds");
}

bool Mesh::is_self(std::string_view id) const { return same_host_id(id, settings_.id); }

std::string_view Mesh::member_called(std::string_view host) const {
    const Member* member = members_->called(host);
    return member == nullptr ? std::string_view() : std::string_view(member->name);
}

bool Mesh::is_old_host(std::string_view id) const {
    const Link* link = peers_.to(id);
    return settings_.old_hosts.called(id) != nullptr || !proxies_.of(id).empty() ||
           (link != nullptr && !link->modern());
}

Error Mesh::no_such_host(const std::string& id) const {
    if (members_->roster() == nullptr) {
        return {Code::no_such_host,
                "there is no host " + id + ": this host is in no mesh yet (mswctl invite, mswctl join)"};
    }
    std::vector<std::string_view> ids;
    for (const Member& member : members_->all()) ids.push_back(member.id);
    const std::string_view near = nearest(id, ids);
    return {Code::no_such_host, "there is no host " + id + " in this mesh; " +
                                    (near.empty() ? std::string() : "did you mean `" + std::string(near) + "`? ") +
                                    "`mswctl roster` shows who belongs to it"};
}

Result<std::vector<Way>> Mesh::resolve(std::string_view to, const Datapack& about) const {
    const bool with_legacy = about.get("with-legacy") == "yes";
    const Result<std::vector<Target>> targets = parse_targets(to);
    if (!targets) return targets.error();
    std::vector<Way> ways;
    std::set<std::string> seen;
    bool old_hosts = false;
    const auto add = [&](Way way) {
        if (seen.insert(id_key(to_text(way))).second) ways.push_back(std::move(way));
    };
    for (const Target& target : *targets) {
        switch (target.kind) {
            case Target::Kind::host:
            case Target::Kind::way: add(target.hosts); break;
            case Target::Kind::role: {
                bool any = false;
                for (const Member& member : members_->all()) {
                    if (!member.has_role(target.role)) continue;
                    any = true;
                    add({member.id});
                }
                if (!any) return Error{Code::no_such_role, "no host has the role @" + target.role};
                break;
            }
            case Target::Kind::all:
                for (std::string& host : everybody(with_legacy, old_hosts)) add({std::move(host)});
                break;
        }
    }
    if (ways.empty()) {
        return Error{Code::no_such_host,
                     std::string("`*` means nobody: no other host is in this mesh") +
                         (old_hosts ? " but old ones, which it means only with `with-legacy: yes`" : "")};
    }
    return ways;
}

void Mesh::submit(Datapack d, Time now, std::uint64_t answered) {
    now_ = now;
    if (d.get("to").empty()) {
        asked(0, d, now);
        if (answered != 0) store_->done_with(answered);
        return;
    }
    strip_local_fields(d);
    if (const std::string_view field = reserved_field(d.head); !field.empty()) {
        failed(d, Count::bad_request,
               {Code::bad_request, "the field `" + std::string(field) + "` is mswd's own between hosts"}, now);
        return;
    }
    for (const char* name : {"legacy", "onward", "redelivered"}) d.head.remove(name);
    Result<std::vector<Way>> ways = resolve(d.get("to"), d);
    if (!ways) {
        failed(d, Count::bad_target, ways.error(), now);
        if (answered != 0) store_->done_with(answered);
        return;
    }
    spread(std::move(d), std::move(ways).value(), {}, now, answered);
}

void Mesh::spread(Datapack d, std::vector<Way> ways, const std::string& came_from, Time now, std::uint64_t answered) {
    const std::size_t count = ways.size();
    const std::uint64_t accepting = came_from.empty() ? begin_accepting(d, count) : 0;
    if (accepting != 0) d.head.remove("want");  // between this host and who asked
    for (std::size_t i = 0; i < count; ++i) {
        Parcel parcel;
        parcel.way = std::move(ways[i]);
        parcel.came_from = came_from;
        parcel.accepting = accepting;
        if (i == 0) parcel.answered = answered;
        if (i + 1 == count) {
            parcel.datapack = std::move(d);
            dispatch(std::move(parcel), now);
            return;
        }
        // Asked before the copy is made: a large body for thousands of hosts that are away would take seconds.
        if (!leaves_at_once(parcel, find_route(parcel.way, around_, came_from))) {
            if (const Result<void> room = outbox_.room_for(parcel.way, weight_of(d)); !room) {
                parcel.datapack = Datapack(d.method, d.app);
                parcel.datapack.head = d.head;
                refused(parcel, parcel.way.back(), Count::queue_full, room.error(), now);
                continue;
            }
        }
        parcel.datapack = d;
        dispatch(std::move(parcel), now);
    }
}

void Mesh::heard(LinkId id, Datapack d, Time now) {
    now_ = now;
    const auto pending = pending_.find(id);
    if (pending != pending_.end()) {
        if (pending->second.joins) {
            edge_.join(id, d);
        } else if (pending->second.handshake) {
            hear_handshake(id, pending->second, d, now);
        } else {
            hear_hello(id, pending->second, d, now);
        }
        return;
    }
    const Link* link = peers_.find(id);
    if (link == nullptr) return;
    peers_.heard(id, now);
    counters_.add(Count::received);
    if (const auto session = sessions_.find(id); session != sessions_.end()) {
        hear_session(id, session->second, std::move(d), now);
        return;
    }
    if (link->modern()) return;  // retired: what it says was said on another, or is said again
    d.head.remove("by");
    // Answers go to `id`: what names no host, or several, must not decide where.
    if (!valid_host_id(d.get("id"))) d.set("id", link->peer.id);
    strip_local_fields(d);
    if (passes_through(d)) {
        relay(*link, std::move(d), now);
    } else {
        arrived(id, std::move(d), now);
    }
}

bool Mesh::passes_through(const Datapack& d) const {
    const std::string_view to = d.get("to");
    // Whoever sends to `*` sends a copy to each host it is connected to: this one is ours.
    return !to.empty() && to != "*" && !is_self(to);
}

void Mesh::relay(const Link& link, Datapack d, Time now) {
    const std::optional<unsigned> hops = hops_left(d);
    if (!hops || *hops == 0) {
        failed(d, Count::no_hops, {Code::unreachable, "it was passed on too often; it runs in a circle"}, now);
        return;
    }
    Result<std::vector<Way>> ways = resolve(d.get("to"), d);
    if (!ways) {
        failed(d, Count::bad_target, ways.error(), now);
        return;
    }
    d.set("hops", std::to_string(*hops - 1));
    counters_.add(Count::relayed, ways->size());
    const std::string neighbour = link.peer.id;  // the link may close on the way
    spread(std::move(d), std::move(ways).value(), neighbour, now);
}

void Mesh::arrived(LinkId link, Datapack d, Time now) {
    d.head.remove("to");
    d.head.remove("hops");
    if (d.app == "net") {
        asked(link, d, now);
        return;
    }
    if (d.file) d.set("size", std::to_string(d.file->size()));
    counters_.add(Count::delivered);
    edge_.deliver(link, std::move(d));
}

bool Mesh::leaves_at_once(const Parcel& parcel, const Route& route) const {
    if (route.kind == Route::Kind::here) return true;
    if (route.kind == Route::Kind::wait || outbox_.holds(parcel.way)) return false;
    const Link* link = peers_.to(route.next);
    return link != nullptr && edge_.has_room(link->id);
}

void Mesh::dispatch(Parcel parcel, Time now) {
    if (carry(parcel, now)) return;
    const Route route = find_route(parcel.way, around_, parcel.came_from);
    const std::string host = parcel.way.back();
    // What becomes of it later is no news about its being taken.
    const std::uint64_t accepting = std::exchange(parcel.accepting, 0);
    if (route.kind == Route::Kind::here) {
        if (parcel.answered != 0) store_->done_with(std::exchange(parcel.answered, 0));
        arrived(0, std::move(parcel.datapack), now);
        accepted(accepting, host, "accepted", now);
        return;
    }
    if (parcel.came_from.empty() && !parcel.datapack.get("expires").empty()) {
        const Result<std::int64_t> expires = lifetime_of(parcel.datapack, now);
        if (!expires) {
            parcel.accepting = accepting;
            refused(parcel, host, Count::bad_request, expires.error(), now);
            return;
        }
        parcel.ends = now + Time(*expires - wall(now));
    }
    if (!is_old_host(parcel.way.front())) {
        parcel.accepting = accepting;
        refused(parcel, host, Count::bad_target, no_such_host(parcel.way.front()), now);
        return;
    }
    if (leaves_at_once(parcel, route)) {
        write_old(*peers_.to(route.next), std::move(parcel), route);
        accepted(accepting, host, "accepted", now);
        return;
    }
    if (Result<void> added = outbox_.add(parcel, now); !added) {
        parcel.accepting = accepting;
        refused(parcel, host, Count::queue_full, added.error(), now);
    } else {
        accepted(accepting, host, "accepted", now);
    }
}

void Mesh::write_old(const Link& link, Parcel parcel, const Route& route) {
    parcel.datapack.set("to", to_text(route.left));
    parcel.written_for = link.peer.id;
    counters_.add(Count::sent);
    edge_.write(link.id, std::move(parcel));
}

void Mesh::pump(Time now) {
    if (outbox_.size() == 0) return;
    std::vector<Parcel> here;
    outbox_.offer([&](Parcel& parcel) {
        if (carry(parcel, now)) return true;
        const Route route = find_route(parcel.way, around_, parcel.came_from);
        if (route.kind == Route::Kind::here) {
            here.push_back(std::move(parcel));
            return true;
        }
        const Link* link = route.kind == Route::Kind::next ? peers_.to(route.next) : nullptr;
        if (link == nullptr || !edge_.has_room(link->id)) return false;
        write_old(*link, std::move(parcel), route);
        return true;
    });
    for (Parcel& parcel : here) arrived(0, std::move(parcel.datapack), now);
}

void Mesh::unfit(const Parcel& parcel, const Error& why, Time now) {
    if (parcel.for_link) return;
    failed(parcel.datapack, Count::unfit, {why.code, parcel.written_for + ": " + why.text}, now);
}

void Mesh::refuse_file(LinkId id, const Datapack& head, const Error& why, Time now) {
    const Link* link = peers_.find(id);
    if (link == nullptr) return;
    counters_.add(Count::received);
    failed(head, Count::bad_file, why, now);
}

void Mesh::undeliverable(const Datapack& d, const Error& why, Time now) { failed(d, Count::undeliverable, why, now); }

void Mesh::failed(const Datapack& d, Count count, const Error& why, Time now) {
    if (counters_.add_with_line(count, now)) {
        const std::string to(d.get("to"));
        edge_.log(MSW_WARNING,
                  d.method + " for " + d.app + (to.empty() ? "" : " on " + to) + " was dropped: " + why.text + " (" +
                      std::string(wire_name(why.code)) + ")",
                  &d);
    }
    if (d.method == "reply") return;
    if (d.get("from").empty()) {
        counters_.add(Count::unanswerable);
        return;
    }
    answer(d, d.error_reply(why.code, why.text), now);
}

void Mesh::answer(const Datapack& asked, Datapack reply, Time now) {
    // What an old host sent on through us is answered there.
    const std::string origin(asked.get(asked.head.has("legacy") && is_self(asked.get("id")) ? "legacy" : "id"));
    reply.set("id", settings_.id);
    reply.set("from", "net");
    reply.set("by", "plugin:net");
    if (asked.get("durable") == "1" && !is_self(origin)) reply.set("durable", "1");
    if (origin.empty() || is_self(origin)) {
        arrived(0, std::move(reply), now);
    } else if (valid_host_id(origin)) {
        Parcel parcel;
        parcel.datapack = std::move(reply);
        parcel.way = {origin};
        dispatch(std::move(parcel), now);
    } else {
        counters_.add(Count::unanswerable);
    }
}

}  // namespace msw::net
