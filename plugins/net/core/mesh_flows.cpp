// What is carried between hosts that speak msw/1: into custody, over relays, out of flows.
#include "plugins/net/core/mesh.hpp"

#include "msw/encoder.hpp"
#include "msw/host_id.hpp"
#include "plugins/net/core/flow/via.hpp"
#include "plugins/net/core/link/clocks.hpp"

#include <algorithm>
#include <charconv>
#include <utility>

namespace msw::net {
namespace {

/// @return whether a head fits where the flow's fields come to it
bool head_fits(const Datapack& d) {
    if (d.head.size() > 110) return false;
    if (d.head.wire_size() * 3 <= Mesh::kMostHead) return true;  // however much of it must be escaped
    std::string head;
    return encode_head(d, Dialect::v1, 0, head) && head.size() <= Mesh::kMostHead;
}

}  // namespace

Result<std::int64_t> Mesh::lifetime_of(const Datapack& d, Time now) const {
    const std::string_view text = d.get("expires");
    if (text.empty()) return wall(now) + (d.get("durable") == "1" ? kDurableLifetime : kLifetime).count();
    std::int64_t seconds = 0;
    const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), seconds);
    constexpr std::int64_t kMostSeconds = 253'402'300'799;  // the year 9999
    if (status != std::errc{} || rest != text.data() + text.size() || seconds < 0 || seconds > kMostSeconds) {
        return Error{Code::bad_request,
                     "`expires` is \"" + std::string(text.substr(0, 32)) + "\"; it takes a time in seconds since 1970"};
    }
    return seconds * 1000;
}

bool Mesh::carry(Parcel& parcel, Time now) {
    if (stop_durable(parcel, now)) return true;
    const RouteTable& table = routes_.table();
    // `GATEWAY&OLD`: the flow ends at the gateway, which passes it on as old hosts know it.
    std::string onward;
    Way way = parcel.way;
    if (way.size() > 1 && member_called(way.back()).empty()) {
        onward = std::move(way.back());
        way.pop_back();
    }
    // Nothing leads from this host to itself: what had that before it would never leave.
    const auto first_other =
        std::find_if(way.begin(), std::prev(way.end()), [this](const std::string& host) { return !is_self(host); });
    way.erase(way.begin(), first_other);
    const std::string member(member_called(way.back()));
    if (member == settings_.member && onward.empty()) parcel.way = {settings_.id};  // whatever the way, it ends here
    if (member.empty() || member == settings_.member) return false;
    Datapack d = std::move(parcel.datapack);
    // `a&b` is a flow for each.
    if (const std::size_t amp = d.app.find('&'); amp != std::string::npos && d.method != "reply") {
        std::string_view apps = d.app;
        while (!apps.empty()) {
            Parcel one;
            one.datapack = d;
            one.datapack.app = apps.substr(0, apps.find('&'));
            one.way = parcel.way;
            one.accepting = parcel.accepting;
            one.answered = std::exchange(parcel.answered, 0);
            apps.remove_prefix(std::min(one.datapack.app.size() + 1, apps.size()));
            if (const auto at = accepting_.find(one.accepting); at != accepting_.end() && !apps.empty()) {
                ++at->second.open;
            }
            (void)carry(one, now);
        }
        return true;
    }
    d.head.remove("to");
    d.head.remove("hops");
    if (!is_self(d.get("id"))) {
        // An old host's: this one answers for it.
        d.set("legacy", d.get("id"));
        d.set("id", settings_.id);
    }
    const std::string host = way.back();
    const Result<std::int64_t> expires = lifetime_of(d, now);
    if (!expires) {
        parcel.datapack = std::move(d);
        refused(parcel, host, Count::bad_request, expires.error(), now);
        return true;
    }
    if (*expires <= wall(now)) {
        parcel.datapack = std::move(d);
        refused(parcel, host, Count::expired, {Code::expired, "its time was over before it could be sent to " + host},
                now);
        return true;
    }
    if (!onward.empty()) d.set("onward", onward);
    if (!head_fits(d)) {
        parcel.datapack = std::move(d);
        refused(parcel, host, Count::unfit,
                {Code::too_large,
                 "its head is larger than other hosts take: " + std::to_string(kMostHead) + " bytes and 110 fields"},
                now);
        return true;
    }
    const bool is_question = d.method != "reply";
    Held held;
    held.expires = *expires;
    way.pop_back();
    held.lines = lines_for(host, joined_via(way));
    held.via = std::move(way);
    const bool durable = d.get("durable") == "1";
    held.datapack = std::make_shared<const Datapack>(std::move(d));
    if (durable) {
        carry_durable(parcel, member, host, std::move(held), now);
        return true;
    }
    hops_.try_emplace(member, table.next_hop(member));
    // A gateway tries for as long again.
    if (is_question) questions_.open(*held.datapack, host, *expires + (onward.empty() ? 0 : kGrace.count()));
    if (const Result<void> taken = custody_.take(member, host, held, now); !taken) {
        if (is_question) questions_.close(held.datapack->get("flag"), host);
        parcel.datapack = *held.datapack;
        refused(parcel, host, Count::queue_full, taken.error(), now);
    } else {
        accepted(parcel.accepting, host, "accepted", now);
    }
    return true;
}

Custody::Way Mesh::way_to(const std::string& member) const {
    const std::string_view hop = routes_.table().next_hop(member);
    if (hop.empty()) return Custody::Way::none;
    return hop == member ? Custody::Way::direct : Custody::Way::relayed;
}

const Link* Mesh::link_toward(const std::string& member, const Detours::Via& via) const {
    return link_toward(via.empty() ? member : member_called(via.front()));
}

const Detours::Via& Mesh::standing(const Detours::Via& via) const {
    static const Detours::Via kShortest;
    if (via.empty()) return via;
    const std::string_view first = member_called(via.front());
    return routes_.table().next_hop(first) == first && link_toward(first) != nullptr ? via : kShortest;
}

const Link* Mesh::link_for(const std::string& member, const Held& held) const {
    return link_toward(member, held.via.empty() ? standing(detours_.out(member)) : held.via);
}

bool Mesh::has_room(const std::string& member, const Held& held) const {
    const Link* link = link_for(member, held);
    return link != nullptr && edge_.has_room(link->id);
}

Time Mesh::delivered_until(const std::string& member, const Held& held) {
    const Link* link = link_for(member, held);
    return link == nullptr ? now_ : edge_.delivered_until(link->id);
}

void Mesh::send(const std::string& member, const Held& held, const Envelope& envelope) {
    const Link* link = link_for(member, held);
    if (link == nullptr) return;  // has_room() has seen to that
    Parcel parcel;
    parcel.held = held.datapack;
    const Detours::Via& detour = standing(detours_.out(member));
    parcel.lines = held.via.empty() && !detour.empty()
                       ? lines_for(routes_.table().said(member)->host, joined_via(detour))
                       : held.lines;
    if (behind_ != 0 && held.datapack->head.has("expires")) {
        Datapack by_their_clocks = *held.datapack;
        move_expires(by_their_clocks, behind_);
        parcel.held = std::make_shared<const Datapack>(std::move(by_their_clocks));
    }
    write_envelope(envelope, parcel.lines);
    parcel.for_link = true;
    counters_.add(Count::sent);
    if (held.sent > 1) counters_.add(Count::resent);
    edge_.write(link->id, std::move(parcel));
}

void Mesh::ended(const std::string& host, Held held, Ending ending) {
    if (held.row != 0) {
        if (ending == Ending::received) received_.push_back(std::move(held));
        return;
    }
    if (ending == Ending::received) return;
    const Datapack& d = *held.datapack;
    questions_.close(d.get("flag"), host);
    if (ending == Ending::unconfirmed) {
        failed(d, Count::unconfirmed,
               {Code::unconfirmed, "it was sent to " + host + ", and no word came that it arrived"}, now_);
        return;
    }
    const bool reachable = way_to(std::string(member_called(host))) != Custody::Way::none;
    failed(d, reachable ? Count::expired : Count::unreachable,
           reachable ? Error{Code::expired, "its time ran out before " + host + " took it"}
                     : Error{Code::unreachable, host + " could not be reached before its time ran out"},
           now_);
}

void Mesh::hold(const std::string& app, bool held) {
    if (held) counters_.add(Count::held_back);
    edge_.hold(app, held);
}

void Mesh::carried(LinkId id, Datapack d, Time now) {
    const std::string_view to = d.get("to");
    if (!valid_host_id(d.get("id")) || !valid_host_id(to)) {
        counters_.add(Count::bad_envelope);
        return;
    }
    const LinkId came_by = id;
    const bool ends_here = is_self(to);
    const std::string_view via = d.get("via");
    std::string_view left = via;
    while (!left.empty() && is_self(first_of(left))) left = rest_of(left);
    if (left.size() != via.size()) {
        d.set("via", std::string(left));
        id = 0;  // whoever forces a way may have it go back
    }
    if (ends_here && d.get("via").empty()) {
        hand_over(came_by, std::move(d), now);
    } else {
        pass_on(id, std::move(d), now);
    }
}

void Mesh::pass_on(LinkId from, Datapack d, Time now) {
    unsigned hops = kMostHops;
    const std::string_view text = d.get("hops");
    if (!text.empty()) {
        const auto [rest, status] = std::from_chars(text.data(), text.data() + text.size(), hops);
        if (status != std::errc{} || rest != text.data() + text.size()) hops = 0;
    }
    const std::string_view via = d.get("via");
    const std::string_view next = via.empty() ? d.get("to") : first_of(via);
    const Link* link = link_toward(member_called(next));
    // A relay stores nothing: the origin has it still, and sends it again.
    const auto has_room = [&] {
        return d.method == "link" ? edge_.has_room_for_frame(link->id) : edge_.has_room(link->id);
    };
    if (hops == 0 || link == nullptr || link->id == from || !has_room()) {
        if (counters_.add_with_line(Count::relay_dropped, now)) {
            edge_.log(MSW_DEBUG, "not passed on to " + std::string(next), &d);
        }
        return;
    }
    d.set("hops", std::to_string(std::min(hops, kMostHops) - 1));
    counters_.add(Count::relayed);
    write_frame(link->id, std::move(d));
}

void Mesh::hand_over(LinkId came_by, Datapack d, Time now) {
    const std::string host(d.get("id"));
    const std::string member(member_called(host));
    if (member.empty()) {
        counters_.add(Count::unknown_origin);  // it sends again, and will be known by then
        return;
    }
    const Result<Envelope> envelope = take_envelope(d.head);
    if (!envelope) {
        if (counters_.add_with_line(Count::bad_envelope, now)) {
            edge_.log(MSW_WARNING, host + " sent a Datapack, but " + envelope.error().text, &d);
        }
        return;
    }
    if (envelope->flow_class == FlowClass::durable && !shelf_.works()) {
        counters_.add(Count::no_room);  // nothing is kept here
        return;
    }
    if (envelope->destination != settings_.run) {
        counters_.add(Count::other_run);
        came_through(came_by, member, false, now);
        tell_run(host, member, envelope->destination);
        return;
    }
    for (const char* name : {"to", "via", "hops"}) d.head.remove(name);
    const Result<std::int64_t> expires = lifetime_of(d, now);
    if (!expires || (d.head.has("expires") && *expires <= wall(now) + behind_)) {
        counters_.add(Count::expired);  // its origin says so, too
        came_through(came_by, member, false, now);
        arrivals_.too_late(member, *envelope, d);
        return;
    }
    move_expires(d, -behind_);
    strip_local_fields(d);
    if (d.file) d.set("size", std::to_string(d.file->size()));
    if (envelope->redelivered) d.set("redelivered", "1");
    now_ = now;
    const Arrivals::Verdict verdict = arrivals_.arrive(member, *envelope, d, now);
    came_through(came_by, member, verdict == Arrivals::Verdict::duplicate, now);
    switch (verdict) {
        case Arrivals::Verdict::taken:
        case Arrivals::Verdict::duplicate: break;
        case Arrivals::Verdict::no_room: counters_.add(Count::no_room); break;
        case Arrivals::Verdict::too_many_flows:
            if (counters_.add_with_line(Count::no_room, now)) {
                edge_.log(MSW_WARNING, host + " sends to more apps than one host may", &d);
            }
            break;
    }
}

void Mesh::came_through(LinkId link, const std::string& origin, bool again, Time now) {
    const auto from = sessions_.find(link);
    if (from != sessions_.end()) detours_.heard_through(origin, from->second.member, again, now);
}

Arrivals::Handed Mesh::hand(const Datapack& datapack, std::uint64_t token) {
    const auto ours = [&](std::string host) {
        Parcel parcel;
        parcel.datapack = datapack;
        parcel.datapack.head.remove("onward");
        parcel.way = {std::move(host)};
        dispatch(std::move(parcel), now_);
        return Arrivals::Handed::ended;
    };
    if (datapack.method == "reply") {
        questions_.expire(wall(now_));
        const std::optional<std::string> legacy = questions_.admit(datapack, datapack.get("id"));
        if (!legacy) {
            counters_.add(Count::unasked);
            asker_left(datapack);
            return Arrivals::Handed::ended;
        }
        if (!legacy->empty()) return ours(*legacy);
    }
    if (const std::string_view onward = datapack.get("onward"); !onward.empty()) return ours(std::string(onward));
    if (datapack.app == "net") {
        asked(0, datapack, now_);
        return Arrivals::Handed::ended;
    }
    // Answers have a room of their own, and what is for all apps has several: neither holds back its flow.
    const bool holds_back = datapack.app != "all" && datapack.method != "reply";
    const Arrivals::Handed handed = edge_.hand(datapack, holds_back ? token : 0);
    if (handed != Arrivals::Handed::full) counters_.add(Count::delivered);
    if (handed == Arrivals::Handed::ended && datapack.method == "reply") asker_left(datapack);
    return handed == Arrivals::Handed::waits && !holds_back ? Arrivals::Handed::ended : handed;
}

}  // namespace msw::net
